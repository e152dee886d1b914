"""Energy of one inference by board and scheme, and the battery life that the duty cycle of the configuration gives."""

import pandas
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report import figures, style, words
from scripts.report.cells import Cell

_FIELDS = ("energy_uj", "energy_provenance", "power_mw", "supply_v", "average_power_mw", "battery_life_days")


def points(cells: list[Cell]) -> pandas.DataFrame:
    """Return one line per cell whose energy is known."""
    return figures.rows_of([cell for cell in cells if cell.row.energy_uj is not None], *_FIELDS)


def draw(frame: pandas.DataFrame) -> Figure:
    """Return the figure of `points`: energy left, battery life right, one row per model."""
    models = list(dict.fromkeys(frame["model"])) or [""]
    boards = list(dict.fromkeys(frame["board"]))
    height = (0.34 * max(3, len(boards)) + 0.8) * len(models) + 0.9
    figure, axes = pyplot.subplots(
        len(models), 2, figsize=(10, height), sharey=True, sharex="col", squeeze=False, layout="constrained"
    )
    pyplot.close(figure)
    if frame.empty:
        return style.note(figure, "no cell has an energy")
    schemes = list(dict.fromkeys(frame["scheme"]))
    looks = (style.assign(schemes, style.COLOURS), style.assign(schemes, style.MARKERS))
    for model, pair in zip(models, axes, strict=True):
        panel = frame[frame["model"] == model]
        for axis, column in zip(pair, ("energy_uj", "battery_life_days"), strict=True):
            _draw_panel(axis, panel, column, boards, looks)
        pair[0].set_title(model, loc="left", fontweight="bold")
    for axis, column in zip(axes[0], ("energy_uj", "battery_life_days"), strict=True):  # shared by all rows
        low, high = frame[column].min(), frame[column].max()
        if low > 0:  # not when every battery life is missing
            axis.set_xlim(min(low / 1.3, high / 20), high * 1.3)
        style.plain_log_axis(axis.xaxis)
    sources = words.joined(frame["energy_provenance"])
    axes[-1][0].set_xlabel(f"energy of one inference, µJ ({sources}), log scale")
    axes[-1][1].set_xlabel("battery life, days (estimated), log scale")
    handles = [style.mark(scheme, looks[0][scheme], looks[1][scheme]) for scheme in schemes]
    figure.legend(handles=handles, loc="outside upper center", ncols=5, frameon=False)
    return figure


def _draw_panel(axis: Axes, panel: pandas.DataFrame, column: str, boards: list[str], looks: tuple[dict, dict]) -> None:
    panel = panel[panel[column].notna()]
    step = 0.7 / len(looks[0])
    for place, (scheme, colour) in enumerate(looks[0].items()):
        lines = panel[panel["scheme"] == scheme]
        heights = [boards.index(board) + (place - (len(looks[0]) - 1) / 2) * step for board in lines["board"]]
        look = {"marker": looks[1][scheme], "s": 45, "color": colour, "edgecolor": style.INK, "linewidth": 0.6}
        axis.scatter(lines[column], heights, zorder=3, **look)
    axis.set_xscale("log")
    axis.set_yticks(range(len(boards)), boards)
    axis.set_ylim(len(boards) - 0.4, -0.6)
