"""Plots flash and RAM of every cell against its board's capacity: results/table.csv → results/figures/memory.svg.

Bars are in percent of the capacity, so that boards of different size share one axis; the bytes stand beside each bar. A
cell that does not fit crosses the line at 100 %; a bar that is longer than the axis is cut, its number is not.
"""

from pathlib import Path

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.lib import table
from scripts.lib.job import logged
from scripts.report import style, words

LONGEST_PCT = 250


def plot_memory(rows: list[table.Row]) -> Figure:
    """Return the figure for all `rows`, one bar per cell and memory."""
    style.apply()
    size = (11, 0.32 * len(rows) + 1.6)
    figure, axes = pyplot.subplots(1, 2, figsize=size, sharey=True, layout="constrained")
    for axis, memory in zip(axes, ("flash", "ram"), strict=True):
        _draw_panel(axis, memory, rows)
    axes[0].set_yticks(range(len(rows)), [f"{row.model}  {row.scheme}  {row.board}" for row in rows])
    for label, row in zip(axes[0].get_yticklabels(), rows, strict=True):
        label.set_color(style.INK if row.status == "ok" else style.ALARM)
    axes[0].set_ylim(len(rows) - 0.4, -0.6)
    figure.supxlabel("% of the board's capacity", fontsize=9)
    pyplot.close(figure)
    return figure


def _draw_panel(axis: Axes, memory: str, rows: list[table.Row]) -> None:
    totals = [getattr(row, f"{memory}_bytes") for row in rows]
    capacities = [getattr(row, f"{memory}_capacity_bytes") for row in rows]
    shares = [100 * total / capacity for total, capacity in zip(totals, capacities, strict=True) if capacity]
    ends = [0.0] * len(rows)
    for column, (label, colour, hatch) in style.PARTS.items():
        if not column.startswith(memory):
            continue
        widths = [
            100 * getattr(row, column) / capacity if capacity else 0
            for row, capacity in zip(rows, capacities, strict=True)
        ]
        look = {"color": colour, "hatch": hatch, "edgecolor": style.INK, "linewidth": 0.5, "height": 0.62}
        axis.barh(range(len(rows)), widths, left=ends, label=label, **look)
        ends = [end + width for end, width in zip(ends, widths, strict=True)]
    axis.axvline(100, color=style.ALARM, linewidth=1.5, label="capacity" if memory == "flash" else None)
    axis.set_xlim(0, min(LONGEST_PCT, max([100, *shares])) * 1.04)
    axis.grid(visible=False, axis="y")
    axis.set_title("RAM" if memory == "ram" else memory, loc="left", fontweight="bold", pad=20)
    axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, borderaxespad=0.3, columnspacing=1.2)
    for index, (row, total, capacity) in enumerate(zip(rows, totals, capacities, strict=True)):
        over = bool(capacity) and total > capacity
        text = f"{total / 1024:.1f} of {words.kibibytes(capacity)}" if capacity else words.no_memory(row)
        colour = style.ALARM if over or (not capacity and row.status != "ok") else style.INK
        axis.annotate(
            f"{text}{' ✗' if over else ''}", (1, index), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=8, color=colour, fontweight="bold" if over else "normal",
        )  # fmt: skip


if job := globals().get("snakemake"):
    with logged(job):
        style.save(plot_memory(table.read(job.input.table)), Path(job.output[0]))
