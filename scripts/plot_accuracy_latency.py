"""Plots accuracy versus latency, one panel per model: results/table.csv → results/figures/accuracy_latency.svg.

Models solve different tasks, so only cells of one model are compared. Bars are 95 % intervals; the Pareto front joins
the cells that no other cell of the panel beats in both. Cells without a latency are counted, not drawn.
"""

from pathlib import Path

import pandas
import seaborn
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from scripts.lib import stats, table
from scripts.lib.job import logged
from scripts.report import style, words

COLUMNS = 3
# A ring around each cell of the front, so that a front of one cell is seen too.
FRONT = {
    "color": style.MUTED,
    "linestyle": "--",
    "linewidth": 1,
    "marker": "o",
    "markersize": 16,
    "markerfacecolor": "none",
}


def plot_accuracy_latency(rows: list[table.Row]) -> Figure:
    """Return the figure for all `rows`."""
    style.apply()
    models = list(dict.fromkeys(row.model for row in rows))
    columns = min(COLUMNS, len(models))
    lines = -(-len(models) // columns)
    size = (4.2 * columns, 3.2 * lines + 0.9)
    figure, axes = pyplot.subplots(lines, columns, figsize=size, squeeze=False, layout="constrained")
    colours = style.assign([row.scheme for row in rows], style.COLOURS)
    markers = style.assign([row.board for row in rows], style.MARKERS)
    for axis in axes.flat[len(models) :]:
        axis.set_visible(False)
    for axis, model in zip(axes.flat, models, strict=False):
        _draw_panel(axis, model, [row for row in rows if row.model == model], colours, markers)
    sources = words.provenances(rows)
    figure.supxlabel(f"latency of one inference, ms{f' ({sources})' if sources else ''}, log scale", fontsize=9)
    figure.supylabel("accuracy, % of the test split", fontsize=9)
    figure.legend(handles=_legend(colours, markers), loc="outside upper center", ncols=4, frameon=False)
    pyplot.close(figure)
    return figure


def _draw_panel(
    axis: Axes, model: str, rows: list[table.Row], colours: dict[str, str], markers: dict[str, str]
) -> None:
    drawn = [row for row in rows if row.latency_ms is not None and row.accuracy is not None]
    absent = len(rows) - len(drawn)
    axis.set_title(model, loc="left", fontweight="bold")
    if absent:
        axis.set_title(f"{absent} of {len(rows)} cells not run", loc="right", fontsize=8, color=style.ALARM)
    axis.set_xscale("log")
    if not drawn:
        axis.set(xticks=[], yticks=[])
        return
    frame = pandas.DataFrame(
        {
            "latency": [row.latency_ms for row in drawn],
            "accuracy": [100 * row.accuracy for row in drawn],
            "below": [100 * (row.accuracy - row.accuracy_ci_low) for row in drawn],
            "above": [100 * (row.accuracy_ci_high - row.accuracy) for row in drawn],
            "scheme": [row.scheme for row in drawn],
            "board": [row.board for row in drawn],
        }
    )
    front = stats.pareto_front(list(zip(frame["latency"], frame["accuracy"], strict=True)))
    axis.plot(*zip(*front, strict=True), zorder=2, **FRONT)
    bars = [frame["below"], frame["above"]]
    axis.errorbar(frame["latency"], frame["accuracy"], bars, fmt="none", ecolor=style.MUTED, capsize=3, linewidth=1)
    seaborn.scatterplot(
        frame, x="latency", y="accuracy", hue="scheme", style="board", palette=colours, markers=markers, s=80,
        edgecolor=style.INK, linewidth=0.8, legend=False, zorder=3, ax=axis,
    )  # fmt: skip
    axis.set(xlabel="", ylabel="")
    axis.margins(x=0.15, y=0.15)
    # A decade of room, so that the axis has labels even where all latencies are alike.
    low, high = axis.get_xlim()
    axis.set_xlim(min(low, high / 10), max(high, low * 10) if low > high / 10 else high)
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 1000 else (1,)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())


def _legend(colours: dict[str, str], markers: dict[str, str]) -> list[Line2D]:
    def mark(label: str, colour: str, marker: str) -> Line2D:
        return Line2D(
            [], [], linestyle="", marker=marker, markersize=8, color=colour, markeredgecolor=style.INK, label=label
        )

    return [
        *(mark(scheme, colour, "o") for scheme, colour in colours.items()),
        *(mark(board, "white", marker) for board, marker in markers.items()),
        Line2D([], [], label="Pareto front", **FRONT),
        Line2D([], [], color=style.MUTED, linestyle="", marker="|", markersize=10, label="95 % interval"),
    ]


if job := globals().get("snakemake"):
    with logged(job):
        style.save(plot_accuracy_latency(table.read(job.input.table)), Path(job.output[0]))
