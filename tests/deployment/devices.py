"""Devices for tests of updates: a bootloader, keys, signed images, and slots that can be filled at will."""

import functools
import random
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

from firmware.board import Board, load_board
from firmware.bootloader import REFUSALS, build_bootloader
from firmware.emulator.flash import Power
from firmware.emulator.image import Image, read_image
from firmware.emulator.machine import BoardReset, BoardStopped, VirtualBoard
from firmware.emulator.program import build_program
from scripts.deployment.keys import make_keys, public_keys
from scripts.deployment.signing import Release, sign
from tests.unit.emulator_programs import ideal

# What a small image does. Asleep, the time until the watchdog's bite costs nothing.
STOPS, HANGS = '__asm volatile("bkpt #7");', 'for (;;) __asm volatile("wfi");'
MAGIC = bytes.fromhex("77c295f360d2ef7f3552500f2cb67980")  # mcu-tools/mcuboot, docs/design.md
NOT_LOOKED_AT = 255
_SCRATCH = tempfile.TemporaryDirectory(prefix="boardwalk-devices-")
FOLDER = Path(_SCRATCH.name)


@functools.cache
def keys(name: str = "keys") -> Path:
    """A folder with a signing and a reserve key."""
    make_keys(FOLDER / name)
    return FOLDER / name


@functools.cache
def board(name: str) -> Board:
    """A board whose memories answer at once."""
    return ideal(load_board(name))


@functools.cache
def bootloader(name: str) -> Image:
    """The board's bootloader, trusting `keys()`."""
    elf = FOLDER / f"{name}.boot.elf"
    build_bootloader(board(name), public_keys(keys()), elf)
    return read_image(elf, board(name))


@functools.cache
def program(name: str, slot: int, does: str) -> Path:
    """A small image that does as it is told."""
    elf = FOLDER / f"{name}.{slot}.{does == HANGS}.elf"
    return build_program(board(name).for_slot(slot), f"int main(void) {{ {does} return 0; }}", elf)


@functools.cache
def signed(
    name: str,
    slot: int,
    counter: int = 1,
    key: str = "keys/signing",
    confirmed: bool = False,
    version: str = "1.0.0",
    does: str = STOPS,
) -> bytes:
    """A small image, signed for its slot; it stops the board at once."""
    folder, _, stem = key.partition("/")
    release = Release(version, counter, bytes(8))
    return sign(program(name, slot, does), board(name), slot, release, keys(folder) / f"{stem}.pem", confirmed)


@dataclass(frozen=True)
class Boot:
    """What the bootloader did: the slot it started (None for none), why it refused each, and what resets it counted."""

    slot: int | None
    refusals: list[str | None]
    resets: tuple[int, ...]
    stop: BoardStopped


class Device:
    """A board with a bootloader, whose slots can be written past it."""

    def __init__(self, name: str):
        self.board = board(name)
        self.machine = VirtualBoard(self.board, bootloader(name))
        self._fresh = True

    def put(self, address: int, content: bytes) -> None:
        """Set the contents of flash."""
        flash = self.machine._memory[self.board.flash.name]
        start = address - self.board.flash.origin
        flash[start : start + len(content)] = content

    def get(self, address: int, size: int) -> bytes:
        """Return contents of flash."""
        flash = self.machine._memory[self.board.flash.name]
        start = address - self.board.flash.origin
        return flash[start : start + size]

    def fill(self, slot: int, image: bytes, pending: bool = False) -> None:
        """Erase a slot and put an image into it, waiting for its trial if `pending`."""
        slots = self.board.slots
        self.put(slots.origins[slot], (image + b"\xff" * slots.size_bytes)[: slots.size_bytes])
        if pending:
            self.put(slots.origins[slot] + slots.size_bytes - 16, MAGIC)

    def boot(self, cut_after: int | None = None, seed: int = 0, cold: bool = True) -> Boot:
        """Let the board start until its image stops it; a power cut is followed by another start."""
        if not self._fresh:
            self.machine = self.machine.restart("power" if cold else "software")
        self._fresh = False
        self.machine.power.__dict__.update(vars(Power(cut_after, random.Random(seed))))
        while True:
            try:
                self.machine.run()
            except BoardReset as stop:
                self.machine = self.machine.restart(stop.cause)
            except BoardStopped as stop:
                return self._boot(stop)

    def _boot(self, stop: BoardStopped) -> Boot:
        ram = self.board.rams[0]
        handoff = self.machine._memory[ram.name][ram.size_bytes - 64 :]
        _, slot, *refusals, _, power, pin, software, watchdog = struct.unpack_from("<IBBBBIIII", handoff)
        reasons = [None if code == NOT_LOOKED_AT else REFUSALS[code] for code in refusals]
        slots = self.board.slots
        inside = slots.origins[slot & 1] <= stop.pc < slots.origins[slot & 1] + slots.size_bytes
        return Boot(slot if inside else None, reasons, (power, pin, software, watchdog), stop)

    def close(self) -> None:
        """Free the board."""
        self.machine.close()
