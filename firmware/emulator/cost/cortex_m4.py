"""Cortex-M4 with FPU (ARMv7E-M): cycles from Arm 100166 tables 3-1 and 7-1, zero wait states.

Where the table gives a range, the choice made is stated at the entry. Loads and stores are not paired yet, and fetching
costs nothing: silicon differs by an error that is not known yet.
"""

from typing import ClassVar

import capstone

from firmware.emulator.cost import Cost, CostModel, UnknownInstruction, thumb

# Pipeline refill P of table 3-1, "between one and three": one for a target known at decode, three for a computed one.
_REFILL_DIRECT = 1
_REFILL_COMPUTED = 3

_ONE_CYCLE = """
    adc add addw adr and asr bic cmn cmp eor lsl lsr mov movt movw mvn neg orn orr ror rrx rsb sbc sub subw teq tst
    mul mla mls smull umull smlal umlal umaal
    smulbb smulbt smultb smultt smulwb smulwt smlabb smlabt smlatb smlatt smlawb smlawt
    smlalbb smlalbt smlaltb smlaltt smlald smlaldx smlsld smlsldx smlad smladx smlsd smlsdx
    smuad smuadx smusd smusdx smmul smmulr smmla smmlar smmls smmlsr
    ssat ssat16 usat usat16 qadd qsub qdadd qdsub
    sadd8 sadd16 ssub8 ssub16 sasx ssax uadd8 uadd16 usub8 usub16 uasx usax
    qadd8 qadd16 qsub8 qsub16 qasx qsax uqadd8 uqadd16 uqsub8 uqsub16 uqasx uqsax
    shadd8 shadd16 shsub8 shsub16 shasx shsax uhadd8 uhadd16 uhsub8 uhsub16 uhasx uhsax
    usad8 usada8 sel pkhbt pkhtb clz rbit rev rev16 revsh bfc bfi sbfx ubfx
    sxtb sxth sxtb16 uxtb uxth uxtb16 sxtab sxtah sxtab16 uxtab uxtah uxtab16
    it nop yield sev wfe wfi svc udf clrex cps mrs msr bkpt pld
    vabs vadd vcmp vcmpe vcvt vcvtr vcvtb vcvtt vmrs vmsr vmul vneg vnmul vsub
"""

# Name to cycles, for instructions that never branch and have no register list.
_CYCLES = {
    **thumb.each(_ONE_CYCLE, 1),
    **thumb.each("ldr ldrb ldrh ldrsb ldrsh ldrt ldrbt ldrht ldrsbt ldrsht ldrex ldrexb ldrexh", 2),
    **thumb.each("strex strexb strexh strt strbt strht", 2),
    **thumb.each("ldrd strd", 3),
    **thumb.each("sdiv udiv", 7),  # 2 to 12, by the operands: the middle
    **thumb.each("dmb dsb isb", 4),  # 1 + B, B unspecified: taken as a full refill
    **thumb.each("vmla vmls vnmla vnmls vfma vfms vfnma vfnms", 3),
    **thumb.each("vdiv vsqrt", 14),
}

# Branches: (cycles when not taken, cycles when taken).
_BRANCHES = {
    **thumb.each("b bl cbz cbnz", (1, 1 + _REFILL_DIRECT)),
    **thumb.each("blx bx", (1, 1 + _REFILL_COMPUTED)),
    **thumb.each("tbb tbh", (2, 2 + _REFILL_COMPUTED)),
}

# Register lists: how many operands stand before the list.
_LISTS = {**thumb.each("push pop vpush vpop", 0), **thumb.each("ldm ldmdb stm stmdb vldmia vldmdb vstmia vstmdb", 1)}
_STORES = ("str", "strb", "strh")


class Model(CostModel):
    """Tables 3-1 and 7-1 of Arm 100166; N of a register list counts 32-bit words."""

    core = "cortex-m4"
    cycles: ClassVar[dict[str, int]] = _CYCLES

    def instruction(self, instruction: capstone.CsInsn) -> Cost:
        """Return the cycles of one instruction; refuses what the tables do not have, such as double precision."""
        name = thumb.name(instruction)
        if ".f64" in instruction.mnemonic:
            raise UnknownInstruction(instruction, self.core)
        if name in _BRANCHES:
            through, taken = _BRANCHES[name]
            return Cost(through, taken - through) if thumb.conditional(instruction) else Cost(taken)
        cycles = self._straight(name, instruction)
        if not thumb.writes_pc(instruction):
            return Cost(cycles)
        if thumb.conditional(instruction):
            return Cost(1, cycles - 1 + _REFILL_COMPUTED)
        return Cost(cycles + _REFILL_COMPUTED)

    def _straight(self, name: str, instruction: capstone.CsInsn) -> int:
        """Return the cycles without the refill of a branch."""
        if name in _LISTS:
            listed = thumb.registers(instruction)[_LISTS[name] :]
            return 1 + sum(thumb.words(instruction, register) for register in listed)
        if name in _STORES:  # section 3.3.3: a store to an immediate offset always takes one cycle
            return 2 if thumb.indexed_by_register(instruction) else 1
        if name in ("vldr", "vstr"):
            return 1 + thumb.words(instruction, thumb.registers(instruction)[0])
        if name == "vmov":  # one cycle per 32-bit word moved between core and FPU
            return 2 if len(thumb.registers(instruction)) >= 3 else 1
        if name not in self.cycles:
            raise UnknownInstruction(instruction, self.core)
        return self.cycles[name]
