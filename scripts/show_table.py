"""Prints results/table.csv for people: python -m scripts.show_table [results/table.csv]

Plain text when the output is not a terminal. Refuses a table that this version did not write.
"""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts.lib import table
from scripts.report import words

PLAIN_WIDTH = 200  # of a pipe or a file, which has no width: wide enough to wrap nothing


def show_table(rows: list[table.Row], console: Console) -> None:
    """Print one line per cell, and below it the reason of each cell that has no latency."""
    sources = words.joined(row.latency_provenance for row in rows)
    view = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("model", "data", "scheme", "board"):
        view.add_column(name)
    energies = words.joined(row.energy_provenance for row in rows)
    numbers = ("accuracy %", _head("latency ms", sources), "flash KiB", "RAM KiB", "power mW")
    for name in (*numbers, _head("energy µJ", energies), "battery days"):
        view.add_column(name, justify="right")
    for row in rows:
        view.add_row(
            *(Text(name) for name in (row.model, row.data_nature or words.NONE, row.scheme, row.board)),
            words.accuracy(row),
            _latency(row, mixed=" and " in sources),
            _memory(row.flash_bytes, row.flash_capacity_bytes),
            _memory(row.ram_bytes, row.ram_capacity_bytes),
            words.significant(row.power_mw),
            _energy(row, mixed=" and " in energies),
            words.days(row.battery_life_days),
        )
    console.print(view)
    for row in rows:
        if row.status != "ok":
            console.print(Text.assemble((f"{row.cell}: ", "bold"), words.reason(row)), soft_wrap=True)


def _latency(row: table.Row, mixed: bool) -> Text:
    if row.status != "ok":
        return Text(words.status(row), "red")
    return Text(f"{words.significant(row.latency_ms)}{f' {row.latency_provenance}' if mixed else ''}")


def _head(name: str, sources: str) -> str:
    return f"{name} ({sources})" if sources else name


def _energy(row: table.Row, mixed: bool) -> str:
    return words.significant(row.energy_uj) + (f" {row.energy_provenance}" if mixed and row.energy_uj else "")


def _memory(used: int | None, capacity: int | None) -> Text:
    if used is None or capacity is None:
        return Text(words.NONE)
    return Text(f"{used / 1024:.1f} {words.percent_of(used, capacity):>5}", "red" if used > capacity else "")


def main(arguments: list[str]) -> int:
    """Print the table; return the exit code."""
    path = Path(arguments[0]) if arguments else Path("results/table.csv")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    try:
        show_table(table.read(path), console)
    except table.TableError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
