"""Cortex-M: Thumb code. What exceptions do is in exceptions.py; a fault stops the board."""

from collections.abc import Callable

import capstone
import unicorn
from capstone import arm
from unicorn import arm_const

from firmware.emulator.bus import Bus
from firmware.emulator.loads import Effect, Value, thumb
from firmware.emulator.processors import ProcessorFamily

_CPU = {
    "cortex-m0plus": arm_const.UC_CPU_ARM_CORTEX_M0,
    "cortex-m4": arm_const.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm_const.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33": arm_const.UC_CPU_ARM_CORTEX_M33,
}

# Names in capstone that Unicorn lacks.
_ALIASES = {"sb": "R9", "sl": "R10", "fp": "R11", "ip": "R12"}
_WFE = b"\x20\xbf"
# Exceptions as Unicorn numbers them.
_EXCEPTIONS = {
    2: "SVC executed, which has no handler",
    4: "unaligned access, on which this core faults",
    7: "BKPT executed",
}


class Processor(ProcessorFamily):
    """A Cortex-M core."""

    pc_register = arm_const.UC_ARM_REG_PC
    stack_register = arm_const.UC_ARM_REG_SP
    code_bit = 1

    def _decoder(self) -> capstone.Cs:
        return capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)

    def _engine(self) -> unicorn.Uc:
        # Not UC_MODE_MCLASS: it makes every core a Cortex-M33, which does unaligned accesses an M0+ faults on.
        engine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        engine.ctl_set_cpu_model(_CPU[self.core.name])
        return engine

    def effect(self, instruction: capstone.CsInsn, value: Value, fixed: Callable[[int], int | None]) -> Effect:
        """See ProcessorFamily."""
        return thumb.effect(instruction, value, fixed)

    def unicorn_register(self, register: int) -> int:
        """See ProcessorFamily."""
        name = self.decoder.reg_name(register)
        return getattr(arm_const, f"UC_ARM_REG_{_ALIASES.get(name, name.upper())}")

    def run(self, pc: int) -> unicorn.UcError | None:
        """Unicorn gives up at WFE, which may always end at once: its event can have come (DDI 0403E B1.5.18)."""
        while (error := super().run(pc)) is not None and error.errno == unicorn.UC_ERR_INSN_INVALID:
            pc = self.pc
            if bytes(self.engine.mem_read(pc - 2, 2)) != _WFE:
                break
        return error

    def refusal(self, instructions: list[capstone.CsInsn], bus: Bus) -> tuple[str, int] | None:
        """Floating point needs the unit to be enabled."""
        floating = next((i for i in instructions if i.mnemonic.startswith("v")), None)
        if floating and not bus["scb"].fpu_enabled:
            return "floating-point instruction before CPACR enables the unit", floating.address
        return None

    def exception(self, number: int, _: tuple[int, int]) -> tuple[str, int | None] | None:
        """Every exception that comes here stops the board."""
        return _EXCEPTIONS.get(number, f"exception {number}, which has no handler"), self.pc

    def _operand_address(self, pc: int) -> str:
        instruction = self.decode(pc, 4)[0]
        operand = next((o for o in instruction.operands if o.type == arm.ARM_OP_MEM), None)
        if operand is None:
            return "flash"
        memory = operand.mem
        address = self._register(memory.base)
        if memory.index:
            address += self._register(memory.index) << operand.shift.value
        if not instruction.post_index:
            address += memory.disp
        return f"0x{address & 0xFFFF_FFFF:08x}"

    def _register(self, register: int) -> int:
        return self.engine.reg_read(self.unicorn_register(register))
