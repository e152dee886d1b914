"""The look of every figure, and how it is saved: equal data give equal bytes.

Colours differ in lightness as well as in hue, so that they stay apart in grey print and for colour-blind readers;
markers and hatches say the same once more. Text is drawn as outlines of the font that matplotlib carries, so a figure
does not depend on the fonts of a machine.
"""

from collections.abc import Iterable
from itertools import cycle
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import seaborn
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from firmware.files import whole

INK, MUTED, ALARM = "#1a1a1a", "#5c5c5c", "#b3261e"
COLOURS = ("#1a1a1a", "#ffc53d", "#1f6fb4", "#57b8a0", "#8c2f80")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "*", "h")
PARTS = {  # of a memory bar: label, colour, hatch
    "flash_code_bytes": ("code", "#1f6fb4", ""),
    "flash_weights_bytes": ("weights", "#bcd7ee", "///"),
    "ram_arena_bytes": ("tensor arena", "#1d7a66", ""),
    "ram_static_bytes": ("static", "#b9e0d6", "..."),
    "ram_stack_bytes": ("stack", "#f3f3f3", "xxx"),
}
_SETTINGS = {
    "svg.hashsalt": "boardwalk",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "grid.color": "#e3e3e3",
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
}
# Nothing that depends on the day or on a version: a key set to None is left out.
_METADATA = {
    "svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
    "pdf": dict.fromkeys(("CreationDate", "Creator", "Producer")),
    "png": {"Software": None},
}


def apply() -> None:
    """Set the look for figures made from here on."""
    seaborn.set_theme(style="whitegrid", rc=_SETTINGS)


def assign(names: Iterable[str], marks: tuple[str, ...]) -> dict[str, str]:
    """Give each different name a mark, in order of first appearance; marks repeat when there are more names."""
    return dict(zip(dict.fromkeys(names), cycle(marks), strict=False))


def panels(names: Iterable[str], columns: int, size: tuple[float, float]) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with one panel of `size` inches per different name, titled with it; at least one panel."""
    names = list(dict.fromkeys(names)) or [""]
    columns = min(columns, len(names))
    lines = -(-len(names) // columns)
    figure, axes = pyplot.subplots(
        lines, columns, figsize=(size[0] * columns, size[1] * lines + 0.9), squeeze=False, layout="constrained"
    )
    pyplot.close(figure)  # only its registration with pyplot: the figure itself stays usable
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, names, strict=False):
        axis.set_title(name, loc="left", fontweight="bold")
    return figure, dict(zip(names, axes.flat, strict=False))


def note(figure: Figure, text: str) -> Figure:
    """Say in the middle of an empty figure why it is empty."""
    for axis in figure.axes:
        axis.set_visible(False)
    figure.text(0.5, 0.5, text, ha="center", va="center", color=MUTED, wrap=True)
    return figure


def mark(label: str, colour: str, marker: str) -> Line2D:
    """Return a legend's entry for points."""
    return Line2D([], [], linestyle="", marker=marker, markersize=8, color=colour, markeredgecolor=INK, label=label)


def plain_log_axis(axis: XAxis | YAxis) -> None:
    """Label a logarithmic axis with plain numbers at 1, 2 and 5, or at powers of ten where the range is wide."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 1000 else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def save(figure: Figure, path: Path) -> None:
    """Write `figure` in the format that the suffix names (.svg, .pdf or .png), whole or not at all."""
    kind = Path(path).suffix[1:]
    with whole(Path(path)) as part:
        figure.savefig(part, format=kind, metadata=_METADATA[kind], dpi=200)
    figure.set_layout_engine("none")  # every other format has the same layout, without doing it again
