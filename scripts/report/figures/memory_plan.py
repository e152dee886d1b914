"""The arena over time, one panel per model: steps from left to right, bytes from bottom to top, a box for each tensor.

A model's plan is that of its first cell in int8 (else in its first scheme) that our compiler planned.
"""

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scripts.report import figures, style, words
from scripts.report.cells import Cell

PREFERRED = "int8"
_COLUMNS = ("tensor", "offset_bytes", "size_bytes", "first_step", "last_step", "steps", "arena_bytes", "bound_bytes")


def points(cells: list[Cell]) -> pandas.DataFrame:
    """Return one line per tensor of the drawn plans."""
    planned = [cell for cell in cells if cell.build and cell.build.plan]
    chosen = {}
    for cell in sorted(planned, key=lambda cell: cell.row.scheme != PREFERRED):
        chosen.setdefault(cell.row.model, cell)
    order = dict.fromkeys(cell.row.model for cell in planned)
    parts = [
        figures.rows_of([chosen[model]]).merge(
            pandas.DataFrame(
                [
                    (
                        tensor.name, tensor.offset, tensor.size_bytes, tensor.first, tensor.last,
                        len(chosen[model].build.layers), chosen[model].build.plan.arena_bytes,
                        chosen[model].build.plan.lower_bound_bytes,
                    )
                    for tensor in chosen[model].build.plan.tensors
                ],
                columns=_COLUMNS,
            ),
            how="cross",
        )
        for model in order
    ]  # fmt: skip
    if parts:
        return pandas.concat(parts, ignore_index=True)
    return figures.rows_of([]).assign(**dict.fromkeys(_COLUMNS))


def draw(frame: pandas.DataFrame) -> Figure:
    """Return the figure of `points`."""
    figure, axes = style.panels(frame["model"], 2, (5.5, 3))
    if frame.empty:
        return style.note(figure, "no cell has a memory plan")
    for model, axis in axes.items():
        _draw_panel(axis, frame[frame["model"] == model])
    figure.supxlabel("step (call of a kernel)", fontsize=9)
    figure.supylabel("offset in the arena, bytes", fontsize=9)
    return figure


def _draw_panel(axis: Axes, panel: pandas.DataFrame) -> None:
    first = panel.iloc[0]
    axis.set_title(f"{first['model']} {first['scheme']}", loc="left", fontweight="bold")
    bound = "the lower bound" if first["arena_bytes"] == first["bound_bytes"] else f"bound {first['bound_bytes']}"
    axis.set_title(f"{words.kibibytes(first['arena_bytes'])}, {bound}", loc="right", fontsize=8)
    looks = list(zip(("#9ecae1", "#fdd0a2", "#c7e9c0", "#dadaeb"), ("", "///", "...", "\\\\\\"), strict=True))
    for place, row in enumerate(panel.itertuples()):
        colour, hatch = looks[place % len(looks)]
        width, corner = row.last_step - row.first_step + 1, (row.first_step - 0.5, row.offset_bytes)
        axis.add_patch(
            Rectangle(
                corner, width, row.size_bytes, facecolor=colour, edgecolor=style.INK, linewidth=0.7, hatch=hatch,
                alpha=0.85,
            )
        )  # fmt: skip
    axis.axhline(first["arena_bytes"], color=style.ALARM, linewidth=1.5)
    axis.grid(visible=False)
    axis.set(xlim=(-1.5, first["steps"] + 0.5), ylim=(0, first["arena_bytes"] * 1.03))
