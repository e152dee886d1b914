"""The same image on QEMU's MPS2 machine and on a virtual board with the same memories: what it says on either.

The image runs models step by step. It tells each step's duration on SysTick, which under QEMU's `-icount` tells time in
instructions, and here tells our instructions in the same unit.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np

from firmware import toolchain
from firmware.board import CHIPS_FOLDER, Board, Region, header, load_board
from firmware.build import KERNELS
from firmware.compiler.emit import emit_header, emit_source
from firmware.compiler.model import compile_model
from firmware.core import CORES
from firmware.emulator.bus import Peripheral, Register
from firmware.emulator.image import read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.peripherals import cortex_m
from firmware.linker import linker_script

_FOLDER = Path(__file__).parent
_ICOUNT_SHIFT = 8  # an instruction takes 2^8 ns of QEMU's time: 6.4 ticks of the 25 MHz SysTick
_TICKS_PER_INSTRUCTION = 2**_ICOUNT_SHIFT * 25e6 / 1e9
_CLOCK_HZ = 25_000_000
_TIMEOUT_S = 120

_MAIN = """
#include "port.h"
{includes}
static void text(const char *c) {{ while (*c) port_putc((uint8_t)*c++); }}
static void word(uint32_t value, int digits)
{{
    while (digits--)
        port_putc((uint8_t)"0123456789abcdef"[value >> 4 * digits & 15]);
}}
static uint8_t arena[{arena_bytes}] __attribute__((aligned(16), section(".bss.arena")));
static void run(const bw_tensor_t *inputs, int count, const uint8_t *content, void (*const *steps)(uint8_t *), int n)
{{
    for (int i = 0; i < count; i++) {{
        for (uint32_t byte = 0; byte < bw_tensor_bytes(&inputs[i]); byte++)
            arena[inputs[i].offset + byte] = *content++;
    }}
    for (int i = 0; i < n; i++) {{
        uint32_t start = port_cycles();
        steps[i](arena);
        word((port_cycles() - start) & 0xFFFFFFu, 8);
        text(" ");
    }}
}}
static void tell(const bw_tensor_t *outputs, int count)
{{
    for (int i = 0; i < count; i++) {{
        text(" ");
        for (uint32_t byte = 0; byte < bw_tensor_bytes(&outputs[i]); byte++)
            word(arena[outputs[i].offset + byte], 2);
    }}
    text("\\n");
}}
int main(void);
int main(void)
{{
{calls}
    register uint32_t reason __asm("r1") = 0x20026; /* semihosting: SYS_EXIT, ADP_Stopped_ApplicationExit */
    register uint32_t operation __asm("r0") = 0x18;
    __asm volatile("bkpt #0xab" : : "r"(operation), "r"(reason));
    return 0;
}}
"""


def mps2(core: str) -> Board:
    """Return the MPS2 machine as a board with this core."""
    memory = [
        Region(name="flash", kind="flash", origin=0x0000_0000, size_bytes=4 << 20),
        Region(name="sram", kind="ram", origin=0x2000_0000, size_bytes=4 << 20),
    ]
    like = load_board("arduino_zero" if core == "cortex-m0plus" else "stm32f4_disco")
    fields = {"name": "mps2", "chip": "mps2", "core": core, "clock_hz": _CLOCK_HZ, "memory": memory}
    return like.model_copy(update=fields | {"image_offset_bytes": 0, "settings": {"interrupts": 32}})


def build(
    core: str, kernels: Path, models: list[tuple[bytes, np.ndarray]], image: Path, optimize: str = "speed"
) -> None:
    """Write the image that runs these models (.tflite, content of the input) one after the other."""
    board = mps2(core)
    with tempfile.TemporaryDirectory(prefix="boardwalk-witness-") as name:
        folder = Path(name)
        calls, includes, arena_bytes = [], [], 16
        for index, (content, sample) in enumerate(models):
            prefix, model = f"m{index}", compile_model(content, CORES[core], optimize)
            (folder / f"{prefix}.h").write_text(emit_header(model, prefix))
            (folder / f"{prefix}.c").write_text(emit_source(model, prefix))
            values = ",".join(str(byte) for byte in np.ascontiguousarray(sample).tobytes())
            includes.append(f'#include "{prefix}.h"\nstatic const uint8_t {prefix}_content[] = {{{values}}};')
            upper = prefix.upper()
            calls.append(f"    run({prefix}_inputs, {upper}_INPUTS, {prefix}_content, {prefix}_steps, {upper}_STEPS);")
            calls.append(f"    tell({prefix}_outputs, {upper}_OUTPUTS);")
            arena_bytes = max(arena_bytes, model.plan.arena_bytes)
        main = _MAIN.format(includes="\n".join(includes), calls="\n".join(calls), arena_bytes=arena_bytes)
        (folder / "main.c").write_text(main)
        (folder / "board.h").write_text(header(board))
        (folder / "image.ld").write_text(linker_script(board, board.rams[0]))
        sources = [*sorted(folder.glob("*.c")), _FOLDER / "mps2.c", CHIPS_FOLDER / "cortex_m" / "startup.c"]
        includes = [folder, KERNELS, KERNELS.parent / "harness"]
        toolchain.compile_object(sources, folder / "image.o", board.target, "-Os", includes)
        toolchain.link([folder / "image.o", kernels], image, board.target, folder / "image.ld")


Said = list[tuple[list[int], str]]


def on_qemu(program: str, machine: str, image: Path) -> Said:
    """Return what the image says on QEMU: for each model the instructions of each step, and its outputs."""
    command = [
        program,
        "-M",
        machine,
        "-display",
        "none",
        "-monitor",
        "none",
        "-serial",
        "stdio",
        "-kernel",
        str(image),
    ]
    command += ["-icount", f"shift={_ICOUNT_SHIFT}", "-semihosting-config", "enable=on,target=native"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return _parse(done.stdout)


def on_virtual_board(core: str, image: Path) -> Said:
    """Return what the image says on the virtual board."""
    sys.modules["firmware.chips.mps2.virtual"] = sys.modules[__name__]
    board = mps2(core)
    machine = VirtualBoard(board, read_image(image, board))
    machine.bus["systick"].counter = machine.counter
    try:
        machine.run()
    except BoardStopped as stop:
        assert stop.reason == "BKPT executed", stop
    said = _parse(machine.bus["uart"].said.decode())
    machine.close()
    return said


def _parse(text: str) -> Said:
    said = []
    for line in text.splitlines():
        steps, _, outputs = line.partition("  ")
        said.append(([round(int(ticks, 16) / _TICKS_PER_INSTRUCTION) for ticks in steps.split()], outputs))
    return said


class _Uart(Peripheral):
    """The transmitter; `said` keeps what was sent."""

    registers: ClassVar = {key: Register(4 * i) for i, key in enumerate(("DATA", "STATE", "CTRL", "INT", "BAUDDIV"))}

    def __init__(self):
        super().__init__("uart", 0x4000_4000)
        self.said = bytearray()

    def write_DATA(self, value: int) -> None:
        self.said.append(value & 0xFF)


class _InstructionTimer(cortex_m.SysTick):
    """SysTick in QEMU's time."""

    counter = None

    def __init__(self):
        super().__init__(lambda: int(self.counter.instructions * _TICKS_PER_INSTRUCTION) if self.counter else 0)


def peripherals(_board: Board, _console: object, _cycles: Callable[[], int]) -> list[Peripheral]:
    """The machine's peripherals, as the virtual board asks a chip's module for them."""
    return [cortex_m.SystemControl(), _Uart(), _InstructionTimer()]
