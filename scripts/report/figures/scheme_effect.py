"""What a quantization scheme changes against float32: accuracy in points, latency and flash as ratios.

Both models of a comparison saw the same test samples, so the interval of the accuracy change is that of paired
proportions: ±1.96·√((d - Δ²)/n), with d the share of samples whose correctness differs. Only the share whose class
differs is recorded, which is never smaller; so the interval is never too narrow.
"""

import math

import pandas
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.lib.stats import Z_95
from scripts.report import figures, style
from scripts.report.cells import Cell

BASE = "float32"
_FIELDS = ("accuracy", "accuracy_samples", "agreement_with_float", "latency_ms", "flash_bytes")
_RATIOS = {"latency_ratio": "latency", "flash_ratio": "flash"}


def points(cells: list[Cell]) -> pandas.DataFrame:
    """Return one line per cell of another scheme than float32, beside the same model's float32 on the same board.

    `accuracy_change_pt` and its interval need no board; a ratio is missing where one of both did not run.
    """
    frame = figures.rows_of([cell for cell in cells if cell.row.is_ours], *_FIELDS)
    base = frame[frame["scheme"] == BASE].set_index(["model", "board"])[["accuracy", "latency_ms", "flash_bytes"]]
    base = base.add_suffix("_float32")
    frame = frame[frame["scheme"] != BASE].join(base, on=["model", "board"]).reset_index(drop=True)
    numbers = frame[[*_FIELDS, *base.columns]]
    change, samples = numbers["accuracy"] - numbers["accuracy_float32"], numbers["accuracy_samples"]
    variance = ((1 - numbers["agreement_with_float"]) - change**2).clip(lower=0) / samples
    half = Z_95 * variance.map(math.sqrt)
    frame["accuracy_change_pt"] = 100 * change
    frame["change_ci_low_pt"], frame["change_ci_high_pt"] = 100 * (change - half), 100 * (change + half)
    frame["latency_ratio"] = numbers["latency_ms"] / numbers["latency_ms_float32"]
    frame["flash_ratio"] = numbers["flash_bytes"] / numbers["flash_bytes_float32"]
    return frame


def draw(frame: pandas.DataFrame) -> Figure:
    """Return the figure of `points`: a row of three panels per model, schemes from top to bottom."""
    models = list(dict.fromkeys(frame["model"])) or [""]
    schemes = list(dict.fromkeys(frame["scheme"]))
    height = (0.3 * len(schemes) + 0.75) * len(models) + 0.8
    figure, axes = pyplot.subplots(
        len(models), 3, figsize=(11, height), sharey=True, sharex="col", squeeze=False, layout="constrained"
    )
    pyplot.close(figure)
    if frame.empty:
        return style.note(figure, "no scheme to compare with float32")
    markers = style.assign(frame["board"], style.MARKERS)
    for model, (change, *ratios) in zip(models, axes, strict=True):
        panel = frame[frame["model"] == model]
        panel = panel.assign(line=[schemes.index(scheme) for scheme in panel["scheme"]])
        change.set_title(model, loc="left", fontweight="bold")
        change.set_yticks(range(len(schemes)), schemes)
        change.set_ylim(len(schemes) - 0.5, -0.5)
        _draw_change(change, panel)
        for axis, column in zip(ratios, _RATIOS, strict=True):
            _draw_ratio(axis, panel, column, markers)
    largest = frame[["change_ci_low_pt", "change_ci_high_pt"]].abs().max(axis=None)
    axes[0][0].set_xlim(-max(0.5, 1.1 * largest), max(0.5, 1.1 * largest))
    for axis, column in zip(axes[0][1:], _RATIOS, strict=True):
        axis.set_xlim(0, max(1.2, 1.1 * frame[column].max()))
    for axis, label in zip(axes[-1], ("accuracy change, points", *_RATIOS.values()), strict=True):
        axis.set_xlabel(label if label.startswith("acc") else f"{label}, multiple of float32's")
    handles = [style.mark(board, style.COLOURS[2], marker) for board, marker in markers.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False)
    return figure


def _draw_change(axis: Axes, panel: pandas.DataFrame) -> None:
    once = panel[panel["accuracy_change_pt"].notna()].drop_duplicates("scheme")
    change = once["accuracy_change_pt"]
    bars = [change - once["change_ci_low_pt"], once["change_ci_high_pt"] - change]
    axis.errorbar(change, once["line"], xerr=bars, fmt="D", color=style.INK, capsize=4, markersize=5, linewidth=1.2)
    axis.axvline(0, color=style.MUTED, linewidth=1, linestyle="--")


def _draw_ratio(axis: Axes, panel: pandas.DataFrame, column: str, markers: dict[str, str]) -> None:
    axis.axvline(1, color=style.MUTED, linewidth=1, linestyle="--")
    for board, lines in panel.groupby("board", sort=False):
        look = {"marker": markers[board], "s": 40, "color": style.COLOURS[2], "edgecolor": style.INK, "linewidth": 0.6}
        axis.scatter(lines[column], lines["line"], **look)
