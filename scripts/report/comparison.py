"""Compares two tables cell by cell: what changed, why, and whether it is worse than config/policy.yaml allows.

Only what can be compared is: a latency on the same clock and of the same provenance, an accuracy over as many samples,
never the host's times. Everything else is listed with the reason. Tables of other versions may lack columns; those are
named. Refuses tables without cells' names and cells that are there twice.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from firmware import settings
from scripts.lib.results import HOST
from scripts.lib.table import Row, TableError, cell_name, is_number

NAMES = ("model", "scheme", "board", "engine")
BETTER_WHEN_HIGHER = {"accuracy", "agreement_with_float", "output_sqnr_db", "battery_life_days"}
_OF_TIME = {"latency_ms", "latency_cycles", "energy_uj", "power_mw", "average_power_mw", "battery_life_days"}
_CAUSES = {"tflite_sha256": "weights", "compiler": "compiler", "emulator": "virtual board", "elf_sha256": "image"}

Amount = Annotated[float, pydantic.Field(ge=0)]


class Limit(settings.Settings):
    """How much a column may get worse: one of the two."""

    worse_pct: Amount | None = None  #: percent of the base's value
    worse_points: Amount | None = None  #: percentage points, for accuracy and other shares

    @pydantic.model_validator(mode="after")
    def _one(self) -> "Limit":
        if (self.worse_pct is None) == (self.worse_points is None):
            raise ValueError("needs either worse_pct or worse_points")
        return self


class Policy(settings.Settings):
    """config/policy.yaml: which columns of the table may get worse by how much, and whether cells may be missing."""

    limits: Annotated[dict[str, Limit], pydantic.Field(min_length=1)]  #: by column of the table; others are free
    missing_cells: Literal["fail", "allow"]  #: whether cells of the base may be missing

    @pydantic.field_validator("limits")
    @classmethod
    def _known_columns(cls, limits: dict[str, Limit]) -> dict[str, Limit]:
        numbers = [column.name for column in fields(Row) if is_number(column.name)]
        for name in limits:
            if name not in numbers:
                raise ValueError(f"{name!r} is no column of numbers{settings.nearest(name, numbers)}")
        return limits


@dataclass
class Results:
    """One table as text by cell, with the hashes of the inputs where a manifest lies beside it."""

    path: Path
    columns: list[str]
    rows: dict[tuple[str, ...], dict[str, str]]
    inputs: dict[str, str]


@dataclass
class Difference:
    """What became of one cell: `worse` fails the comparison, `not_compared` says what could not be compared and why."""

    name: tuple[str, ...]
    changes: dict[str, tuple[float, float]] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)
    worse: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)

    @property
    def cell(self) -> str:
        """The cell's name for people."""
        return cell_name(*self.name)


def read_results(folder: Path) -> Results:
    """Return the results in `folder`, which is a results/ or a checkout with one; raises TableError."""
    places = [folder / "table.csv", folder / "results/table.csv"]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise TableError(f"{folder}: neither {places[0].name} nor results/{places[0].name} is in it")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, strict=True)
        lines = list(reader)
    missing = [name for name in (*NAMES, "status") if name not in (reader.fieldnames or [])]
    if missing:
        raise TableError(f"{path}: no column {', '.join(missing)}")
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for number, line in enumerate(lines, start=2):
        name = tuple(line[key] for key in NAMES)
        if None in line or None in line.values():
            raise TableError(f"{path}:{number}: expected {len(reader.fieldnames)} fields")
        if name in rows:
            raise TableError(f"{path}:{number}: a second row of {'/'.join(name)}")
        rows[name] = line
    return Results(path, list(reader.fieldnames), rows, _inputs(path.with_name("manifest.json")))


def _inputs(manifest: Path) -> dict[str, str]:
    """The hashes of the inputs; none where there is no manifest."""
    if not manifest.exists():
        return {}
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        return {str(path): str(sha256) for path, sha256 in content["inputs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TableError(f"{manifest}: not a manifest of results: {error!r}") from error


def compare(base: Results, new: Results, policy: Policy) -> list[Difference]:
    """Return what became of every cell of `base`, then the cells that only `new` has."""
    found = []
    for name, before in base.rows.items():
        difference = Difference(name)
        after = new.rows.get(name)
        if after is None:
            (difference.worse if policy.missing_cells == "fail" else difference.not_compared).append("the cell is gone")
        else:
            difference.causes = list(_causes(name, before, after, base.inputs, new.inputs))
            _compare_cell(difference, before, after, policy)
        found.append(difference)
    return found + [Difference(name, not_compared=["new cell"]) for name in new.rows if name not in base.rows]


def _compare_cell(difference: Difference, before: dict[str, str], after: dict[str, str], policy: Policy) -> None:
    if before["status"] != after["status"]:
        reason = f": {after['reason']}" if after.get("reason") else ""
        text = f"status was {before['status']}, is {after['status']}{reason}"
        (difference.worse if before["status"] == "ok" else difference.not_compared).append(text)
    for column, limit in policy.limits.items():
        if column not in before or column not in after:
            difference.not_compared.append(f"{column}: only one table has this column")
            continue
        if not before[column] or not after[column]:
            continue
        if reason := _incomparable(column, before, after):
            difference.not_compared.append(f"{column}: {reason}")
            continue
        old, now = _number(difference, column, before[column]), _number(difference, column, after[column])
        if old != now:
            difference.changes[column] = (old, now)
        loss = old - now if column in BETTER_WHEN_HIGHER else now - old
        allowed = limit.worse_points / 100 if limit.worse_points is not None else abs(old) * limit.worse_pct / 100
        if loss > allowed * (1 + 1e-9):
            difference.worse.append(f"{column} {old:g} to {now:g}, {_amount(old, now, limit)}")


def _number(difference: Difference, column: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise TableError(f"{difference.cell}: {column}: expected a number, got {text!r}") from error


def _amount(old: float, now: float, limit: Limit) -> str:
    if limit.worse_points is not None:
        return f"{100 * (now - old):+.2f} points, allowed {limit.worse_points:g}"
    return f"{100 * (now - old) / old:+.1f} %, allowed {limit.worse_pct:g} %" if old else "from nothing"


def _incomparable(column: str, before: dict[str, str], after: dict[str, str]) -> str | None:
    """Why the numbers of a column mean different things; None if they do not."""

    def differ(*names: str) -> str | None:
        odd = [name for name in names if before.get(name, "") != after.get(name, "")]
        return f"{odd[0]} {before.get(odd[0])} and {after.get(odd[0])}" if odd else None

    if column in _OF_TIME:
        if before["board"] == HOST:
            return "times of the host are not compared"
        same_image = before.get("elf_sha256") and before.get("elf_sha256") == after.get("elf_sha256")
        modelled = "modelled" in (before.get("latency_provenance"), after.get("latency_provenance"))
        if same_image and modelled and before.get("latency_cycles") != after.get("latency_cycles"):
            return "the image is the same, so the cycle model has changed"
        if column.startswith("latency"):
            return differ("latency_provenance", "clock_hz")
        return differ("latency_provenance", "clock_hz", "energy_provenance", "supply_v")
    return differ("accuracy_samples") if column == "accuracy" else None


def _causes(
    name: tuple[str, ...], before: dict[str, str], after: dict[str, str], old: dict[str, str], new: dict[str, str]
) -> Iterator[str]:
    """What this cell was made from that is not the same."""
    for column, cause in _CAUSES.items():
        if before.get(column, "") != after.get(column, ""):
            versions = f" ({before[column]} to {after[column]})" if column in ("compiler", "emulator") else ""
            yield cause + versions
    files = {f"config/models/{name[0]}.yaml": "model file", f"config/boards/{name[2]}.yaml": "board file"}
    groups = ("compiler", "kernels", "harness", "emulator")
    files |= {f"results/stamps/{group}.sha256": f"sources: {group}" for group in groups}
    for path, cause in files.items():
        if path in old and path in new and old[path] != new[path]:
            yield cause


def summary(base: Results, new: Results, found: list[Difference]) -> str:
    """Return the comparison as Markdown: first what fails, then what changed, then what was not compared."""
    worse = [one for one in found if one.worse]
    changed = [one for one in found if one.changes and not one.worse]
    counts = f"{len(found)} cells: {len(worse)} worse than the policy allows, {len(changed)} changed within it."
    text = [f"# Comparison with {base.path.parent}", "", counts]
    odd = sorted(set(base.columns) ^ set(new.columns))
    if odd:
        text += ["", f"Columns that only one table has: {', '.join(odd)}."]
    for title, part, lines in (("Worse", worse, lambda one: one.worse), ("Changed", changed, _changes)):
        if part:
            text += ["", f"## {title}", "", "| cell | what | changed with it |", "| :-- | :-- | :-- |"]
            for one in part:
                causes = ", ".join(one.causes) or "nothing known"
                text.append(f"| {one.cell} | {'; '.join(lines(one))} | {causes} |")
    skipped = [one for one in found if one.not_compared]
    if skipped:
        text += ["", "## Not compared", "", *(f"- {one.cell}: {'; '.join(one.not_compared)}" for one in skipped)]
    return "\n".join(text) + "\n"


def _changes(one: Difference) -> list[str]:
    return [
        f"{column} {old:g} to {now:g}" + (f" ({100 * (now - old) / old:+.2f} %)" if old else "")
        for column, (old, now) in one.changes.items()
    ]


def to_rows(found: list[Difference]) -> list[dict[str, Any]]:
    """Return one line per changed number, for a CSV."""
    return [
        dict(zip(NAMES, one.name, strict=True))
        | {"column": column, "base": f"{old:.9g}", "new": f"{now:.9g}", "causes": "; ".join(one.causes)}
        for one in found
        for column, (old, now) in one.changes.items()
    ]
