"""The figures of the paper: one module each, with its caption beside it as <name>.rst.

A module has `points(cells)`, the data frame of what is drawn with the cell and hashes of every point, and
`draw(points)`, the figure. The frame is written as CSV beside the figure, so that each mark leads back to an image.
"""

import importlib
from pathlib import Path
from types import ModuleType

import pandas

from scripts.lib import table
from scripts.report.cells import Cell

MOST_CELLS = 1000
_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """All figures, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.py") if path.stem != "__init__")


def figure_module(name: str) -> ModuleType:
    """The module of one figure."""
    return importlib.import_module(f"scripts.report.figures.{name}")


def caption(name: str) -> str:
    """What the figure shows, in one paragraph of plain text."""
    return " ".join((_FOLDER / f"{name}.rst").read_text(encoding="utf-8").split())


def rows_of(cells: list[Cell], *columns: str) -> pandas.DataFrame:
    """Return a frame with the named columns of the table and, last, what leads back to the cell, one line per cell.

    Numbers are floats; NaN means that there is none.
    """
    names = ("model", "scheme", "board", "status", *columns)
    trail = ("elf_sha256", "tflite_sha256")
    lines = [[getattr(cell.row, name) for name in (*names, "cell", *trail)] for cell in cells]
    frame = pandas.DataFrame(lines, columns=[*names, "cell", *trail])
    return frame.astype({name: float for name in names if table.is_number(name)})
