"""Puts all results on one page that works offline: results/report/index.html.

Refuses a table that its records contradict, and cells that are in it twice.
"""

import json
from collections import Counter
from pathlib import Path

from firmware.files import whole
from scripts.lib import table
from scripts.lib.energy import DEFAULT_DUTY_CYCLE, DutyCycle
from scripts.lib.job import logged, parts_of
from scripts.report import cells
from scripts.report.advice import advise
from scripts.report.page import page
from scripts.report.page_data import Extras

_LONGEST_LOG = 20_000  # characters of one log: its end, where an error would be


def build_report(
    measured: list[cells.Cell],
    logs: Path,
    root: Path = Path(),
    budget_points: float = 1.0,
    duty_cycle: DutyCycle = DEFAULT_DUTY_CYCLE,
) -> str:
    """Return the page; `logs` is the folder of the measuring jobs' logs, `root` the checkout with config/.

    `budget_points` is the accuracy in percentage points that advice may give away.
    """
    doubled = [name for name, count in Counter(cell.row.cell for cell in measured).items() if count > 1]
    if doubled:
        raise table.TableError(f"in the table more than once: {', '.join(doubled[:5])} ({len(doubled)} in all)")
    advice = advise(measured, budget_points, duty_cycle)
    return page(measured, Extras(_logs(measured, logs), advice, budget_points), root)


def _logs(measured: list[cells.Cell], folder: Path) -> dict[str, str]:
    """The log of each cell that was measured here."""
    found = {}
    parts: dict[Path, dict[str, str]] = {}
    for row in (cell.row for cell in measured if cell.row.is_ours):
        path = folder / row.model / f"{row.board}.log"
        if path not in parts:
            parts[path] = parts_of(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else {}
        if row.scheme in parts[path]:
            found[row.cell] = parts[path][row.scheme][-_LONGEST_LOG:]
    return found


if job := globals().get("snakemake"):
    with logged(job):
        source = Path(job.input.table)
        budget = json.loads(Path(job.input.budget).read_text())
        html = build_report(
            cells.load(source), Path("logs/measure_cell"), Path(), budget, cells.duty_cycle_of(source.parent)
        )
        with whole(Path(job.output[0])) as part:
            part.write_text(html, encoding="utf-8", newline="\n")
