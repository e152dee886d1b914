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

import capstone
import unicorn
from capstone import arm
from unicorn import arm_const

from firmware.board import Board, Region
from firmware.emulator.bus import Bus, BusError
from firmware.emulator.console import Console
from firmware.emulator.cost import UnknownInstruction, cost_model
from firmware.emulator.counter import NEVER_CYCLES, Counter
from firmware.emulator.image import Image
from firmware.emulator.pace import Pace
from firmware.emulator.unmodelled import Unmodelled

_CPU = {
    "cortex-m0plus": arm_const.UC_CPU_ARM_CORTEX_M0,
    "cortex-m4": arm_const.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm_const.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33": arm_const.UC_CPU_ARM_CORTEX_M33,
}
_PERMISSIONS = {"flash": unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC, "ram": unicorn.UC_PROT_ALL}
_NOWHERE = 0xFFFF_FFFE  # an address that is never executed: run until stopped
# What memory holds before anything is written: erased flash, and RAM that no start-up code may take for zero.
_FILL = {"flash": b"\xff", "ram": b"\xa5"}

# Exceptions as Unicorn numbers them.
_EXCEPTIONS = {
    2: "SVC executed, which has no handler",
    4: "unaligned access, on which this core faults",
    7: "BKPT executed",
}


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
        self._unmodelled = Unmodelled(lambda block: self._decode(*block)) if lenient else None
        self._image = image
        self._stop: tuple[str, int | None] | None = None
        self._failure: Exception | None = None
        self._memory: dict[str, mmap.mmap] = {}
        self._cost = cost_model(board.core)
        self._decoder = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
        self._decoder.detail = True
        # Not UC_MODE_MCLASS: it makes every core a Cortex-M33, which does unaligned accesses an M0+ faults on.
        self.engine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        self.engine.ctl_set_cpu_model(_CPU[board.core])
        # These cores have no MMU, and this mode makes stores twenty times faster.
        self.engine.ctl_set_tlb_mode(unicorn.UC_TLB_VIRTUAL)
        self._map_memory()
        self.counter = Counter(self.engine, self._price, self._event)
        self._pace = Pace(self.counter, board.clock_hz, board.console.baud) if realtime else None
        self.console = Console(lambda: self.counter.cycles, self._pace)
        chip = importlib.import_module(f"firmware.chips.{board.chip}.virtual")
        self.bus = Bus(chip.peripherals(board, self.console, lambda: self.counter.cycles))
        self._map_bus()
        # Some chips have a boot ROM that comes before the image.
        self._start = chip.boot(board, self.engine) if hasattr(chip, "boot") else image.start
        self.engine.hook_add(unicorn.UC_HOOK_INTR, self._exception)

    def _map_memory(self) -> None:
        """Map every region at its real address, with the image programmed into flash."""
        for region in self.board.memory:
            memory = mmap.mmap(-1, region.size_bytes)
            memory[:] = _FILL[region.kind] * region.size_bytes
            if region.kind == "flash":
                for segment in self._image.segments:
                    if region.origin <= segment.address < region.end:
                        start = segment.address - region.origin
                        memory[start : start + len(segment.data)] = segment.data
            self._memory[region.name] = memory
            self.engine.mem_map_ptr(region.origin, region.size_bytes, _PERMISSIONS[region.kind], self._host(region))

    def _host(self, region: Region) -> int:
        """Return the host address of a region's memory."""
        return ctypes.addressof(ctypes.c_char.from_buffer(self._memory[region.name]))

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
        self.engine.reg_write(arm_const.UC_ARM_REG_SP, self._start.stack_top)
        error = None
        self._plan()
        try:
            self.engine.emu_start(self._start.pc | 1, _NOWHERE)
        except unicorn.UcError as failure:
            error = failure
        if self._failure:
            raise self._failure
        pc = self.engine.reg_read(arm_const.UC_ARM_REG_PC)
        reason, at = self._stop or (self._explain(error, pc), pc)
        self._settle(pc)
        self.console.flush()
        at = pc if at is None else at
        raise BoardStopped(reason, at, self._image.where(at))

    def _explain(self, error: unicorn.UcError | None, pc: int) -> str:
        """Return why the engine stopped at `pc` on its own."""
        if error is None:
            return "waits for an interrupt (WFI or WFE), and none is modelled"
        if error.errno == unicorn.UC_ERR_WRITE_PROT:
            return f"write to {self._operand_address(pc)}, flash is read-only"
        if error.errno == unicorn.UC_ERR_FETCH_PROT:
            return "execution outside flash and RAM"
        return f"undefined instruction ({error})"

    def _operand_address(self, pc: int) -> str:
        """Return the address that the load or store at `pc` is about to use; "flash" if it has a register list."""
        instruction = self._decode(pc, 4)[0]
        operand = next((o for o in instruction.operands if o.type == arm.ARM_OP_MEM), None)
        if operand is None:
            return "flash"
        memory = operand.mem
        address = self._register(instruction.reg_name(memory.base))
        if memory.index:
            address += self._register(instruction.reg_name(memory.index)) << operand.shift.value
        if not instruction.post_index:
            address += memory.disp
        return f"0x{address & 0xFFFF_FFFF:08x}"

    def _register(self, name: str) -> int:
        aliases = {"sb": "R9", "sl": "R10", "fp": "R11", "ip": "R12"}
        return self.engine.reg_read(getattr(arm_const, f"UC_ARM_REG_{aliases.get(name, name.upper())}"))

    def _halt(self, reason: str, pc: int | None) -> None:
        """Ask the engine to stop; the first reason counts. Without `pc` it is where the engine then stops."""
        self._stop = self._stop or (reason, pc)
        self.engine.emu_stop()

    def _decode(self, address: int, size: int) -> list[capstone.CsInsn]:
        return list(self._decoder.disasm(bytes(self.engine.mem_read(address, size)), address))

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
        instructions = self._decode(address, size)
        cost = self._cost.block(instructions)
        decoded = sum(instruction.size for instruction in instructions)
        if decoded != size:
            return self._halt("undefined instruction", address + decoded)
        floating = next((i for i in instructions if i.mnemonic.startswith("v")), None)
        if floating and not self.bus["scb"].fpu_enabled:
            return self._halt("floating-point instruction before CPACR enables the unit", floating.address)
        self.counter.enter((address, size), len(instructions), cost, self._live(address))

    def _live(self, address: int) -> int | None:
        """Return the host address of code in RAM, which can change; None for code in flash."""
        region = next((ram for ram in self.board.rams if ram.origin <= address < ram.end), None)
        return self._host(region) + address - region.origin if region else None

    def _settle(self, pc: int) -> None:
        """Count what was executed of the current block before `pc`, where the engine stopped."""
        start, size = self.counter.block
        inside = start <= pc <= start + size
        done = [i for i in self._decode(start, size) if not inside or i.address < pc]
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

    def _exception(self, engine: unicorn.Uc, number: int, _: None) -> None:
        reason = _EXCEPTIONS.get(number, f"exception {number}, which has no handler")
        self._halt(reason, engine.reg_read(arm_const.UC_ARM_REG_PC))

    def close(self) -> None:
        """Close the console and free the counting tables."""
        self.console.close()
        self.counter.close()
