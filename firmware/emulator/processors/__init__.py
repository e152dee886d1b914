"""What differs between the families of processors: engine, decoder, registers, and what stops them.

One module per family, named as the folder of firmware/chips that they share, with a class `Processor`.
"""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import ClassVar

import capstone
import unicorn

from firmware.core import Core
from firmware.emulator.bus import Bus
from firmware.emulator.loads import Effect, Value


class ProcessorFamily:
    """Base of the families: a core's engine, and how to read what it says. Names are capstone's and Unicorn's."""

    # Unicorn's numbers of the registers, and the bit that an address of code carries.
    pc_register: ClassVar[int]
    stack_register: ClassVar[int]
    code_bit: ClassVar[int] = 0

    def __init__(self, core: Core, chip: ModuleType, cycles: Callable[[], int]):
        self.core = core
        self.decoder = self._decoder()
        self.decoder.detail = True
        self.engine = self._engine()
        # These cores have no MMU, and this mode makes stores twenty times faster.
        self.engine.ctl_set_tlb_mode(unicorn.UC_TLB_VIRTUAL)

    def _decoder(self) -> capstone.Cs:
        raise NotImplementedError

    def _engine(self) -> unicorn.Uc:
        raise NotImplementedError

    @property
    def pc(self) -> int:
        """The program counter."""
        return self.engine.reg_read(self.pc_register)

    def decode(self, address: int, size: int) -> list[capstone.CsInsn]:
        """Return the instructions in `size` bytes at `address`, up to the first that is none."""
        return list(self.decoder.disasm(bytes(self.engine.mem_read(address, size)), address))

    def effect(self, instruction: capstone.CsInsn, value: Value, fixed: Callable[[int], int | None]) -> Effect:
        """Return what an instruction reads from memory and does to pointers; `fixed(address)` is a word in flash."""
        raise NotImplementedError

    def unicorn_register(self, register: int) -> int:
        """Return Unicorn's number of a register for capstone's."""
        raise NotImplementedError

    def run(self, pc: int) -> unicorn.UcError | None:
        """Run from `pc` until something stops the engine; return Unicorn's error if that was one."""
        nowhere = 0xFFFF_FFFE  # an address that is never executed
        try:
            self.engine.emu_start(pc | self.code_bit, nowhere)
        except unicorn.UcError as error:
            return error
        return None

    def refusal(self, instructions: list[capstone.CsInsn], bus: Bus) -> tuple[str, int] | None:
        """Return why these instructions cannot be executed now, and the address of the first; None if they can."""
        return None

    def explain(self, error: unicorn.UcError | None, pc: int) -> str:
        """Return why the engine stopped at `pc` on its own."""
        if error is None:
            return "waits for an interrupt (WFI), and none is enabled"
        if error.errno == unicorn.UC_ERR_WRITE_PROT:
            return f"write to {self._operand_address(pc)}, flash is read-only"
        if error.errno == unicorn.UC_ERR_FETCH_PROT:
            return "execution outside flash and RAM"
        return f"undefined instruction ({error})"

    def exception(self, number: int, block: tuple[int, int]) -> tuple[str, int | None] | None:
        """Return why exception `number` in the block (address, size) stops the board, and where; None if it goes on."""
        raise NotImplementedError

    def _operand_address(self, pc: int) -> str:
        """Return the address that the load or store at `pc` is about to use; "flash" if it has a register list."""
        raise NotImplementedError


def processor(core: Core, chip: ModuleType, cycles: Callable[[], int]) -> ProcessorFamily:
    """Return a processor in reset; `chip` is its chip's module virtual.py, which may add registers to it."""
    return importlib.import_module(f"{__name__}.{core.family}").Processor(core, chip, cycles)
