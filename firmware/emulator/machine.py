"""The virtual board: a Unicorn CPU with the board's real memory map, its chip's registers, and counting.

It runs until something stops it, and says what, where and in which function. It stops for: an access outside flash, RAM
and modelled registers; a write to flash; an instruction that the core's cost table does not have, or a floating-point
one before CPACR enables the unit; any exception, since handlers are not modelled. A lenient board lists registers that
are not modelled and goes on: they read as zero and ignore writes.
"""

import ctypes
import importlib
import mmap
from typing import NoReturn

import unicorn

from firmware.board import Board
from firmware.emulator.bus import Bus, BusError
from firmware.emulator.console import Console
from firmware.emulator.cost import UnknownInstruction, cost_model
from firmware.emulator.counter import NEVER_CYCLES, Counter
from firmware.emulator.image import Image
from firmware.emulator.pace import Pace
from firmware.emulator.processors import processor
from firmware.emulator.unmodelled import Unmodelled

_PERMISSIONS = {"flash": unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC, "ram": unicorn.UC_PROT_ALL}
# What memory holds before anything is written: erased flash, and RAM that no start-up code may take for zero.
_FILL = {"flash": b"\xff", "ram": b"\xa5"}


class BoardStopped(Exception):
    """The virtual board cannot go on. `reason` says why, `pc` where."""

    def __init__(self, reason: str, pc: int, where: str):
        self.reason = reason
        self.pc = pc
        super().__init__(f"{reason}, at pc {where}")


class VirtualBoard:
    """A board with an image in its flash, just reset. `run` lets it go."""

    def __init__(self, board: Board, image: Image, lenient: bool = False, realtime: bool = False):
        self.board = board
        self._unmodelled = Unmodelled(lambda block: self.processor.decode(*block)) if lenient else None
        self._image = image
        self._stop: tuple[str, int | None] | None = None
        self._failure: Exception | None = None
        self._memory: dict[str, mmap.mmap] = {}
        self._cost = cost_model(board.core)
        chip = importlib.import_module(f"firmware.chips.{board.chip}.virtual")
        self.processor = processor(board.target, chip, lambda: self.counter.cycles)
        self.engine = self.processor.engine
        self._map_memory()
        self.counter = Counter(self.engine, self._price, self._event)
        self._pace = Pace(self.counter, board.clock_hz, board.console.baud) if realtime else None
        self.console = Console(lambda: self.counter.cycles, self._pace)
        self.bus = Bus(chip.peripherals(board, self.console, lambda: self.counter.cycles))
        self._map_bus()
        # Some chips have a boot ROM that comes before the image.
        self._start = chip.boot(board, self.engine) if hasattr(chip, "boot") else image.start
        self.engine.hook_add(unicorn.UC_HOOK_INTR, self._exception)

    def _map_memory(self) -> None:
        """Map every region at its real address, with the image programmed into flash."""
        for region in self.board.memory:
            if region.view_of:
                continue
            memory = mmap.mmap(-1, region.size_bytes)
            memory[:] = _FILL[region.kind] * region.size_bytes
            if region.kind == "flash":
                for segment in self._image.segments:
                    if region.origin <= segment.address < region.end:
                        start = segment.address - region.origin
                        memory[start : start + len(segment.data)] = segment.data
            self._memory[region.name] = memory
        for region in self.board.memory:
            host = self._host(region.view_of or region.name)
            self.engine.mem_map_ptr(region.origin, region.size_bytes, _PERMISSIONS[region.kind], host)

    def _host(self, region: str) -> int:
        """Return the host address of a region's memory."""
        return ctypes.addressof(ctypes.c_char.from_buffer(self._memory[region]))

    def _map_bus(self) -> None:
        """Everything outside flash and RAM is the bus, which refuses what it does not know.

        Unicorn's own hooks for unmapped memory would put every store on its slow path, ten times slower.
        """
        regions = sorted(self.board.memory, key=lambda region: region.origin)
        for start, end in zip([0, *(r.end for r in regions)], [*(r.origin for r in regions), 1 << 32], strict=True):
            if start < end:
                self.engine.mmio_map(start, end - start, self._read, start, self._write, start)

    def run(self) -> NoReturn:
        """Start where the reset leads and run until something stops the board; raises BoardStopped."""
        self._plan()
        self._plan()
        error = self.processor.run(self._start.pc, self._start.stack_top)
        if self._failure:
            raise self._failure
        pc = self.processor.pc
        reason, at = self._stop or (self.processor.explain(error, pc), pc)
        self._settle(pc)
        self.console.flush()
        at = pc if at is None else at
        raise BoardStopped(reason, at, self._image.where(at))

    def _halt(self, reason: str, pc: int | None) -> None:
        """Ask the engine to stop; the first reason counts. Without `pc` it is where the engine then stops."""
        self._stop = self._stop or (reason, pc)
        self.engine.emu_stop()

    def _price(self, address: int, size: int) -> None:
        """Price a block that is about to be executed for the first time."""
        try:
            self._enter_block(address, size)
        except UnknownInstruction as error:
            self._halt(str(error), error.address)
        except Exception as error:  # it cannot cross the C hook: `run` raises it
            self._failure = error
            self.engine.emu_stop()

    def _event(self) -> bool:
        """Do what is due between two blocks; True if the engine was stopped before the second."""
        self._pace.hold()
        self._plan()
        return False

    def _plan(self) -> None:
        """Ask to be called again when something is due."""
        self.counter.call_at(self._pace.next_cycles if self._pace else NEVER_CYCLES)

    def _enter_block(self, address: int, size: int) -> None:
        instructions = self.processor.decode(address, size)
        cost = self._cost.block(instructions)
        decoded = sum(instruction.size for instruction in instructions)
        if decoded != size:
            return self._halt("undefined instruction", address + decoded)
        refusal = self.processor.refusal(instructions, self.bus)
        if refusal:
            return self._halt(*refusal)
        self.counter.enter((address, size), len(instructions), cost, self._live(address))

    def _live(self, address: int) -> int | None:
        """Return the host address of code in RAM, which can change; None for code in flash."""
        region = next((ram for ram in self.board.rams if ram.origin <= address < ram.end), None)
        return self._host(region.name) + address - region.origin if region else None

    def _settle(self, pc: int) -> None:
        """Count what was executed of the current block before `pc`, where the engine stopped."""
        start, size = self.counter.block
        inside = start <= pc <= start + size
        done = [i for i in self.processor.decode(start, size) if not inside or i.address < pc]
        cost = self._cost.block(done)
        self.counter.settle(len(done), cost.cycles + (0 if inside else cost.taken_cycles))

    def _read(self, _engine: unicorn.Uc, offset: int, size: int, start: int) -> int:
        address = start + offset
        try:
            return self.bus.find(address).read(address, size)
        except BusError as error:
            self._refuse("read", size, address, str(error))
            return 0

    def _write(self, _engine: unicorn.Uc, offset: int, size: int, value: int, start: int) -> None:
        address = start + offset
        try:
            self.bus.find(address).write(address, size, value)
        except BusError as error:
            self._refuse("write", size, address, str(error))

    def _refuse(self, kind: str, size: int, address: int, reason: str) -> None:
        if self._unmodelled:
            self._unmodelled.add(kind, size, address, reason, self.counter.block)
        else:
            # After a stop inside an access the engine's pc is that of the accessing instruction; now it is not.
            self._halt(f"{kind} of {size} bytes at 0x{address:08x}, {reason}", None)

    def report(self) -> list[str]:
        """Return what a lenient board has to say: a line for every register that it lacked, and where."""
        return self._unmodelled.report(self._image.where) if self._unmodelled else []

    def _exception(self, _engine: unicorn.Uc, number: int, _: None) -> None:
        stop = self.processor.exception(number, self.counter.block)
        if stop:
            self._halt(*stop)

    def close(self) -> None:
        """Close the console and free the counting tables."""
        self.console.close()
        self.counter.close()
