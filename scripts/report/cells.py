"""The cells behind a table: each row with the records it was made from.

Refuses a row that is not what its records say (a table edited by hand, or older than its records), a cell whose records
are missing, and a foreign image that is there twice.
"""

from dataclasses import dataclass, fields
from pathlib import Path

from scripts.collect_results import row_of
from scripts.lib import results, table
from scripts.lib.accuracy import Accuracy
from scripts.lib.energy import DEFAULT_DUTY_CYCLE, DutyCycle


@dataclass(frozen=True)
class Cell:
    """One row with its records; `build` is None on the host and for images of other engines.

    `trace` is the recording of a power monitor, where there is one.
    """

    row: table.Row
    measurement: results.Measurement
    accuracy: Accuracy
    build: results.BuildRecord | None
    trace: Path | None = None


def load(path: Path) -> list[Cell]:
    """Return the cells of the table at `path`, whose records lie beside it; raises TableError or ResultError."""
    root = Path(path).parent
    images, duty_cycle = _images(root), duty_cycle_of(root)
    accuracies: dict[Path, Accuracy] = {}
    cells = []
    for row in table.read(path):
        folder = images.get((row.engine, row.model, row.scheme, row.board))
        folder = folder or root / "cells" / row.model / row.scheme / row.board
        score = root / "models" / row.model / f"{row.scheme}.accuracy.json"
        if score not in accuracies:
            accuracies[score] = results.read(score, Accuracy)
        measurement = results.read(folder / "measurement.json", results.Measurement)
        build, trace = folder / "build.json", folder / "trace.csv"
        cells.append(
            Cell(
                row,
                measurement,
                accuracies[score],
                results.read(build, results.BuildRecord) if build.exists() else None,
                trace if trace.exists() else None,
            )
        )
        _check(path, cells[-1], duty_cycle)
    return cells


def duty_cycle_of(root: Path) -> DutyCycle:
    """Return the duty cycle that the table in `root` was made with, the default one if it says none."""
    path = root / "stamps/duty_cycle.json"
    return DutyCycle.model_validate_json(path.read_text()) if path.exists() else DEFAULT_DUTY_CYCLE


def _images(root: Path) -> dict[tuple[str, str, str, str], Path]:
    """Folders of foreign images, by what their rows say."""
    folders: dict[tuple[str, str, str, str], Path] = {}
    for path in sorted(root.glob("images/*/measurement.json")):
        record = results.read(path, results.Measurement)
        name = (record.engine, record.model, record.scheme, record.board)
        if name in folders:
            raise table.TableError(f"{path}: a second image of {'/'.join(name)}, the first is {folders[name]}")
        folders[name] = path.parent
    return folders


def _check(path: Path, cell: Cell, duty_cycle: DutyCycle) -> None:
    """Compare in the table's own text form, in which a row read back equals the row that was written."""
    made = row_of(cell.measurement, cell.accuracy, duty_cycle)
    for field in fields(table.Row):
        found, expected = (table.text(field.name, getattr(row, field.name)) for row in (cell.row, made))
        if found != expected:
            raise table.TableError(
                f"{path}: {cell.row.cell}: {field.name} is {found or 'empty'}, its record says "
                f"{expected or 'nothing'}: edited by hand? `snakemake --forcerun collect_results` makes the table again"
            )
