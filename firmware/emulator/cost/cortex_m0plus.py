"""Cortex-M0+ (ARMv6-M): cycles from DDI 0484C table 3-1, zero wait states, single-cycle multiplier.

Refuses every instruction outside ARMv6-M: of the 32-bit encodings only BL, MRS, MSR, DMB, DSB and ISB exist
[DDI 0419, A5.3].
"""

import capstone

from firmware.emulator.cost import Cost, CostModel, UnknownInstruction, thumb

_WIDE = frozenset({"bl", "mrs", "msr", "dmb", "dsb", "isb"})

# Name to cycles, for instructions that never branch.
_CYCLES = {
    **thumb.each("adc add adr and asr bic cmn cmp eor lsl lsr mov mul mvn neg orr ror rsb sbc sub tst", 1),
    **thumb.each("rev rev16 revsh sxtb sxth uxtb uxth", 1),
    **thumb.each("bkpt cps nop sev svc udf yield", 1),
    **thumb.each("wfe wfi", 2),
    **thumb.each("ldr ldrb ldrh ldrsb ldrsh str strb strh", 2),
    **thumb.each("dmb dsb isb mrs msr", 3),
}

# Branches: cycles when taken.
_TAKEN = {"b": 2, "bl": 3, "blx": 2, "bx": 2}


class Model(CostModel):
    """Table 3-1 of DDI 0484C; N counts all registers in the list, program counter and link register included."""

    core = "cortex-m0plus"

    def instruction(self, instruction: capstone.CsInsn) -> Cost:
        """Return the cycles of one instruction; refuses what is not ARMv6-M."""
        name = thumb.name(instruction)
        if instruction.size == 4 and name not in _WIDE:
            raise UnknownInstruction(instruction, self.core)
        if name in _TAKEN:
            return Cost(1, _TAKEN[name] - 1) if thumb.conditional(instruction) else Cost(_TAKEN[name])
        if name in ("push", "pop"):
            return Cost(1 + len(thumb.registers(instruction)) + 2 * thumb.writes_pc(instruction))
        if name in ("ldm", "stm"):
            return Cost(len(thumb.registers(instruction)))  # 1 + N, and the base is an operand too
        if name in ("mov", "add") and thumb.writes_pc(instruction):
            return Cost(2)
        if name not in _CYCLES:
            raise UnknownInstruction(instruction, self.core)
        return Cost(_CYCLES[name])
