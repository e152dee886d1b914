"""Cycles and cycles per MAC of every layer, one row of panels per model, in the scheme that most boards run.

Layers are in order of execution. Only layers that multiply have cycles per MAC.
"""

import pandas
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report import figures, style, words
from scripts.report.cells import Cell

PREFERRED = "int8"
_COLUMNS = ("layer", "op", "cycles", "macs", "cycles_per_mac")


def points(cells: list[Cell]) -> pandas.DataFrame:
    """Return one line per layer and cell."""
    frame = figures.rows_of(cells, "latency_provenance")
    parts = [
        frame.iloc[[place]].merge(
            pandas.DataFrame(
                [
                    (number, layer.op, layer.cycles, layer.macs, layer.cycles / layer.macs if layer.macs else None)
                    for number, layer in enumerate(cell.measurement.layers)
                ],
                columns=_COLUMNS,
            ),
            how="cross",
        )
        for place, cell in enumerate(cells)
        if cell.measurement.layers
    ]
    return pandas.concat(parts, ignore_index=True) if parts else frame.iloc[:0].assign(**dict.fromkeys(_COLUMNS))


def draw(frame: pandas.DataFrame) -> Figure:
    """Return the figure of `points`; all schemes are in the frame, one is drawn."""
    drawn = pandas.concat([_one_scheme(part) for _, part in frame.groupby("model", sort=False)] or [frame])
    models = list(dict.fromkeys(drawn["model"])) or [""]
    figure, axes = pyplot.subplots(
        len(models), 2, figsize=(11, 2.7 * len(models) + 0.6), squeeze=False, layout="constrained"
    )
    pyplot.close(figure)
    if drawn.empty:
        return style.note(figure, "no cell has cycles per layer")
    boards = list(dict.fromkeys(drawn["board"]))
    looks = (style.assign(boards, style.COLOURS), style.assign(boards, style.MARKERS))
    for model, pair in zip(models, axes, strict=True):
        panel = drawn[drawn["model"] == model]
        for axis, column in zip(pair, ("cycles", "cycles_per_mac"), strict=True):
            _draw_panel(axis, panel, column, looks)
        pair[0].set_title(f"{model} {panel['scheme'].iloc[0]}", loc="left", fontweight="bold")
        sources = words.joined(panel["latency_provenance"])
        pair[0].set_ylabel(f"cycles ({sources})")
        pair[1].set_ylabel("cycles per MAC")
    handles = [style.mark(board, looks[0][board], looks[1][board]) for board in boards]
    figure.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False)
    return figure


def _one_scheme(part: pandas.DataFrame) -> pandas.DataFrame:
    """The preferred scheme, else the one with most boards."""
    boards = part.groupby("scheme", sort=False)["board"].nunique()
    return part[part["scheme"] == (PREFERRED if PREFERRED in boards.index else boards.idxmax())]


def _draw_panel(axis: Axes, panel: pandas.DataFrame, column: str, looks: tuple[dict, dict]) -> None:
    names = panel.drop_duplicates("layer").sort_values("layer")
    for board, lines in panel.groupby("board", sort=False):
        lines = lines[lines[column].notna() & (lines[column] > 0)]
        axis.plot(
            lines["layer"], lines[column], color=looks[0][board], marker=looks[1][board], markersize=6, linewidth=0.8,
            linestyle=":", markeredgecolor=style.INK, markeredgewidth=0.5,
        )  # fmt: skip
    axis.set_yscale("log")
    axis.set_xlim(-0.5, len(names) - 0.5)
    labels = [f"{layer} {op.lower()}" for layer, op in zip(names["layer"], names["op"], strict=True)]
    axis.set_xticks(names["layer"], labels, rotation=35, ha="right", fontsize=6.5)
    style.plain_log_axis(axis.yaxis)
