"""Cortex-M4 with FPU (ARMv7E-M): cycles from Arm 100166 tables 3-1 and 7-1, and what neighbours do to each other.

Sources of the rules between neighbours, cited where they stand:
[TRM] Arm 100166 (and DDI 0439D), section 3.3.3, load/store timings, and chapter 7, floating-point unit
[TI] SWCU185G, which repeats them for the CC2652
[jnk0le] github.com/jnk0le/random, pipeline cycle test/doc/cortex_m3m4.md: measured on an STM32F407
[Pornin] github.com/pornin/arm-asm-notes, memory.md: experience with Cortex-M4 routines
[i-0] compendium.i-0.nl/docs/instruction-alignment/rules: measured with the counters of a Cortex-M4

Where a table gives a range, the choice made is stated at the entry. A division takes 2 to 12 cycles by its operands,
which are not known when a block is priced. Wait states of memory come on top (memory.c).
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
    nop yield sev wfe wfi svc udf clrex cps mrs msr bkpt pld
    vabs vadd vcmp vcmpe vcvt vcvtr vcvtb vcvtt vmrs vmsr vmul vneg vnmul vsub
"""

# Name to cycles, for instructions that never branch and have no register list.
_CYCLES = {
    **thumb.each(_ONE_CYCLE, 1),
    **thumb.each("ldr ldrb ldrh ldrsb ldrsh ldrt ldrbt ldrht ldrsbt ldrsht ldrex ldrexb ldrexh", 2),
    **thumb.each("strex strexb strexh strt strbt strht", 2),
    **thumb.each("ldrd strd", 3),
    "it": 1,
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
LISTS = {**thumb.each("push pop vpush vpop", 0), **thumb.each("ldm ldmdb stm stmdb vldmia vldmdb vstmia vstmdb", 1)}
_STORES = ("str", "strb", "strh")

MULTIPLY_ACCUMULATE = frozenset(["vmla", "vmls", "vnmla", "vnmls", "vfma", "vfms", "vfnma", "vfnms"])
RESULT_LATE = MULTIPLY_ACCUMULATE | frozenset(
    ["vadd", "vsub", "vmul", "vnmul", "vdiv", "vsqrt", "vcvt", "vcvtr", "vcvtb", "vcvtt"]
)
_BESIDE_INTEGERS = frozenset({"vdiv", "vsqrt"})
_NO_RESULT = frozenset(["cmp", "cmn", "tst", "teq", "it", "nop"])


class Model(CostModel):
    """Tables 3-1 and 7-1 of Arm 100166; N of a register list counts 32-bit words."""

    core = "cortex-m4"
    cycles: ClassVar[dict[str, int]] = _CYCLES
    fetch_ahead_bytes = 8  # of the three words of prefetch buffer, two are ahead of the one being decoded

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
        if name in LISTS:
            listed = thumb.registers(instruction)[LISTS[name] :]
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

    def entry(self, instruction: capstone.CsInsn) -> int:
        """A branch to a 32-bit instruction that two words share takes a cycle more [i-0]."""
        return int(thumb.unaligned_wide(instruction))

    def behind(self, instructions: list[capstone.CsInsn], index: int) -> int:
        """Return what the rules between neighbours add and save."""
        before, instruction = instructions[index - 1], instructions[index]
        name = thumb.name(instruction)
        if name == "it":
            return -1 if before.size == 2 else 0  # folded onto it [TRM table 3-1, note e]
        cycles = _fetch_delay(instructions, index)
        if name in thumb.LOADS or name in thumb.STORES:
            cycles += _memory_delay(instructions, index)
        if name.startswith("v"):
            return cycles + _result_delay(before, instruction)
        return cycles - self._beside_division(instructions, index)

    def _beside_division(self, instructions: list[capstone.CsInsn], index: int) -> int:
        """Return the cycles that an integer instruction spends while VDIV or VSQRT still runs [TRM 7]."""
        left, start = self.cycles["vdiv"] - 1, index - 1
        while start > max(0, index - 1 - left) and not thumb.name(instructions[start]).startswith("v"):
            start -= 1
        if thumb.name(instructions[start]) not in _BESIDE_INTEGERS:
            return 0
        left -= sum(self.instruction(between).cycles for between in instructions[start + 1 : index])
        return max(0, min(left, self.instruction(instructions[index]).cycles))


def _fetch_delay(instructions: list[capstone.CsInsn], index: int) -> int:
    """Three 32-bit instructions in a row that lie across words cost a cycle, once; of stores, four do [i-0]."""
    run = 0
    while run <= index and thumb.unaligned_wide(instructions[index - run]):
        run += 1
    if run > index:  # it began with the block: the branch has paid
        return 0
    names = {thumb.name(instruction) for instruction in instructions[index - run + 1 : index + 1]}
    return int(run == (4 if names <= thumb.STORES else 3))


def _memory_delay(instructions: list[capstone.CsInsn], index: int) -> int:
    """Return what a single load or store costs more, or less, for the instruction before it."""
    before, instruction = instructions[index - 1], instructions[index]
    name, previous = thumb.name(instruction), thumb.name(before)
    address = thumb.address_registers(instruction)
    if previous in thumb.LOADS and not _double(before) and not _double(instruction):
        # Its address phase overlaps the data phase before it, unless the address comes from there [TRM, TI]; that
        # holds for a store too, and a base written back blocks only itself [jnk0le].
        return 0 if address & thumb.written_by(before) else -1
    if previous in thumb.STORES:  # "an extra 1-cycle penalty" [Pornin], for loads only [jnk0le]
        return int(name in thumb.LOADS)
    computed = previous not in thumb.LOADS | thumb.STORES | _NO_RESULT and not previous.startswith("v")
    # "no forwarding path for this scenario" [TRM, TI, jnk0le]
    return int(computed and bool(address & thumb.written_by(before)))


def _double(instruction: capstone.CsInsn) -> bool:
    """True for the load or store of a double-precision register, which is no single one."""
    return thumb.name(instruction).startswith("v") and thumb.words(instruction, thumb.registers(instruction)[0]) == 2


def _result_delay(before: capstone.CsInsn, instruction: capstone.CsInsn) -> int:
    """A floating-point result is there a cycle late, except for the addend of a multiply-accumulate [TRM 7]."""
    if thumb.name(before) not in RESULT_LATE:
        return 0
    read = thumb.read_by(instruction)
    if thumb.name(instruction) in MULTIPLY_ACCUMULATE:
        read = set(thumb.registers(instruction)[1:])
    return int(bool(read & thumb.written_by(before)))
