"""Measures the engine on the four MLPerf Tiny topologies: `python -m scripts.bench_engine [--schemes int8]`.

Every image is the one that build_firmware would make. Where it does not fit, the board gets more memory than the real
one, so that every combination has numbers. One inference is counted from the first to the last instruction of the
generated model. Writes results/bench/engine.json: a list of records, sizes in bytes (flash_code_bytes without the
model's constants; ram_bytes is arena, variables with the input buffer, and the stack's peak), cycles modelled.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import unicorn
from rich.console import Console
from rich.table import Table
from unicorn import arm_const, riscv_const

from firmware.board import Board, load_board
from firmware.build import build_image, compile_kernels
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import CompiledModel, compile_model
from firmware.compiler.variants import OPTIMIZE
from firmware.emulator.image import Image, read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.files import whole
from scripts.build_topologies import TOPOLOGIES
from scripts.device.protocol import Device
from scripts.lib.schemes import SCHEMES

RESULTS = Path("results/bench")
BOARDS = ("nucleo_l4r5zi", "stm32f746g_disco", "arduino_zero", "nucleo_g0b1re", "esp32c3_devkitm")
_ROOM_BYTES = 4 << 20
# Where a function returns to.
_LINK_REGISTERS = {"cortex_m": arm_const.UC_ARM_REG_LR, "riscv": riscv_const.UC_RISCV_REG_RA}


@dataclass(frozen=True)
class Record:
    """One topology in one scheme on one core; numbers are per inference, or bytes."""

    model: str
    scheme: str
    board: str
    core: str
    optimize: str
    instructions: int
    cycles: int
    macs: int
    flash_bytes: int
    flash_code_bytes: int
    arena_bytes: int
    ram_bytes: int
    stack_bytes: int


def roomy(board: Board) -> Board:
    """Return the board with 4 MiB in each memory, or as much as there is address space up to the next one."""
    memory = []
    for region in board.memory:
        gaps = [other.origin - region.origin for other in board.memory if other.origin > region.origin]
        memory.append(region.model_copy(update={"size_bytes": min([_ROOM_BYTES, *gaps])}))
    return board.model_copy(update={"memory": memory})


class CallCounter:
    """Counts instructions and cycles of the latest call of one function on a virtual board."""

    def __init__(self, machine: VirtualBoard, image: Image, function: str):
        self.instructions = self.cycles = 0
        self._machine = machine
        self._link_register = _LINK_REGISTERS[machine.board.target.family]
        entry = next(address for address, name in image.symbols if name == function)
        machine.engine.hook_add(unicorn.UC_HOOK_CODE, self._enter, begin=entry, end=entry)

    def _enter(self, engine: unicorn.Uc, address: int, size: int, _: None) -> None:
        counter = self._machine.counter
        start = counter.instructions, counter.cycles
        back = engine.reg_read(self._link_register) & ~1

        def leave(engine: unicorn.Uc, address: int, size: int, _: None) -> None:
            self.instructions = counter.instructions - start[0]
            self.cycles = counter.cycles - start[1]

        engine.hook_add(unicorn.UC_HOOK_CODE, leave, begin=back, end=back)


@contextmanager
def running(machine: VirtualBoard) -> Iterator[None]:
    """Let the virtual board run in a thread; it is stopped at the end of the block."""

    def run() -> None:
        try:
            machine.run()
        except BoardStopped as stop:
            if not finished.is_set():
                print(stop, file=sys.stderr)

    finished = threading.Event()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        machine.engine.emu_stop()
        thread.join()


def measure(name: str, scheme: str, board: Board, kernels: Path, model: CompiledModel, optimize: str) -> Record:
    """Build the image, run it once on the virtual board and return its record."""
    with tempfile.TemporaryDirectory(prefix="boardwalk-bench-") as folder:
        elf = Path(folder) / "firmware.elf"
        sizes, reason = build_image(board, model, kernels, elf, name)
        if reason:
            board = roomy(board)
            sizes, reason = build_image(board, model, kernels, elf, name)
        if reason:
            raise RuntimeError(f"{name} {scheme} on {board.name}: {reason}")
        image = read_image(elf, board)
    machine = VirtualBoard(board, image)
    call = CallCounter(machine, image, "model_run")
    with running(machine), Device.behind(machine.console.path, board.console.baud, board.name) as device:
        device.load(_random_input(model))
        device.infer(runs=1, warmups=0)
        use = device.memory()
    return Record(
        model=name,
        scheme=scheme,
        board=board.name,
        core=board.core,
        optimize=optimize,
        instructions=call.instructions,
        cycles=call.cycles,
        macs=model.macs,
        flash_bytes=sizes.flash,
        flash_code_bytes=sizes.flash - sizes.weights,
        arena_bytes=sizes.arena,
        ram_bytes=use.arena + use.static + use.stack_peak,
        stack_bytes=use.stack_peak,
    )


def _random_input(model: CompiledModel) -> bytes:
    random = np.random.default_rng(0)
    source = model.graph.inputs[0]
    values = random.normal(size=source.elements)
    return (values if source.dtype == np.float32 else values * 64).astype(source.dtype).tobytes()


def bench(names: list[str], schemes: list[str], boards: list[str], optimize: str) -> list[Record]:
    """Return the records of all combinations that our compiler supports; prints the others."""
    records = []
    for board in map(load_board, boards):
        with tempfile.TemporaryDirectory(prefix="boardwalk-bench-") as folder:
            kernels = Path(folder) / "kernels.a"
            compile_kernels(board.target, kernels)
            for name in names:
                for scheme in schemes:
                    content = (RESULTS / "models" / name / f"{scheme}.tflite").read_bytes()
                    try:
                        model = compile_model(content, board.target, optimize)
                        records.append(measure(name, scheme, board, kernels, model, optimize))
                    except UnsupportedModel as error:
                        print(f"{name} {scheme}: {error}", file=sys.stderr)
    return records


def show(records: list[Record]) -> None:
    """Print the records as a table."""
    table = Table(title="Engine, per inference")
    for column, value in asdict(records[0]).items():
        table.add_column(column.removesuffix("_bytes"), justify="right" if isinstance(value, int) else "left")
    for record in records:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else value for value in asdict(record).values()))
    Console(width=160).print(table)


def main() -> None:
    """Convert the topologies if needed, measure, write engine.json."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_engine", description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", choices=list(TOPOLOGIES), default=list(TOPOLOGIES))
    parser.add_argument("--schemes", nargs="+", choices=list(SCHEMES), default=list(SCHEMES))
    parser.add_argument("--boards", nargs="+", default=list(BOARDS))
    parser.add_argument("--optimize", nargs="+", choices=OPTIMIZE, default=list(OPTIMIZE))
    options = parser.parse_args()
    if not all((RESULTS / "models" / n / f"{s}.tflite").is_file() for n in options.models for s in options.schemes):
        subprocess.run([sys.executable, "-m", "scripts.build_topologies", str(RESULTS / "models")], check=True)
    records = [
        record
        for optimize in options.optimize
        for record in bench(options.models, options.schemes, options.boards, optimize)
    ]
    with whole(RESULTS / "engine.json") as part:
        part.write_text(json.dumps([asdict(record) for record in records], indent=1) + "\n")
    show(records)


if __name__ == "__main__":
    main()
