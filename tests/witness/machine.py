"""The same image on a machine of QEMU and on a virtual board with the same memories: what it says on either.

The image runs models step by step. It tells each step's duration on the machine's timer, which under QEMU's `-icount`
tells time in instructions, and here tells our instructions in the same unit.
"""

import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import unicorn

from firmware import toolchain
from firmware.board import CHIPS_FOLDER, Board, Region, load_board
from firmware.build import HARNESS, board_folder
from firmware.compiler.emit import emit_header, emit_source
from firmware.compiler.model import compile_model
from firmware.core import CORES, KERNELS
from firmware.emulator.bus import Peripheral, Register
from firmware.emulator.image import Start, read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.peripherals import cortex_m
from firmware.linker import linker_script

_FOLDER = Path(__file__).parent
_ICOUNT_SHIFT = 8  # an instruction takes 2^8 ns of QEMU's time: more than two ticks of any timer here
_TIMEOUT_S = 120

_MAIN = """
#include "machine.h"
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
    leave();
    return 0;
}}
"""


@dataclass(frozen=True)
class Machine:
    """A machine of QEMU: who emulates it, its name, its memories as it boots from them, its console and timer."""

    program: str
    name: str
    chip: str
    flash: int
    sram: int
    uart: int
    timer_hz: int

    @property
    def ticks_per_instruction(self) -> float:
        """Ticks of the timer while one instruction runs."""
        return 2**_ICOUNT_SHIFT * self.timer_hz / 1e9


_ARM = "qemu-system-arm"
# QEMU has no Cortex-M0+; its code is a part of what a Cortex-M4 runs. The Cortex-M33 boots in the secure state, in
# which the same memories have other addresses (ARM DAI 0505, memory map).
MACHINES = {
    "cortex-m0plus": Machine(_ARM, "mps2-an386", "mps2", 0x0000_0000, 0x2000_0000, 0x4000_4000, 25_000_000),
    "cortex-m4": Machine(_ARM, "mps2-an386", "mps2", 0x0000_0000, 0x2000_0000, 0x4000_4000, 25_000_000),
    "cortex-m7": Machine(_ARM, "mps2-an500", "mps2", 0x0000_0000, 0x2000_0000, 0x4000_4000, 25_000_000),
    "cortex-m33": Machine(_ARM, "mps2-an505", "mps2", 0x1000_0000, 0x3800_0000, 0x5020_0000, 20_000_000),
    "rv32imc": Machine("qemu-system-riscv32", "virt", "virt", 0x8000_0000, 0x8040_0000, 0x1000_0000, 10_000_000),
}


def board_of(core: str) -> Board:
    """Return the machine as a board with this core."""
    machine = MACHINES[core]
    memory = [
        Region(name="flash", kind="flash", origin=machine.flash, size_bytes=4 << 20),
        Region(name="sram", kind="ram", origin=machine.sram, size_bytes=4 << 20),
    ]
    like = load_board("arduino_zero" if core in ("cortex-m0plus", "rv32imc") else "stm32f4_disco")
    fields = {"name": machine.name, "chip": machine.chip, "core": core, "memory": memory, "timing": None}
    settings = {"interrupts": 32, "witness_uart": machine.uart}
    return like.model_copy(update=fields | {"image_offset_bytes": 0, "settings": settings})


def build(
    core: str, kernels: Path, models: list[tuple[bytes, np.ndarray]], image: Path, optimize: str | None = "speed"
) -> None:
    """Write the image that runs these models (.tflite, content of the input) one after the other.

    Without `optimize` the kernels are the portable ones.
    """
    board, target = board_of(core), CORES[core] if optimize else None
    with tempfile.TemporaryDirectory(prefix="boardwalk-witness-") as name:
        folder = Path(name)
        calls, includes, sources, arena_bytes = [], [], [], 16
        for index, (content, sample) in enumerate(models):
            prefix, model = f"m{index}", compile_model(content, target, optimize or "speed")
            (folder / f"{prefix}.h").write_text(emit_header(model, prefix))
            sources.append(_with_names_of_its_own(emit_source(model, prefix), prefix))
            values = ",".join(str(byte) for byte in np.ascontiguousarray(sample).tobytes())
            includes.append(f'#include "{prefix}.h"\nstatic const uint8_t {prefix}_content[] = {{{values}}};')
            upper = prefix.upper()
            calls.append(f"    run({prefix}_inputs, {upper}_INPUTS, {prefix}_content, {prefix}_steps, {upper}_STEPS);")
            calls.append(f"    tell({prefix}_outputs, {upper}_OUTPUTS);")
            arena_bytes = max(arena_bytes, model.plan.arena_bytes)
        main = _MAIN.format(includes="\n".join(includes), calls="\n".join(calls), arena_bytes=arena_bytes)
        (folder / "main.c").write_text("\n".join([*sources, main]))  # each file of its own would start a compiler
        (folder / "image.ld").write_text(linker_script(board, board.rams[0]))
        files = [folder / "main.c", _FOLDER / f"{board.chip}.c", CHIPS_FOLDER / board.target.family / "startup.c"]
        includes = [folder, board_folder(board), _FOLDER, KERNELS, HARNESS]
        toolchain.compile_object(files, folder / "image.o", board.target, "-Os", includes)
        toolchain.link([folder / "image.o", kernels], image, board.target, folder / "image.ld")


def _with_names_of_its_own(source: str, prefix: str) -> str:
    """Return generated C whose static names begin with `prefix`, so that several models can be one file."""
    kind = r"(?:const )?(?:_Alignas\(\d+\) )?\w+ "
    names = re.findall(rf"^static {kind}(\w+)(?:\[\d+\])*(?: =|\()", source, re.MULTILINE)
    return re.sub(rf"\b({'|'.join(names)})\b", rf"{prefix}_\1", source) if names else source


Said = list[tuple[list[int], str]]


def on_qemu(core: str, image: Path) -> Said:
    """Return what the image says on QEMU: for each model the instructions of each step, and its outputs."""
    machine = MACHINES[core]
    command = [machine.program, "-M", machine.name, "-display", "none", "-monitor", "none", "-serial", "stdio"]
    command += ["-bios", "none"] if core == "rv32imc" else []
    command += ["-kernel", str(image), "-icount", f"shift={_ICOUNT_SHIFT}"]
    command += ["-semihosting-config", "enable=on,target=native"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return _parse(done.stdout, machine)


def on_virtual_board(core: str, image: Path) -> Said:
    """Return what the image says on the virtual board."""
    board, machine = board_of(core), MACHINES[core]
    sys.modules[f"firmware.chips.{board.chip}.virtual"] = sys.modules[__name__]
    virtual = VirtualBoard(board, read_image(image, board))
    timer = virtual.bus["timer" if board.chip == "virt" else "systick"]
    timer.ticks = lambda: int(virtual.counter.instructions * machine.ticks_per_instruction)
    try:
        virtual.run()
    except BoardStopped as stop:
        assert stop.reason in ("BKPT executed", "EBREAK executed"), stop
    said = _parse(virtual.bus["uart"].said.decode(), machine)
    virtual.close()
    return said


def _parse(text: str, machine: Machine) -> Said:
    said = []
    for line in text.splitlines():
        steps, _, outputs = line.partition("  ")
        said.append(([round(int(ticks, 16) / machine.ticks_per_instruction) for ticks in steps.split()], outputs))
    return said


class _Uart(Peripheral):
    """The transmitter of the Arm machines; `said` keeps what was sent."""

    registers: ClassVar = {key: Register(4 * i) for i, key in enumerate(("DATA", "STATE", "CTRL", "INT", "BAUDDIV"))}

    def __init__(self, base: int):
        super().__init__("uart", base)
        self.said = bytearray()

    def write_DATA(self, value: int) -> None:
        self.said.append(value & 0xFF)


class _Uart16550(_Uart):
    """The transmitter of the RISC-V machine, always empty."""

    registers: ClassVar = {"DATA": Register(0, size=1), "LSR": Register(5, reset=1 << 5, size=1, writable=0)}


class _SysTick(cortex_m.SysTick):
    """SysTick in QEMU's time."""

    ticks: Callable[[], int] | None = None

    def __init__(self):
        super().__init__(lambda: self.ticks() if self.ticks else 0)


class _MachineTimer(Peripheral):
    """The CLINT's counter in QEMU's time."""

    registers: ClassVar = {"MTIME": Register(0xBFF8, writable=0)}
    ticks: Callable[[], int] | None = None

    def __init__(self):
        super().__init__("timer", 0x0200_0000)

    def read_MTIME(self) -> int:
        return self.ticks() & 0xFFFF_FFFF


class _Finisher(Peripheral):
    """What ends QEMU; here the image stops itself."""

    registers: ClassVar = {"FINISH": Register(0)}

    def __init__(self):
        super().__init__("finisher", 0x0010_0000)


class _NoRegisters(Peripheral):
    """The RISC-V machine adds no control and status registers."""

    registers: ClassVar = {}


def peripherals(board: Board, _console: object, _cycles: Callable[[], int]) -> list[Peripheral]:
    """The machine's peripherals, as the virtual board asks a chip's module for them."""
    uart = board.settings["witness_uart"]
    if board.chip == "virt":
        return [_Uart16550(uart), _MachineTimer(), _Finisher()]
    return [cortex_m.SystemControl(), _Uart(uart), _SysTick()]


def control_registers(_cycles: Callable[[], int]) -> Peripheral:
    """What the virtual board asks for on RISC-V."""
    return _NoRegisters("csr", 0)


def boot(board: Board, engine: unicorn.Uc) -> Start:
    """Return where the processor begins: at the image's first instruction, or where its vector table says."""
    if board.chip == "virt":
        return Start(pc=board.flash.origin, stack_top=board.rams[0].end)
    stack_top, reset = struct.unpack("<II", engine.mem_read(board.flash.origin, 8))
    return Start(reset & ~1, stack_top)
