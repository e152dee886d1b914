"""Latency by board and scheme on a logarithmic axis, one panel per model; what does not run is marked on the axis."""

import pandas
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report import figures, style, words
from scripts.report.cells import Cell


def points(cells: list[Cell]) -> pandas.DataFrame:
    """Return one line per cell."""
    return figures.rows_of(cells, "latency_ms", "latency_error_pct", "latency_provenance", "latency_cycles", "clock_hz")


def draw(frame: pandas.DataFrame) -> Figure:
    """Return the figure of `points`: boards from top to bottom, one marker per scheme."""
    boards = list(dict.fromkeys(frame["board"]))
    figure, axes = style.panels(frame["model"], 3, (4.2, 0.34 * len(boards) + 0.9))
    schemes = list(dict.fromkeys(frame["scheme"]))
    colours, markers = style.assign(schemes, style.COLOURS), style.assign(schemes, style.MARKERS)
    for model, axis in axes.items():
        _draw_panel(axis, frame[frame["model"] == model], boards, (colours, markers))
    sources = words.joined(frame["latency_provenance"])
    figure.supxlabel(f"latency of one inference, ms{f' ({sources})' if sources else ''}, log scale", fontsize=9)
    handles = [style.mark(scheme, colours[scheme], markers[scheme]) for scheme in schemes]
    handles.append(style.mark("does not run", style.ALARM, "$✗$"))
    figure.legend(handles=handles, loc="outside upper center", ncols=6, frameon=False)
    return figure


def _draw_panel(axis: Axes, panel: pandas.DataFrame, boards: list[str], marks: tuple[dict, dict]) -> None:
    colours, markers = marks
    lines = {board: line for line, board in enumerate(boards)}
    step = 0.7 / max(1, len(colours))
    offsets = {scheme: (place - (len(colours) - 1) / 2) * step for place, scheme in enumerate(colours)}
    panel = panel.assign(line=[lines[b] + offsets[s] for b, s in zip(panel["board"], panel["scheme"], strict=True)])
    running = panel[panel["latency_ms"].notna()]
    axis.set_ylim(len(boards) - 0.4, -0.6)
    axis.set_yticks(range(len(boards)), boards)
    axis.set_xscale("log")
    if running.empty:
        axis.set(xticks=[])
    else:
        error = running["latency_ms"] * running["latency_error_pct"].fillna(0) / 100
        axis.errorbar(running["latency_ms"], running["line"], xerr=error, fmt="none", ecolor=style.MUTED, linewidth=1)
        seaborn.scatterplot(
            running, x="latency_ms", y="line", hue="scheme", style="scheme", palette=colours, markers=markers, s=45,
            edgecolor=style.INK, linewidth=0.6, legend=False, zorder=3, ax=axis,
        )  # fmt: skip
        low, high = axis.get_xlim()
        axis.set_xlim(min(low, high / 20), high)
        style.plain_log_axis(axis.xaxis)
    for _, row in panel[panel["latency_ms"].isna()].iterrows():
        axis.annotate(
            "✗", (0.985, row["line"]), xycoords=("axes fraction", "data"), ha="right", va="center", fontsize=7,
            color=style.ALARM,
        )  # fmt: skip
    axis.set(xlabel="", ylabel="")
