"""Accuracy versus latency, one panel per model.

Models solve different tasks, so only cells of one model are compared. Bars are 95 % intervals; the Pareto front joins
the cells that no other cell of the panel beats in both. Cells without a latency are counted, not drawn.
"""

import pandas
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scripts.lib import stats
from scripts.report import figures, style, words
from scripts.report.cells import Cell

# A ring around each cell of the front, so that a front of one cell is seen too.
FRONT = {
    "color": style.MUTED,
    "linestyle": "--",
    "linewidth": 1,
    "marker": "o",
    "markersize": 16,
    "markerfacecolor": "none",
}


def points(cells: list[Cell]) -> pandas.DataFrame:
    """Return one line per cell; `front` says whether it is on the Pareto front of its model."""
    frame = figures.rows_of(
        cells,
        "latency_ms",
        "latency_error_pct",
        "latency_provenance",
        "accuracy",
        "accuracy_ci_low",
        "accuracy_ci_high",
    )
    frame["front"] = False
    for _, panel in drawn(frame).groupby("model", sort=False):
        front = stats.pareto_front(list(zip(panel["latency_ms"], panel["accuracy"], strict=True)))
        on_front = [pair in front for pair in zip(panel["latency_ms"], panel["accuracy"], strict=True)]
        frame.loc[panel.index, "front"] = on_front
    return frame


def drawn(frame: pandas.DataFrame) -> pandas.DataFrame:
    """The lines that have both numbers."""
    return frame[frame["latency_ms"].notna() & frame["accuracy"].notna()]


def draw(frame: pandas.DataFrame) -> Figure:
    """Return the figure of `points`."""
    figure, axes = style.panels(frame["model"], 3, (4.2, 3.2))
    colours = style.assign(frame["scheme"], style.COLOURS)
    markers = style.assign(frame["board"], style.MARKERS)
    for model, axis in axes.items():
        _draw_panel(axis, frame[frame["model"] == model], colours, markers)
    sources = words.joined(frame["latency_provenance"])
    figure.supxlabel(f"latency of one inference, ms{f' ({sources})' if sources else ''}, log scale", fontsize=9)
    figure.supylabel("accuracy, % of the test split", fontsize=9)
    figure.legend(handles=_legend(colours, markers), loc="outside upper center", ncols=4, frameon=False)
    return figure


def _draw_panel(axis: Axes, panel: pandas.DataFrame, colours: dict[str, str], markers: dict[str, str]) -> None:
    running = drawn(panel)
    absent = len(panel) - len(running)
    if absent:
        axis.set_title(f"{absent} of {len(panel)} cells not run", loc="right", fontsize=8, color=style.ALARM)
    axis.set_xscale("log")
    if running.empty:
        axis.set(xticks=[], yticks=[])
        return
    shares = 100 * running[["accuracy", "accuracy_ci_low", "accuracy_ci_high"]]
    front = shares["accuracy"][running["front"]].groupby(running["latency_ms"]).max()
    axis.plot(front.index, front, zorder=2, **FRONT)
    bars = [shares["accuracy"] - shares["accuracy_ci_low"], shares["accuracy_ci_high"] - shares["accuracy"]]
    error = running["latency_ms"] * running["latency_error_pct"].fillna(0) / 100
    look = {"fmt": "none", "ecolor": style.MUTED, "capsize": 3, "linewidth": 1}
    axis.errorbar(running["latency_ms"], shares["accuracy"], bars, error, **look)
    seaborn.scatterplot(
        running.assign(percent=shares["accuracy"]), x="latency_ms", y="percent", hue="scheme", style="board",
        palette=colours, markers=markers, s=80, edgecolor=style.INK, linewidth=0.8, legend=False, zorder=3, ax=axis,
    )  # fmt: skip
    axis.set(xlabel="", ylabel="")
    axis.margins(x=0.15, y=0.15)
    # A decade of room, so that the axis has labels even where all latencies are alike.
    low, high = axis.get_xlim()
    axis.set_xlim(min(low, high / 10), max(high, low * 10) if low > high / 10 else high)
    style.plain_log_axis(axis.xaxis)


def _legend(colours: dict[str, str], markers: dict[str, str]) -> list[Line2D]:
    return [
        *(style.mark(scheme, colour, "o") for scheme, colour in colours.items()),
        *(style.mark(board, "white", marker) for board, marker in markers.items()),
        Line2D([], [], label="Pareto front", **FRONT),
        Line2D([], [], color=style.MUTED, linestyle="", marker="|", markersize=10, label="95 % interval"),
    ]
