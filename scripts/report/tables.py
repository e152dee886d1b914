"""The tables of a paper: latency, memory and power by board, as LaTeX (booktabs), Markdown and CSV.

LaTeX and Markdown have a line per model and scheme and a column per board; a letter says why a cell has no number.
The CSV has a line per cell with provenance, error and hashes: what the other two are made from.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from scripts.lib import table
from scripts.lib.results import UNCONFIRMED
from scripts.lib.table import Row
from scripts.report import words

MOST_BOARDS = 6  # columns of one table; more boards make more tables
_LETTERS = {"does_not_fit": "a", "unsupported": "b", "mismatch": "c", "failed": "d", "functional": "e"}
_MARKS = {"measured": "s", "modelled": "", "estimated": "e", UNCONFIRMED: "u"}
_TRAIL = ("status", "reason", "elf_sha256", "tflite_sha256")
_NAMES = ("model", "scheme", "board")
_TEX = {
    **{letter: rf"\{letter}" for letter in "&%$#_{}"},
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "µ": r"\textmu{}",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One table: the `columns` of its CSV, and how it says the number of a row; `provenance` is its column, if any."""

    name: str
    title: str
    columns: tuple[str, ...]
    number: Callable[[Row], str | None]
    provenance: str | None


def _latency(row: Row) -> str | None:
    if row.latency_ms is None:
        return None
    error = row.latency_error_pct
    tail = f" ± {words.significant(row.latency_ms * error / 100)}" if error is not None else ""
    return words.significant(row.latency_ms) + tail


def _memory(row: Row) -> str | None:
    parts = [row.flash_bytes, row.ram_bytes]
    if row.status not in ("ok", "functional") or parts == [None, None]:
        return None
    return " / ".join(words.NONE if part is None else f"{part / 1024:.1f}" for part in parts)


def _power(row: Row) -> str | None:
    if row.energy_uj is None:
        return None
    return f"{words.significant(row.energy_uj)} / {words.significant(row.power_mw)}"


TABLES = (
    Table(
        "latency",
        "Latency of one inference, ms",
        ("latency_ms", "latency_error_pct", "latency_provenance", "latency_cycles", "clock_hz"),
        _latency,
        "latency_provenance",
    ),
    Table(
        "memory",
        "Flash / RAM, KiB",
        tuple(
            f"{memory}_{part}bytes"
            for memory, parts in (("flash", ("", "code_", "weights_")), ("ram", ("", "arena_", "static_", "stack_")))
            for part in (*parts, "capacity_")
        ),
        _memory,
        None,
    ),
    Table(
        "power",
        "Energy of one inference, µJ / power while it computes, mW",
        ("energy_uj", "energy_provenance", "power_mw", "supply_v", "average_power_mw", "battery_life_days"),
        _power,
        "energy_provenance",
    ),
)


def to_csv(one: Table, rows: list[Row]) -> str:
    """Return a line per cell, numbers as in results/table.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = (*_NAMES, "engine", *one.columns, *_TRAIL)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([table.text(name, getattr(row, name)) for name in columns])
    return text.getvalue()


def to_markdown(one: Table, rows: list[Row]) -> str:
    """Return pipe tables of at most MOST_BOARDS boards, with notes."""
    parts, mixed = [], _mixed(one, rows)
    for boards in _blocks(rows):
        lines = [["model", "scheme", *boards], [":--", ":--", *["--:"] * len(boards)]]
        lines += [
            [*names, *(_say(pair) for pair in _pairs(one, cells, mixed))] for names, cells in _lines(rows, boards)
        ]
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    notes = "".join(f"\n{letter}: {text}  " for letter, text in _notes(one, rows))
    return f"**{_title(one, rows)}**\n\n" + "\n\n".join(parts) + f"\n{notes}\n"


def to_latex(one: Table, rows: list[Row]) -> str:
    r"""Return a table environment per block of boards; needs \usepackage{booktabs} and nothing else."""
    parts, mixed = [], _mixed(one, rows)
    for boards in _blocks(rows):
        body, last = [], None
        for (model, scheme), cells in _lines(rows, boards):
            if last not in (None, model):
                body.append(r"\midrule")
            texts = [_tex(text) + (f"$^{{{letter}}}$" if letter else "") for text, letter in _pairs(one, cells, mixed)]
            body.append(" & ".join([_tex(model) if model != last else "", _tex(scheme), *texts]) + r" \\")
            last = model
        heads = " & ".join(["model", "scheme", *map(_tex, boards)])
        notes = "; ".join(f"$^{{{letter}}}$ {_tex(text)}" for letter, text in _notes(one, rows))
        parts.append(
            "\n".join(
                [
                    r"\begin{table}",
                    r"\centering",
                    rf"\caption{{{_tex(_title(one, rows))}}}",
                    rf"\begin{{tabular}}{{ll{'r' * len(boards)}}}",
                    r"\toprule",
                    rf"{heads} \\",
                    r"\midrule",
                    *body,
                    r"\bottomrule",
                    r"\end{tabular}",
                    *([rf"\par\smallskip\footnotesize {notes}"] if notes else []),
                    r"\end{table}",
                ]
            )
        )
    return "\n\n".join(parts) + "\n"


def _blocks(rows: list[Row]) -> list[list[str]]:
    boards = list(dict.fromkeys(_column(row) for row in rows))
    return [boards[start : start + MOST_BOARDS] for start in range(0, len(boards), MOST_BOARDS)]


def _column(row: Row) -> str:
    return row.board if row.is_ours else f"{row.board} ({row.engine})"


def _lines(rows: list[Row], boards: list[str]) -> list[tuple[tuple[str, str], list[Row | None]]]:
    found = {(row.model, row.scheme, _column(row)): row for row in rows}
    names = dict.fromkeys((row.model, row.scheme) for row in rows)
    return [(name, [found.get((*name, board)) for board in boards]) for name in names]


def _mixed(one: Table, rows: list[Row]) -> bool:
    """Whether the numbers have different origins, so that each must say its own."""
    return " and " in _title(one, rows)


def _pairs(one: Table, cells: list[Row | None], mixed: bool) -> list[tuple[str, str]]:
    """The number of each cell, and the letter of its note; without a number the letter stands behind a dash."""
    pairs = []
    for cell in cells:
        text = one.number(cell) if cell else None
        if cell is None:
            pairs.append((words.NONE, ""))
        elif text is None:
            pairs.append((words.NONE, _LETTERS.get(cell.status, "")))
        else:
            pairs.append((text, _MARKS[getattr(cell, one.provenance)] if mixed else ""))
    return pairs


def _say(pair: tuple[str, str]) -> str:
    text, letter = pair
    return f"{text} ({letter})" if letter else text


def _title(one: Table, rows: list[Row]) -> str:
    sources = words.joined(getattr(row, one.provenance) for row in rows) if one.provenance else ""
    return f"{one.title} ({sources})" if sources else one.title


def _notes(one: Table, rows: list[Row]) -> list[tuple[str, str]]:
    used = {letter for _, letter in _pairs(one, list(rows), _mixed(one, rows)) if letter}
    meanings = {letter: status.replace("_", " ") for status, letter in _LETTERS.items()}
    meanings |= {letter: f"{name}, all others modelled" for name, letter in _MARKS.items() if letter == "s"}
    meanings |= {"e": "estimated from datasheet figures", "u": UNCONFIRMED}
    return [(letter, text) for letter, text in meanings.items() if letter in used]


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in text)
