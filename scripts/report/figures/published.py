"""Our int8 cells beside published MLPerf Tiny results, in cycles (latency times clock), one panel per task.

Published rows are data/published/mlperf_tiny.csv: measured on silicon by their submitters. Cycles set the clock aside;
memories still differ, and our models may be trained on other data: the topology is the same, the accuracy is not
compared.
"""

from pathlib import Path

import pandas
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firmware.board import load_board
from scripts.lib.results import HOST
from scripts.report import figures, style
from scripts.report.cells import Cell

PUBLISHED = Path(__file__).parents[3] / "data/published/mlperf_tiny.csv"
TASKS = {"kws_dscnn": "kws", "ic_resnet8": "ic", "vww_mobilenet": "vww", "ad_autoencoder": "ad"}
TITLES = {
    "kws": "keyword spotting",
    "ic": "image classification",
    "vww": "visual wake words",
    "ad": "anomaly detection",
}
CORES = ("Cortex-M0+", "Cortex-M4", "Cortex-M33", "Cortex-M7", "Cortex-M85", "RISC-V")
_OURS = ("latency_ms", "latency_error_pct", "latency_provenance", "clock_hz", "engine")


class PublishedError(ValueError):
    """A published row that cannot be read."""


def points(cells: list[Cell]) -> pandas.DataFrame:
    """Return one line per published result and per int8 cell of ours whose model has a task's topology."""
    ours = figures.rows_of([cell for cell in cells if cell.row.board != HOST], *_OURS)
    ours = ours[(ours["scheme"] == "int8") & ours["model"].isin(TASKS) & ours["latency_ms"].notna()]
    ours = ours.assign(task=ours["model"].map(TASKS), source="this table", core=ours["board"].map(_core_of_board))
    theirs = pandas.read_csv(PUBLISHED)
    theirs = theirs.assign(
        core=theirs["cpu"].map(core_of), clock_hz=theirs["clock_mhz"] * 1e6, latency_provenance="measured",
        source="MLPerf Tiny " + theirs["round"].astype(str) + " " + theirs["division"],
    )  # fmt: skip
    columns = ["task", "core", "source", "latency_ms", "clock_hz", "latency_error_pct", "latency_provenance", "engine"]
    frame = pandas.concat([ours, theirs[[*columns[:5], *columns[6:], "submitter", "system"]]], ignore_index=True)
    frame["megacycles"] = frame["latency_ms"] * frame["clock_hz"] / 1e9
    return frame[
        [*columns, "megacycles", "submitter", "system", "model", "board", "cell", "elf_sha256", "tflite_sha256"]
    ]


def draw(frame: pandas.DataFrame) -> Figure:
    """Return the figure of `points`."""
    figure, axes = style.panels(TITLES, 2, (5.4, 2.2))
    for task, axis in axes.items():
        axis.set_title(TITLES[task], loc="left", fontweight="bold")
        _draw_panel(axis, frame[frame["task"] == task])
    figure.supxlabel("million cycles per inference (latency times clock), log scale", fontsize=9)
    handles = [
        style.mark("published, MLPerf Tiny, measured", "white", "o"),
        *(style.mark(f"this table, {name}", style.COLOURS[2], "D") for name in sorted(_provenances(frame))),
    ]
    if len(handles) == 1:
        handles.append(style.mark("this table: no cell of these topologies ran", "white", ""))
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    return figure


def _provenances(frame: pandas.DataFrame) -> set[str]:
    return set(frame.loc[frame["cell"].notna(), "latency_provenance"])


def _draw_panel(axis: Axes, panel: pandas.DataFrame) -> None:
    line = panel["core"].map(CORES.index)
    published, ours = panel[panel["cell"].isna()], panel[panel["cell"].notna()]
    axis.set_xscale("log")
    look = {"x": "megacycles", "y": "line", "legend": False, "ax": axis}
    published = published.assign(line=line - 0.13)
    seaborn.scatterplot(published, s=22, facecolor="white", edgecolor=style.INK, linewidth=0.7, marker="o", **look)
    error = ours["megacycles"] * ours["latency_error_pct"].fillna(0) / 100
    axis.errorbar(ours["megacycles"], line[ours.index] + 0.2, xerr=error, fmt="none", ecolor=style.INK, linewidth=1)
    look |= {"color": style.COLOURS[2], "edgecolor": style.INK, "linewidth": 0.7, "zorder": 3}
    seaborn.scatterplot(ours.assign(line=line + 0.2), s=48, marker="D", **look)
    axis.set_yticks(range(len(CORES)), CORES)
    axis.set_ylim(len(CORES) - 0.5, -0.5)
    axis.set(xlabel="", ylabel="")
    style.plain_log_axis(axis.xaxis)


def core_of(cpu: str) -> str:
    """The core that a published row names in its own words; raises PublishedError."""
    if "RV32" in cpu or "AndesCore" in cpu:
        return "RISC-V"
    found = [core for core in CORES if core.lower() in cpu.lower()]
    if not found:
        raise PublishedError(f"{PUBLISHED}: cpu {cpu!r} names none of {', '.join(CORES)}")
    return max(found, key=len)


def _core_of_board(board: str) -> str:
    core = load_board(board).core
    return "RISC-V" if core.startswith("rv32") else core_of(core.replace("0plus", "0+"))
