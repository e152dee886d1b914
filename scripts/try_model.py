"""What a .tflite would do on each board: ./try MODEL.tflite [--boards NAME …] [--json]

Every board is virtual and runs the image that a real one would run, on a few random inputs; outputs are compared with
the scheme's oracle before a latency is shown. Refuses in one line: what is not a .tflite, operators that the compiler
does not have (with what could stand in their place), unknown boards.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from firmware import toolchain
from firmware.board import Board, board_names, load_board, modelled_boards
from firmware.build import compile_kernels
from firmware.compiler.errors import InvalidModel, UnsupportedModel, UnsupportedOperators
from firmware.compiler.read import read_model
from firmware.files import whole
from firmware.settings import SettingsError, nearest
from scripts.build_firmware import build_firmware
from scripts.lib import results
from scripts.lib.alternatives import ALTERNATIVES
from scripts.lib.oracle import random_vectors
from scripts.lib.schemes import scheme_of
from scripts.lib.stamps import group_hash
from scripts.lib.vectors import save_vectors
from scripts.measure_cell import measure_cell
from scripts.report import words

CHECKOUT = Path(__file__).parent.parent
PLAIN_WIDTH = 200
SAMPLES = 2
_HOTTEST = 3


class TryError(ValueError):
    """Why there is nothing to show, in one line or a few."""


def try_model(tflite: Path, boards: list[Board], progress: Callable = iter) -> list[results.Measurement]:
    """Return one record per board for the model in `tflite`; raises TryError."""
    try:
        content = tflite.read_bytes()
        graph = read_model(content)
    except OSError as error:
        raise TryError(f"{tflite}: {error.strerror}") from error
    except InvalidModel as error:
        raise TryError(f"{tflite}: not a .tflite: {error}") from error
    except UnsupportedOperators as error:
        hints = [f"  instead of {kind}: {ALTERNATIVES[kind]}" for kind in error.kinds if kind in ALTERNATIVES]
        raise TryError("\n".join([f"{tflite}: {error}", *hints])) from error
    except UnsupportedModel as error:
        raise TryError(f"{tflite}: {error}") from error
    scheme = scheme_of(graph)
    name = "".join(letter if letter.isalnum() else "_" for letter in tflite.stem).strip("_") or "model"
    with tempfile.TemporaryDirectory(prefix="boardwalk-try-") as folder:
        vectors = Path(folder) / "vectors.npz"
        save_vectors(vectors, random_vectors(content, graph.inputs, scheme, SAMPLES))
        cores = {board.core: board.target for board in boards}
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # the work is done by compilers and virtual boards
            kernels = dict(zip(cores, pool.map(cached_kernels, cores.values()), strict=True))
            run = partial(_try_board, tflite, vectors, kernels, Path(folder), name, scheme.name)
            return list(progress(pool.map(run, boards)))


def _try_board(
    tflite: Path, vectors: Path, kernels: dict[str, Path], folder: Path, name: str, scheme: str, board: Board
) -> results.Measurement:
    elf = folder / f"{board.name}.elf"
    return measure_cell(elf, build_firmware(tflite, board, kernels[board.core], elf, name, scheme), board, vectors)


def cached_kernels(core: object) -> Path:
    """Return the kernel library of a core, compiled once for each state of its sources."""
    library = toolchain.CACHE / f"kernels-{group_hash('kernels', CHECKOUT)[:16]}" / f"{core.name}.a"
    if not library.exists():
        with whole(library) as part:
            compile_kernels(core, part)
    return library


def hottest(record: results.Measurement) -> str:
    """Return the layers that take the most cycles, with their share of the whole."""
    total = sum(layer.cycles for layer in record.layers) or 1
    ordered = sorted(enumerate(record.layers), key=lambda item: -item[1].cycles)[:_HOTTEST]
    return ", ".join(f"{index} {layer.op} {layer.cycles / total:.0%}" for index, layer in ordered)


def show(records: list[results.Measurement], console: Console) -> None:
    """Print one line per board, and below it why some have no latency."""
    view = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("board", "result"):
        view.add_column(name)
    for name in ("latency ms", "flash KiB", "RAM KiB", "energy µJ"):
        view.add_column(name, justify="right")
    view.add_column("hottest layers")
    for record in records:
        memory = record.memory
        view.add_row(
            record.board,
            Text("fits" if record.status == "ok" else record.status.replace("_", " "), _colour(record)),
            _latency(record),
            _used(memory.flash if memory else None),
            _used(memory.ram if memory else None),
            f"{record.energy.uj:.3g}" if record.energy else words.NONE,
            hottest(record) if record.layers else "",
        )
    console.print(view)
    for record in records:
        if record.reason:
            console.print(Text.assemble((f"{record.board}: ", "bold"), record.reason), soft_wrap=True)


def _colour(record: results.Measurement) -> str:
    return "green" if record.status in ("ok", "functional") else "red"


def _latency(record: results.Measurement) -> str:
    if record.latency is None:
        return words.NONE
    error = record.latency.error_pct
    return words.significant(record.latency.us / 1000) + (f" ±{error:.0f} %" if error is not None else "")


def _used(memory: results.Flash | results.UsedRam | None) -> Text:
    if memory is None:
        return Text(words.NONE)
    share = words.percent_of(memory.total, memory.capacity)
    return Text(f"{memory.total / 1024:.1f} {share:>5}", "red" if memory.total > memory.capacity else "")


def _load_boards(names: list[str] | None) -> list[Board]:
    known = board_names()
    unknown = [name for name in names or [] if name not in known]
    if unknown:
        raise TryError("\n".join(f"--boards: unknown board {name!r}{nearest(name, known)}" for name in unknown))
    try:
        boards = [load_board(name) for name in dict.fromkeys(names or modelled_boards())]
        for board in boards:
            toolchain.check_compiler(board.target)
        return boards
    except (SettingsError, toolchain.MissingCompiler) as error:
        raise TryError(str(error)) from error


def main(arguments: list[str] | None = None) -> int:
    """Try, show, and return the exit code: 0 if the model runs on at least one board."""
    parser = argparse.ArgumentParser(prog="./try", description=__doc__.split(":")[0])
    parser.add_argument("model", type=Path, help="the .tflite file")
    parser.add_argument("--boards", nargs="+", metavar="NAME", help="only these boards (default: all)")
    parser.add_argument("--json", action="store_true", help="print the records as JSON")
    options = parser.parse_args(arguments)
    terminal = Console(stderr=True)
    try:
        boards = _load_boards(options.boards)
        steps = partial(track, total=len(boards), console=terminal, description="Trying boards", transient=True)
        with contextlib.redirect_stdout(io.StringIO()):  # what a measuring job would write to its log
            records = try_model(options.model, boards, steps)
    except TryError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([record.model_dump() for record in records], indent=2))
    else:
        oracle = next((f"outputs proven against {r.parity.oracle}" for r in records if r.status == "ok"), "no run")
        print(f"{options.model.name}: {records[0].scheme}, {oracle}; latencies are modelled")
        show(records, Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH))
    return int(all(record.status != "ok" for record in records))


if __name__ == "__main__":
    sys.exit(main())
