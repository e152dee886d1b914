"""Flash and RAM of every cell against its board's capacity, one pair of panels per model.

Bars are in percent of the capacity, so that boards of different size share one axis; the bytes stand beside each bar. A
cell that does not fit crosses the line at 100 %; a bar that is longer than the axis is cut, its number is not.
"""

import pandas
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report import figures, style, words
from scripts.report.cells import Cell

LONGEST_PCT = 250
_TOTALS = [f"{memory}_{part}" for memory in ("flash", "ram") for part in ("bytes", "capacity_bytes")]


def points(cells: list[Cell]) -> pandas.DataFrame:
    """Return one line per cell, in bytes."""
    return figures.rows_of(cells, *_TOTALS, *style.PARTS)


def draw(frame: pandas.DataFrame) -> Figure:
    """Return the figure of `points`, one bar per cell and memory."""
    models = list(dict.fromkeys(frame["model"])) or [""]
    panels = [frame[frame["model"] == model] for model in models]
    heights = [max(3, len(panel)) for panel in panels]
    figure, axes = pyplot.subplots(
        len(models), 2, figsize=(11, 0.2 * sum(heights) + 0.7 * len(models) + 0.6), sharey="row", squeeze=False,
        height_ratios=heights, layout="constrained",
    )  # fmt: skip
    pyplot.close(figure)
    for model, panel, pair in zip(models, panels, axes, strict=True):
        for axis, memory in zip(pair, ("flash", "ram"), strict=True):
            _draw_panel(axis, memory, panel)
            axis.set_title(f"{model}: {words.MEMORIES[memory]}", loc="left", fontweight="bold")
        pair[0].set_yticks(range(len(panel)), panel["board"] + "  " + panel["scheme"] if len(panel) else [])
        for label, status in zip(pair[0].get_yticklabels(), panel["status"], strict=True):
            label.set(color=style.INK if status == "ok" else style.ALARM, fontsize=7)
        pair[0].set_ylim(len(panel) - 0.4, -0.6)
    figure.supxlabel("% of the board's capacity", fontsize=9)
    handles = {label: bar for axis in axes[0] for bar, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=6, frameon=False)
    return figure


def _draw_panel(axis: Axes, memory: str, panel: pandas.DataFrame) -> None:
    totals, capacities = panel[f"{memory}_bytes"], panel[f"{memory}_capacity_bytes"]
    shares = 100 * totals / capacities
    ends = pandas.Series(0.0, panel.index)
    for column, (label, colour, hatch) in style.PARTS.items():
        if not column.startswith(memory):
            continue
        widths = (100 * panel[column] / capacities).fillna(0)
        look = {"color": colour, "hatch": hatch, "edgecolor": style.INK, "linewidth": 0.4, "height": 0.7}
        axis.barh(range(len(panel)), widths, left=ends, label=label, **look)
        ends += widths
    axis.axvline(100, color=style.ALARM, linewidth=1.5, label="capacity")
    axis.set_xlim(0, min(LONGEST_PCT, max([100, shares.max()] if shares.notna().any() else [100])) * 1.04)
    axis.grid(visible=False, axis="y")
    for line, (total, capacity, status) in enumerate(zip(totals, capacities, panel["status"], strict=True)):
        over = capacity > 0 and total > capacity
        text = f"{total / 1024:.1f} of {words.kibibytes(capacity)}" if capacity > 0 else words.no_memory(status)
        axis.annotate(
            f"{text}{' ✗' if over else ''}", (1, line), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=7, fontweight="bold" if over else "normal",
            color=style.ALARM if over or (not capacity > 0 and status != "ok") else style.INK,
        )  # fmt: skip
