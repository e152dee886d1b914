"""Takes a cell home: make export MODEL=… SCHEME=… AS=arduino|espidf|c [BOARD=…] [NAME=…] [OUT=…] [FORCE=1]

With a board, the kernels are those of its core and the README has the cell's own row of the table; without, they are
the portable ones, for any core. Refuses unknown names, names that are no C identifiers, a folder that holds another
export, outputs that are not the oracle's, and a cell that does not fit its board (unless forced).
"""

import argparse
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from firmware.board import Board, load_board
from firmware.compiler.errors import InvalidModel, UnsupportedModel
from firmware.compiler.host import HostModel
from firmware.compiler.model import compile_model
from firmware.export import FORMS, ExportError, Golden, Package, check_name, export
from firmware.settings import SettingsError, nearest
from scripts.lib import results, table
from scripts.lib.declared import load_model
from scripts.lib.prepared import CLASSES, DataError, load_prepared
from scripts.lib.schemes import SCHEMES
from scripts.lib.vectors import Vectors, VectorsError, load_vectors
from scripts.report import words

SAMPLES = 2
TABLE = Path("results/table.csv")
_NO_CELL = "No cell measured: `make export` with BOARD= takes the kernels and the figures of a cell."


def needed_files(model: str, scheme: str, board: Board | None) -> list[Path]:
    """Return what an export reads, made by the workflow: model, vectors, data, and the cell's build record."""
    files = [Path(f"results/models/{model}/{scheme}{suffix}") for suffix in (".tflite", ".vectors.npz")]
    files.append(Path(f"data/prepared/{load_model(model).dataset}.npz"))
    return [*files, Path(f"results/cells/{model}/{scheme}/{board.name}/build.json")] if board else files


def golden_vectors(tflite: Path, vectors: Vectors) -> Golden:
    """Return the first samples with the model's own outputs, which must be the oracle's; raises ExportError."""
    samples = [batch[:SAMPLES] for batch in vectors.inputs]
    outputs = HostModel(tflite).run(*samples)
    count = len(samples[0])
    contents = [b"".join(np.ascontiguousarray(batch[n]).tobytes() for batch in outputs) for n in range(count)]
    worst = max(vectors.difference(sample, content) for sample, content in enumerate(contents))
    if worst > vectors.tolerance:
        raise ExportError(
            f"{tflite}: output differs from {vectors.oracle} by {worst:g}, tolerance {vectors.tolerance:g}"
        )
    return Golden([vectors.content(sample) for sample in range(count)], contents, vectors.tolerance, vectors.oracle)


def labels_of(data: Path, outputs: int) -> tuple[str, ...]:
    """Return the names of the classes, none if the model tells no classes apart; raises DataError."""
    prepared = load_prepared(data)
    names = tuple(map(str, prepared.class_names))
    return names if prepared.task == CLASSES and len(names) == outputs else ()


def figures_of(rows: list[table.Row], cell: tuple[str, str, str], tflite_sha256: str) -> str:
    """Return what the table says of the very cell and the very model, as Markdown."""
    found = [row for row in rows if (row.model, row.scheme, row.board) == cell and row.is_ours]
    rows = [row for row in found if row.tflite_sha256 == tflite_sha256]
    if not rows:
        return f"No cell measured: {TABLE} has no row for {'/'.join(cell)} with this model."
    (row,) = rows
    if row.status != "ok":
        return f"No latency, {words.reason(row)}."
    error = "its error is not known" if row.latency_error_pct is None else f"±{row.latency_error_pct:g} %"
    lines = [
        f"The cell {row.cell}, as an image of Boardwalk's own ({row.compiler}; another compiler gives other figures):",
        "",
        "| | | |",
        "|---|---:|---|",
        f"| latency | {row.latency_ms:.3f} ms | {row.latency_provenance} at {row.clock_hz / 1e6:g} MHz, {error} |",
        f"| flash | {row.flash_bytes} bytes | of {row.flash_capacity_bytes}; weights {row.flash_weights_bytes} |",
        f"| RAM | {row.ram_bytes} bytes | of {row.ram_capacity_bytes}; arena {row.ram_arena_bytes}, "
        f"static {row.ram_static_bytes}, stack {row.ram_stack_bytes} |",
    ]
    if row.energy_uj is not None:
        lines.append(f"| energy | {row.energy_uj:.3g} µJ | {row.energy_provenance} at {row.supply_v:g} V |")
    if row.accuracy is not None:
        lines.append(f"| accuracy | {words.accuracy(row)} % | {row.accuracy_samples} test samples |")
    return "\n".join([*lines, "", f"Outputs compared with {row.parity_oracle} on {row.parity_samples} samples."])


def refuse_what_does_not_fit(build: results.BuildRecord, force: bool) -> None:
    """Raise ExportError with the cell's numbers; a forced export may go on."""
    if build.status == "does_not_fit" and not force:
        raise ExportError(
            f"{build.model}/{build.scheme}/{build.board}: {build.reason}; FORCE=1 exports it all the same"
        )


def export_model(options: argparse.Namespace, board: Board | None) -> Path:
    """Write the export that the options ask for and return its folder."""
    files = needed_files(options.model, options.scheme, board)
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise ExportError(f"{', '.join(missing)}: missing; make export makes what it needs")
    tflite, vectors, data = files[:3]
    if board:
        refuse_what_does_not_fit(results.read(files[3], results.BuildRecord), options.force)
    model = compile_model(tflite.read_bytes(), board.target if board else None, board.optimize if board else "speed")
    cell = (options.model, options.scheme, board.name if board else "")
    rows = table.read(TABLE) if TABLE.is_file() else []
    package = Package(
        name=name_of(options),
        origin="/".join(filter(None, cell)),
        cell_model=options.model,
        model=model,
        board=board,
        golden=golden_vectors(tflite, load_vectors(vectors)),
        labels=labels_of(data, sum(tensor.elements for tensor in model.graph.outputs)),
        figures=figures_of(rows, cell, model.tflite_sha256) if board else _NO_CELL,
        version=version("boardwalk"),
    )
    folder = options.out or Path("results/exports") / options.form / package.name
    export(package, options.form, folder)
    return folder


def name_of(options: argparse.Namespace) -> str:
    """Return the C name of the export: MODEL_SCHEME if none was given."""
    return options.name or f"{options.model}_{options.scheme}"


def _check(options: argparse.Namespace) -> Board | None:
    """Raise for names that are wrong, before anything is made; return the board."""
    load_model(options.model)
    for key, value, valid in (("SCHEME", options.scheme, list(SCHEMES)), ("AS", options.form, list(FORMS))):
        if value not in valid:
            raise ExportError(f"{key}: unknown {value!r}{nearest(value, valid)}")
    check_name(name_of(options))
    return load_board(options.board) if options.board else None


def main(arguments: list[str] | None = None) -> int:
    """Export, print where, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make export", description=__doc__.split(":")[0])
    parser.add_argument("--model", required=True, help="of the cell: docs/catalogue.md")
    parser.add_argument("--scheme", required=True, help="likewise")
    parser.add_argument("--as", dest="form", required=True, help="arduino, espidf or c")
    parser.add_argument("--board", default="", help="take the kernels of its core (default: portable ones)")
    parser.add_argument("--name", default="", help="C name of the model (default: MODEL_SCHEME)")
    parser.add_argument("--out", type=Path, help="folder of the export (default: results/exports/AS/NAME)")
    parser.add_argument("--force", action="store_true", help="export a cell that does not fit its board")
    parser.add_argument("--needs", action="store_true", help="only print the files that the workflow must make first")
    options = parser.parse_args(arguments)
    try:
        board = _check(options)
        if options.needs:
            print(*needed_files(options.model, options.scheme, board))
        else:
            print(export_model(options, board))
    except (
        ExportError,
        DataError,
        SettingsError,
        InvalidModel,
        UnsupportedModel,
        VectorsError,
        results.ResultError,
        table.TableError,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
