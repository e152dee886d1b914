"""RV32: control and status registers that are the chip's own, and what stops the board. Traps are not modelled."""

from collections.abc import Callable
from types import ModuleType

import capstone
import unicorn
from capstone import riscv
from unicorn import riscv_const

from firmware.core import Core
from firmware.emulator.bus import BusError
from firmware.emulator.loads import Effect, Value, rv32
from firmware.emulator.processors import ProcessorFamily

_ILLEGAL_INSTRUCTION = 2
_SYSTEM_OPCODE = 0x73
# Exceptions, RISC-V Privileged Architecture table 3.6, that Unicorn reports by number.
_EXCEPTIONS = {4: "unaligned load", 6: "unaligned store", 8: "ECALL executed, which has no handler"}


class Processor(ProcessorFamily):
    """An RV32 core with machine mode only.

    The chip's `control_registers(cycles)` is a peripheral with the control and status registers that it adds, at four
    times their number. Unicorn takes accesses to these for illegal instructions and calls `exception`.
    """

    pc_register = riscv_const.UC_RISCV_REG_PC
    stack_register = riscv_const.UC_RISCV_REG_SP

    def __init__(self, core: Core, chip: ModuleType, cycles: Callable[[], int]):
        super().__init__(core, chip, cycles)
        self.control = chip.control_registers(cycles)

    def _decoder(self) -> capstone.Cs:
        return capstone.Cs(capstone.CS_ARCH_RISCV, capstone.CS_MODE_RISCV32 | capstone.CS_MODE_RISCVC)

    def _engine(self) -> unicorn.Uc:
        return unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)

    def effect(self, instruction: capstone.CsInsn, value: Value, fixed: Callable[[int], int | None]) -> Effect:
        """See ProcessorFamily; constants are no literals here."""
        return rv32.effect(instruction, value)

    def unicorn_register(self, register: int) -> int:
        """See ProcessorFamily."""
        return getattr(riscv_const, f"UC_RISCV_REG_{self.decoder.reg_name(register).upper()}")

    def explain(self, error: unicorn.UcError | None, pc: int) -> str:
        """Unicorn has no exception for EBREAK: it calls it an invalid instruction."""
        if error is not None and error.errno == unicorn.UC_ERR_INSN_INVALID:
            found = self.decode(pc, 4)
            if found and found[0].mnemonic in ("ebreak", "c.ebreak"):
                return "EBREAK executed"
        return super().explain(error, pc)

    def exception(self, number: int, block: tuple[int, int]) -> tuple[str, int | None] | None:
        """Access the chip's own registers; the instruction is the block's last. Everything else stops the board."""
        start, size = block
        address = start + size - 4
        if number != _ILLEGAL_INSTRUCTION:
            return _EXCEPTIONS.get(number, f"exception {number}, which has no handler"), address
        word = int.from_bytes(self.engine.mem_read(address, 4), "little") if size >= 4 else 0
        if word & 0x7F != _SYSTEM_OPCODE or not word >> 12 & 3:
            return "undefined instruction", address
        try:
            self._access_control(word)
        except BusError as error:
            return f"control and status register 0x{word >> 20:03x}, {error}", address
        return None

    def _access_control(self, word: int) -> None:
        """CSRRW, CSRRS and CSRRC, and their immediate forms: RISC-V Unprivileged ISA chapter 9 (Zicsr)."""
        where, source, target, function = 4 * (word >> 20), word >> 15 & 0x1F, word >> 7 & 0x1F, word >> 12 & 7
        operand = source if function & 4 else self._read(source)
        old = self.control.read(where, 4)
        new = {1: operand, 2: old | operand, 3: old & ~operand}[function & 3]
        if function & 3 == 1 or source:
            self.control.write(where, 4, new & 0xFFFF_FFFF)
        if target:
            self.engine.reg_write(riscv_const.UC_RISCV_REG_X0 + target, old)

    def _read(self, register: int) -> int:
        return self.engine.reg_read(riscv_const.UC_RISCV_REG_X0 + register) if register else 0

    def _operand_address(self, pc: int) -> str:
        instruction = self.decode(pc, 4)[0]
        operand = next((o for o in instruction.operands if o.type == riscv.RISCV_OP_MEM), None)
        if operand is None:
            return "flash"
        base = self.unicorn_register(operand.mem.base)
        return f"0x{self.engine.reg_read(base) + operand.mem.disp & 0xFFFF_FFFF:08x}"
