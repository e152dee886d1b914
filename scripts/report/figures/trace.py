"""Power over time as a monitor recorded it, one panel per measured cell, with the device's markers and the mean."""

import pandas
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.device.power.recorded import load
from scripts.report import figures, style, words
from scripts.report.cells import Cell

_POINTS = 500
_COLUMNS = ("time_s", "power_now_mw", "marker")


def points(cells: list[Cell]) -> pandas.DataFrame:
    """Return at most 500 means over equal spans per cell; `time_s` counts from the first marker."""
    frame = figures.rows_of(cells, "power_mw", "supply_v")
    parts = [
        frame.iloc[[place]].merge(_samples(cell), how="cross")
        for place, cell in enumerate(cells)
        if cell.trace and cell.row.energy_provenance == "measured"
    ]
    return pandas.concat(parts, ignore_index=True) if parts else frame.iloc[:0].assign(**dict.fromkeys(_COLUMNS))


def _samples(cell: Cell) -> pandas.DataFrame:
    trace, markers_s = load(cell.trace, cell.row.supply_v)
    span = -(-len(trace.time_s) // _POINTS)
    count = len(trace.time_s) // span
    time_s = trace.time_s[: count * span].reshape(count, span).mean(axis=1)
    power_mw = 1000 * trace.power_w[: count * span].reshape(count, span).mean(axis=1)
    inside = (time_s >= markers_s[0]) & (time_s < markers_s[1]) if markers_s else time_s >= 0
    return pandas.DataFrame(dict(zip(_COLUMNS, (time_s, power_mw, inside.astype(int)), strict=True)))


def draw(frame: pandas.DataFrame) -> Figure:
    """Return the figure of `points`."""
    cells = list(dict.fromkeys(frame["cell"])) or [""]
    figure, axes = pyplot.subplots(
        len(cells), 1, figsize=(8, 1.7 * len(cells) + 0.6), squeeze=False, sharex=True, layout="constrained"
    )
    pyplot.close(figure)
    if frame.empty:
        return style.note(figure, "no power was measured")
    for cell, axis in zip(cells, axes[:, 0], strict=True):
        _draw_panel(axis, frame[frame["cell"] == cell])
        axis.set_title(cell, loc="left", fontweight="bold")
    axes[-1][0].set_xlabel("time since the first marker, s")
    return figure


def _draw_panel(axis: Axes, panel: pandas.DataFrame) -> None:
    window, mean_mw = panel[panel["marker"] == 1], panel["power_mw"].iloc[0]
    axis.plot(panel["time_s"], panel["power_now_mw"], color=style.INK, linewidth=0.8)
    axis.axvspan(window["time_s"].min(), window["time_s"].max(), color=style.COLOURS[3], alpha=0.25, linewidth=0)
    axis.axhline(mean_mw, color=style.ALARM, linestyle="--", linewidth=0.9)
    text = f"{words.significant(mean_mw)} mW at {panel['supply_v'].iloc[0]:g} V"
    axis.annotate(text, (1, mean_mw), xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points")
    axis.set_ylim(bottom=0)
    axis.set_ylabel("power, mW")
