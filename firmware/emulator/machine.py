"""The virtual board: a Unicorn CPU with the board's real memory map, its chip's registers, and counting.

It runs until something stops it, and says what, where and in which function. It stops for: an access outside flash, RAM
and modelled registers; a write to flash; an instruction that the core's cost table does not have, or a floating-point
one before CPACR enables the unit; a fault, a call without a handler, sleep that nothing would end. A lenient board
lists registers that are not modelled and goes on: they read as zero and ignore writes.
"""

import ctypes
import importlib
import mmap
from collections.abc import Callable
from types import ModuleType
from typing import NoReturn

import capstone
import unicorn

from firmware.board import Board
from firmware.emulator.bus import Bus, BusError, Peripheral, PowerCut, ResetAsked
from firmware.emulator.console import Console
from firmware.emulator.cost import Cost, UnknownInstruction, cost_model
from firmware.emulator.cost.lines import fetches
from firmware.emulator.counter import NEVER_CYCLES, Counter
from firmware.emulator.exceptions import Exceptions, core_peripherals
from firmware.emulator.flash import Array, FlashController, Power
from firmware.emulator.image import Image
from firmware.emulator.loads import Effect, Value, parts
from firmware.emulator.pace import Pace
from firmware.emulator.processors import processor
from firmware.emulator.unmodelled import Unmodelled

_PERMISSIONS = {"flash": unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC, "ram": unicorn.UC_PROT_ALL}
# What memory holds before anything is written: erased flash, and RAM that no start-up code may take for zero.
_FILL = {"flash": b"\xff", "ram": b"\xa5"}

# What blocks are and cost, by core, address and contents: a board that is reset finds most of them again.
_PRICES: dict[tuple[str, int, bytes], tuple[list[capstone.CsInsn], Cost]] = {}

# Exceptions that need not stop a Cortex-M, as Unicorn numbers them.
_SVC, _EXCEPTION_EXIT = 2, 8


class BoardStopped(Exception):
    """The virtual board cannot go on. `reason` says why, `pc` where."""

    def __init__(self, reason: str, pc: int, where: str):
        self.reason = reason
        self.pc = pc
        super().__init__(f"{reason}, at pc {where}")


class BoardReset(BoardStopped):
    """The board was reset by `cause`: "software", "watchdog" or "power". `VirtualBoard.restart` gives what follows."""

    cause: str


class VirtualBoard:
    """A board with an image in its flash, just reset. `run` lets it go.

    `memory` are the contents of regions by name, if not what the image says; `power` may fail while flash is written.
    """

    def __init__(
        self,
        board: Board,
        image: Image,
        lenient: bool = False,
        realtime: bool = False,
        memory: dict[str, mmap.mmap] | None = None,
        power: Power | None = None,
        console: Console | None = None,
    ):
        self.board = board
        self.power = power or Power()
        self._options = lenient, realtime
        self._unmodelled = Unmodelled(lambda block: self.processor.decode(*block)) if lenient else None
        self._image = image
        self._stop: tuple[str, int | None] | None = None
        self._reset: str | None = None
        self._switched_off = False
        self._failure: Exception | None = None
        self._memory = memory or {}
        self._stored: tuple[int, bytes] | None = None
        self._cost = cost_model(board.core)
        chip = importlib.import_module(f"firmware.chips.{board.chip}.virtual")
        self.processor = processor(board.target, chip, lambda: self.counter.cycles)
        self.engine = self.processor.engine
        self._map_memory()
        self.counter = Counter(self.engine, board, self._price, self._event, self.processor.unicorn_register)
        self._pace = Pace(self.counter, board.clock_hz, board.console.baud) if realtime else None
        self.console = console or Console(lambda: self.counter.cycles, self._pace)
        self.console.serve(lambda: self.counter.cycles, self._pace)
        peripherals = chip.peripherals(board, self.console, lambda: self.counter.cycles)
        takes_exceptions = board.target.family == "cortex_m"
        if takes_exceptions:
            peripherals += core_peripherals(board, peripherals, lambda: self.counter.cycles)
        self.bus = Bus(peripherals)
        self._controller = next((p for p in peripherals if isinstance(p, FlashController)), None)
        self._watchdogs = [p for p in peripherals if hasattr(p, "bites_at")]
        if self._controller:
            self._attach_flash(self._controller)
        self._exceptions = (
            Exceptions(board, self.engine, self.counter, self.console, self.bus, _lines(chip, self.bus), image.vectors)
            if takes_exceptions
            else None
        )
        self._goes_on: Callable[[int], int | None] | None = None
        self._map_bus()
        # Some chips have a boot ROM that comes before the image.
        self._start = chip.boot(board, self.engine) if hasattr(chip, "boot") else image.start
        self.engine.hook_add(unicorn.UC_HOOK_INTR, self._exception)

    def _map_memory(self) -> None:
        """Map every region at its real address, with the image programmed into flash."""
        for region in self.board.memory:
            if region.view_of or region.name in self._memory:
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

    def _attach_flash(self, controller: FlashController) -> None:
        """Let the image's own stores reach flash, by way of the controller."""
        flash = self.board.flash
        memory = memoryview(self._memory[flash.name])
        array = Array(memory, flash.origin, self.power, lambda at, size: self.engine.ctl_remove_cache(at, at + size))
        controller.attach(array, self.board.clock_hz, lambda cycles: self.counter.advance(cycles))
        where = {"begin": flash.origin, "end": flash.end - 1}
        self.engine.hook_add(unicorn.UC_HOOK_MEM_WRITE_PROT, self._store, None, **where)

    def _store(self, _engine: unicorn.Uc, _access: int, address: int, size: int, value: int, _: None) -> bool:
        """Program flash; False if it is locked, so that the engine stops as it does without a controller."""
        self._settle_flash()
        if not self._controller.writable:
            return False
        self._guard(lambda: self._controller.store(address, size, value & (1 << 8 * size) - 1), size, address)
        # The engine now writes the value, as into RAM: what the controller made of it has to come back after that.
        start = address - self.board.flash.origin
        self._stored = start, bytes(self._memory[self.board.flash.name][start : start + size])
        self.counter.call_at(0)
        return True

    def _settle_flash(self) -> None:
        """Bring back what the last store into flash left there."""
        if self._stored:
            (start, content), self._stored = self._stored, None
            self._memory[self.board.flash.name][start : start + len(content)] = content
            address = self.board.flash.origin + start
            self.engine.ctl_remove_cache(address, address + len(content))

    def switch_off(self) -> None:
        """Cut the power as soon as the image reads a register, as one that waits for input does; from any thread."""
        self._switched_off = True

    def restart(self, cause: str, board: Board | None = None) -> "VirtualBoard":
        """Return this board after a reset, its flash and console as they are; RAM too, unless "power" was gone.

        `board` has the same image and memories and may differ in their timing.
        """
        memory, powerless = dict(self._memory), cause == "power"
        for region in self.board.rams if powerless else []:
            memory[region.name][:] = _FILL["ram"] * region.size_bytes
        self.counter.close()
        power = Power() if powerless else self.power
        again = VirtualBoard(board or self.board, self._image, *self._options, memory, power, self.console)
        for peripheral in again.bus.peripherals if not powerless else []:
            if hasattr(peripheral, "after_reset"):
                peripheral.after_reset(cause)
        return again

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
        self.engine.reg_write(self.processor.stack_register, self._start.stack_top)
        next_pc = self._start.pc
        while next_pc is not None:
            self._plan()
            error = self.processor.run(next_pc)
            self._settle_flash()
            if self._failure:
                raise self._failure
            pc = self.processor.pc
            self._settle(pc)
            next_pc = self._resume(error, pc)
        reason, at = self._stop or (self.processor.explain(error, pc), pc)
        self.console.flush()
        at = pc if at is None else at
        if self._reset:
            stop = BoardReset(reason, at, self._image.where(at))
            stop.cause = self._reset
            raise stop
        raise BoardStopped(reason, at, self._image.where(at))

    def _resume(self, error: unicorn.UcError | None, pc: int) -> int | None:
        """Return where to go on after the engine stopped at `pc`; None if it cannot."""
        goes_on, self._goes_on = self._goes_on, None
        if self._stop:
            return None
        if goes_on:
            return goes_on(pc)
        if not self._exceptions:
            return None
        if self._exceptions.returns(pc):
            return self._leave(pc)
        asleep = error is None and self._exceptions.sleep(self._bites_at())
        return self._exceptions.resume(pc) if asleep else None

    def _halt(self, reason: str, pc: int | None) -> None:
        """Ask the engine to stop; the first reason counts. Without `pc` it is where the engine then stops."""
        self._stop = self._stop or (reason, pc)
        self.engine.emu_stop()

    def _price(self, address: int, size: int) -> bool:
        """Price a block that is about to be executed for the first time; False if the engine was stopped before it."""
        try:
            return self._enter_block(address, size)
        except UnknownInstruction as error:
            self._halt(str(error), error.address)
        except Exception as error:  # it cannot cross the C hook: `run` raises it
            self._failure = error
            self.engine.emu_stop()
        return False

    def _event(self) -> bool:
        """Do what is due between two blocks; True if the engine was stopped before the second."""
        try:
            self._settle_flash()
            if self._pace and self.counter.cycles >= self._pace.next_cycles:
                self._pace.hold()
            if self.counter.cycles >= self._bites_at():
                self._reset = "watchdog"
                self._halt("the watchdog was not fed", None)
                return True
            if self._exceptions and self._exceptions.due():
                self._interrupt(self._exceptions.resume)
                return True
            self._plan()
        except Exception as error:  # as in `_price`
            self._failure = error
            self.engine.emu_stop()
            return True
        return False

    def _interrupt(self, goes_on: Callable[[int], int | None]) -> None:
        """Stop the engine for a while; `goes_on(pc)` tells where it continues, or None for nowhere."""
        self._goes_on = goes_on
        self.engine.emu_stop()

    def _plan(self) -> None:
        """Ask to be called again when something is due."""
        pace = self._pace.next_cycles if self._pace else NEVER_CYCLES
        interrupt = self._exceptions.next_cycles() if self._exceptions else NEVER_CYCLES
        self.counter.call_at(min(pace, interrupt, self._bites_at()))

    def _bites_at(self) -> int:
        """Return when the first watchdog resets the board."""
        return min((at for dog in self._watchdogs if (at := dog.bites_at()) is not None), default=NEVER_CYCLES)

    def _enter_block(self, address: int, size: int) -> bool:
        code = bytes(self.engine.mem_read(address, size))
        key = self.board.core, address, code
        if key not in _PRICES:
            instructions = list(self.processor.decoder.disasm(code, address))
            _PRICES[key] = instructions, self._cost.block(instructions)
        instructions, cost = _PRICES[key]
        decoded = instructions[-1].address + instructions[-1].size - address if instructions else 0
        refusal = self.processor.refusal(instructions, self.bus)
        if decoded != size:
            refusal = "undefined instruction", address + decoded
        if refusal:
            self._halt(*refusal)
            return False
        lines = fetches(self.board, instructions, cost, self._cost.fetch_ahead_bytes)
        loads = parts(instructions, self._effect) if self.board.timing else []
        if self.counter.enter((address, size), len(instructions), cost, lines, loads, self._live(address)):
            return True
        self._interrupt(lambda pc: self._translate_again(address, size))
        return False

    def _effect(self, instruction: capstone.CsInsn, value: Value) -> Effect:
        return self.processor.effect(instruction, value, self._fixed)

    def _fixed(self, address: int) -> int | None:
        """Return the word at an address in flash; None where it can change."""
        flash = any(r.kind == "flash" and r.origin <= address <= r.end - 4 for r in self.board.memory)
        return int.from_bytes(self.engine.mem_read(address, 4), "little") if flash else None

    def _translate_again(self, address: int, size: int) -> int:
        self.engine.ctl_remove_cache(address, address + size)
        return address

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
        self._settle_flash()
        if self._switched_off:
            self._reset = "power"
            self._halt("it was switched off", None)
        try:
            return self.bus.find(address).read(address, size)
        except BusError as error:
            self._refuse("read", size, address, str(error))
            return 0

    def _write(self, _engine: unicorn.Uc, offset: int, size: int, value: int, start: int) -> None:
        address = start + offset
        self._settle_flash()
        self._guard(lambda: self.bus.find(address).write(address, size, value), size, address)
        interrupts = self._exceptions and self._exceptions.in_use
        if interrupts or any(dog.base <= address < dog.end for dog in self._watchdogs):
            self.counter.call_at(0)  # the write may have raised a line, changed what is enabled, or started a watchdog

    def _guard(self, write: Callable[[], None], size: int, address: int) -> None:
        """Do what a write does; refusals, resets and power cuts stop the engine."""
        try:
            write()
        except BusError as error:
            self._refuse("write", size, address, str(error))
        except (ResetAsked, PowerCut) as event:
            self._reset = "power" if isinstance(event, PowerCut) else "software"
            self._halt(str(event), None)

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
        if self._exceptions and number in (_SVC, _EXCEPTION_EXIT):
            return self._interrupt(self._call if number == _SVC else self._leave)
        stop = self.processor.exception(number, self.counter.block)
        if stop:
            self._halt(*stop)

    def _call(self, pc: int) -> int | None:
        handler = self._exceptions.call(pc)
        if handler is None:
            self._stop = self.processor.exception(_SVC, self.counter.block)
        return handler

    def _leave(self, pc: int) -> int | None:
        address = self._exceptions.leave(pc)
        if not self._exceptions.sleeps_now:
            return address
        if self._exceptions.sleep(self._bites_at()):
            return self._exceptions.resume(address)
        self._stop = self.processor.explain(None, address), address
        return None

    def close(self) -> None:
        """Close the console and free the counting tables."""
        self.console.close()
        self.counter.close()


def _lines(chip: ModuleType, bus: Bus) -> dict[int, Peripheral]:
    """Return the peripherals with an interrupt by its number; a chip names them in its table INTERRUPTS."""
    return {number: bus[name] for name, number in getattr(chip, "INTERRUPTS", {}).items() if name in bus}
