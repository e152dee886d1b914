"""Turns measured cells into advice: results/advice.md, and what this machine needed for the run.

Refuses what the table's reader refuses: rows that their records contradict, missing records.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from firmware.files import whole
from scripts.lib.energy import DutyCycle
from scripts.lib.job import logged
from scripts.report.advice import advise
from scripts.report.cells import Cell, duty_cycle_of, load


def write_advice(cells: list[Cell], budget_points: float, duty_cycle: DutyCycle, benchmarks: Path) -> str:
    """Return the page as Markdown; `benchmarks` is the folder of this run's benchmark files."""
    lines = [
        "# Advice",
        "",
        f"From {len(cells)} cells of `results/table.csv`, which says where each number is from. The cheapest scheme "
        "takes the least energy per inference (the least time where energy is not known) and loses at most "
        f"{budget_points:g} points of accuracy against the best scheme of the model.",
    ]
    for model, by_board in advise(cells, budget_points, duty_cycle).items():
        for board, found in by_board.items():
            lines += ["", f"### {model} on {board}" if board else f"## {model}", "", *(f"- {line}" for line in found)]
    return "\n".join([*lines, "", "## This machine", "", *_host_lines(benchmarks), ""])


def _host_lines(benchmarks: Path) -> list[str]:
    """Peak memory per rule, from the benchmark files of this run."""
    peaks: dict[str, float] = defaultdict(float)
    for path in sorted(benchmarks.glob("**/*.tsv")):
        rule = path.relative_to(benchmarks).parts[0].removesuffix(".tsv")
        peaks[rule] = max([peaks[rule], *_peaks_mb(path)])
    if not peaks:
        return ["- No benchmark file tells what the run needed."]
    rule, most = max(peaks.items(), key=lambda item: item[1])
    lines = [f"- `{name}` needed up to {peak:,.0f} MB a job." for name, peak in sorted(peaks.items())]
    return [*lines, f"- Give a run {most:,.0f} MB for each job at a time: `{rule}` needs most."]


def _peaks_mb(path: Path) -> Iterable[float]:
    with path.open(newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            try:
                yield float(line["max_rss"])
            except (KeyError, ValueError, TypeError):  # "-" or "NA" for a job too short to be sampled
                continue


if job := globals().get("snakemake"):
    with logged(job):
        source = Path(job.input.table)
        budget = json.loads(Path(job.input.budget).read_text())
        with whole(Path(job.output[0])) as part:
            part.write_text(write_advice(load(source), budget, duty_cycle_of(source.parent), Path("benchmarks")))
