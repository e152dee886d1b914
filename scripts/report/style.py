"""The look of every figure, and how it is saved: equal data give equal bytes.

Colours differ in lightness as well as in hue, so that they stay apart in grey print and for colour-blind readers;
markers and hatches say the same once more. Text is drawn as outlines of the font that matplotlib carries, so a figure
does not depend on the fonts of a machine.
"""

from itertools import cycle
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import seaborn
from matplotlib.figure import Figure

from scripts.lib.job import whole

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
_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def apply() -> None:
    """Set the look for figures made from here on."""
    seaborn.set_theme(style="whitegrid", rc=_SETTINGS)


def assign(names: list[str], marks: tuple[str, ...]) -> dict[str, str]:
    """Give each different name a mark, in order of first appearance; marks repeat when there are more names."""
    return dict(zip(dict.fromkeys(names), cycle(marks), strict=False))


def save(figure: Figure, path: Path) -> None:
    """Write `figure` as SVG, whole or not at all."""
    with whole(Path(path)) as part:
        figure.savefig(part, format="svg", metadata=_METADATA)
