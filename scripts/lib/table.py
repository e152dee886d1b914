"""results/table.csv and .json: one row per cell, in the order of the configuration, units in the column names.

Every column has one fixed text form, so that equal results give equal bytes. An empty field means that there is no such
number (the cell did not run, the error is not known), never zero. Reading imports nothing heavy.
"""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from firmware.files import whole

SCHEMA_VERSION = 1  # of the JSON form; the CSV has its header
ENGINE = "boardwalk"  # ours, in the column `engine`
_METRICS = ("accuracy", "auc", "latency_ms", "flash_bytes", "ram_bytes", "energy_uj")


class TableError(ValueError):
    """A table that cannot be read, or results that do not make one; the message names the file or the cell."""


@dataclass(frozen=True)
class Row:
    """One cell; None means that there is no such number. Shares are 0..1; bytes and cycles are whole."""

    model: str  #: `config/models/<name>.yaml`
    scheme: str  #: number format of weights and activations
    board: str  #: `config/boards/<name>.yaml`, or `host`, this machine
    status: str  #: see above
    reason: str | None  #: why the status is not ok
    dataset: str | None  #: `config/datasets/<name>.yaml`
    data_nature: str | None  #: real, synthetic or proxy
    accuracy: float | None  #: over the test split, of models with classes
    accuracy_ci_low: float | None  #: where its 95 % interval begins
    accuracy_ci_high: float | None  #: and ends
    accuracy_samples: int | None  #: of the test split
    auc: float | None  #: area under the ROC curve, of models that detect anomalies
    auc_ci_low: float | None  #: where its 95 % interval begins
    auc_ci_high: float | None  #: and ends
    auc_recordings: int | None  #: of the test split
    mlperf_target: float | None  #: what MLPerf Tiny asks of this task, on its own data
    agreement_with_float: float | None  #: share of test samples with the class that float32 gives
    output_sqnr_db: float | None  #: outputs of float32 against their difference from this scheme's
    latency_ms: float | None  #: one inference, without the transfer of its input; the median of several
    latency_cycles: int | None  #: the same, of the chip's own counter
    latency_provenance: str | None  #: measured or modelled: see [trust.md](trust.md)
    latency_error_pct: float | None  #: stated error of the core's cost model; empty where it is not known
    instructions: int | None  #: of one inference, where outputs are proven and nothing is timed
    clock_hz: int | None  #: of the core
    flash_bytes: int | None  #: the whole image
    flash_code_bytes: int | None  #: of it, code and all constants but the model's
    flash_weights_bytes: int | None  #: of it, the model's constants
    flash_capacity_bytes: int | None  #: what an image may fill
    ram_bytes: int | None  #: arena, static and stack
    ram_arena_bytes: int | None  #: activations and scratch, with input and output
    ram_static_bytes: int | None  #: all other variables, with the buffer that takes the input from the line
    ram_stack_bytes: int | None  #: the peak, or the reserve where nothing ran
    ram_capacity_bytes: int | None  #: what the board has
    energy_uj: float | None  #: one inference
    power_mw: float | None  #: mean of one inference, at `supply_v`
    supply_v: float | None  #: of the chip
    energy_provenance: str | None  #: measured, estimated or estimated (current not confirmed)
    average_power_mw: (
        float | None
    )  #: at the duty cycle of `config/config.yaml`; empty where the board is too slow for it
    battery_life_days: float | None  #: likewise
    parity_oracle: str | None  #: what outputs are compared with
    parity_samples: int | None  #: how many inputs
    parity_max_abs_diff: float | None  #: largest difference, in the unit of the output tensor
    parity_tolerance: float | None  #: largest that is allowed
    engine: str  #: who built the image
    compiler: str  #: and with what
    emulator: str | None  #: version of the virtual board; empty on silicon
    elf_sha256: str | None  #: of the image
    tflite_sha256: str  #: of the model

    @property
    def cell(self) -> str:
        """The cell's name for people."""
        return cell_name(self.model, self.scheme, self.board, self.engine)

    @property
    def is_ours(self) -> bool:
        """Whether our compiler made the image."""
        return self.engine == ENGINE


def cell_name(model: str, scheme: str, board: str, engine: str) -> str:
    """Return a cell's name for people; ours is the engine that goes without saying."""
    name = f"{model}/{scheme}/{board}"
    return name if engine == ENGINE else f"{name} ({engine})"


_DECIMALS = {
    "accuracy": 6,
    "accuracy_ci_low": 6,
    "accuracy_ci_high": 6,
    "auc": 6,
    "auc_ci_low": 6,
    "auc_ci_high": 6,
    "agreement_with_float": 6,
    "output_sqnr_db": 3,
    "latency_ms": 6,
    "latency_error_pct": 2,
    "energy_uj": 6,
    "power_mw": 3,
    "supply_v": 2,
    "average_power_mw": 6,
    "battery_life_days": 2,
}


def _parser(annotation: Any) -> Callable[[str], Any]:
    return next((kind for kind in (int, float) if annotation in (kind, kind | None)), str)


_COLUMNS = {field.name: (_parser(field.type), field.type) for field in fields(Row)}


def is_number(name: str) -> bool:
    """Whether the column `name` holds numbers."""
    return _COLUMNS[name][0] is not str


def write(path: Path, rows: list[Row]) -> None:
    """Write `rows` as CSV with a header, whole or not at all."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow([text(name, getattr(row, name)) for name in _COLUMNS])
    with whole(Path(path)) as part:
        part.write_text(content.getvalue(), encoding="utf-8", newline="\n")


def write_json(path: Path, rows: list[Row]) -> None:
    """Write `rows` as JSON: the same columns in the same order, with numbers as numbers and null for none."""
    content = [{name: typed(name, getattr(row, name)) for name in _COLUMNS} for row in rows]
    with whole(Path(path)) as part:
        part.write_text(
            json.dumps({"schema_version": SCHEMA_VERSION, "rows": content}, indent=1, ensure_ascii=False) + "\n",
            encoding="utf-8",
            newline="\n",
        )


def write_metrics(path: Path, rows: list[Row]) -> None:
    """Write the numbers to watch as nested JSON, for comparing revisions: by model, scheme and board; null for none."""
    content: dict[str, Any] = {
        "count": {"cells": len(rows), "ok": sum(row.status == "ok" for row in rows)},
        "cells": {},
    }
    for row in rows:
        numbers = {name: typed(name, getattr(row, name)) for name in _METRICS}
        content["cells"].setdefault(row.model, {}).setdefault(row.scheme, {})[_place(row)] = numbers
    with whole(Path(path)) as part:
        part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8", newline="\n")


def _place(row: Row) -> str:
    """The board, and the engine if it is not ours."""
    return row.board if row.is_ours else f"{row.board} {row.engine}"


def read(path: Path) -> list[Row]:
    """Return the rows of the table at `path`; raises TableError naming file, line and column."""
    try:
        lines = list(csv.reader(io.StringIO(Path(path).read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path}: cannot be read: {error}") from error
    if not lines or lines[0] != list(_COLUMNS):
        odd = sorted(set(lines[0]) ^ set(_COLUMNS)) if lines else ["no header"]
        raise TableError(f"{path}: the header is not this version's: {', '.join(odd) or 'another order'}")
    return [_parse_row(path, number, line) for number, line in enumerate(lines[1:], start=2)]


def text(name: str, value: Any) -> str:
    """Return the one text form of a value in the column `name`."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{_DECIMALS[name]}f}" if name in _DECIMALS else f"{value:.9g}"
    return str(value)


def typed(name: str, value: Any) -> Any:
    """Return a value of the column `name` as the CSV has it, so that all files say the same."""
    return float(text(name, value)) if isinstance(value, float) else value


def _parse_row(path: Path, number: int, line: list[str]) -> Row:
    if len(line) != len(_COLUMNS):
        raise TableError(f"{path}:{number}: expected {len(_COLUMNS)} fields, got {len(line)}")
    values: dict[str, Any] = {}
    for (name, (parse, annotation)), text in zip(_COLUMNS.items(), line, strict=True):
        if text == "" and annotation not in (str, int, float):
            values[name] = None
            continue
        try:
            values[name] = parse(text)
        except ValueError as error:
            raise TableError(f"{path}:{number}: {name}: expected {parse.__name__}, got {text!r}") from error
        if text == "":
            raise TableError(f"{path}:{number}: {name}: empty")
    return Row(**values)
