"""Cortex-M33 with DSP extension and FPU (Armv8-M Mainline): one instruction a cycle, results that come late.

Arm publishes no table of instruction timings for it (Arm 100230, Arm 100235). The rules are those that were measured on
an RP2350, github.com/jnk0le/random, pipeline cycle test/doc/cortex_m33.md. Assumed, as nothing was found: a computed
branch empties the pipeline as on the Cortex-M4, VADD and VMUL deliver a cycle late as there, divisions take the middle
of their range, and a branch to a 32-bit instruction that two words share takes a cycle more, as words are fetched.
"""

from typing import ClassVar

import capstone
from capstone import arm

from firmware.emulator.cost import Cost, cortex_m4, thumb

FPV5 = """
    vmaxnm vminnm vseleq vselge vselgt vselvs vrinta vrintm vrintn vrintp vrintr vrintx vrintz vcvta vcvtm vcvtn vcvtp
"""
_EXTEND_AND_ADD = frozenset(["sxtab", "sxtah", "sxtab16", "uxtab", "uxtah", "uxtab16"])
_FLOAT_ACCUMULATE = cortex_m4.MULTIPLY_ACCUMULATE
_FLOAT_CYCLES = 3  # of a multiply-accumulate, during which no other floating-point instruction is issued


class Model(cortex_m4.Model):
    """The instructions of the Cortex-M4 and what Armv8-M Mainline and FPv5 add; times of its own."""

    core = "cortex-m33"
    cycles: ClassVar[dict[str, int]] = {
        **cortex_m4.Model.cycles,
        **thumb.each(FPV5, 1),
        **thumb.each(" ".join(thumb.LOADS), 1),
        **thumb.each("lda ldab ldah stl stlb stlh ldrex ldrexb ldrexh strex strexb strexh", 1),
        **thumb.each("ldrd strd", 2),
        **thumb.each(" ".join(_FLOAT_ACCUMULATE), 1),
    }

    def instruction(self, instruction: capstone.CsInsn) -> Cost:
        """Return the cycles of one instruction whose operands are ready."""
        name = thumb.name(instruction)
        cost = super().instruction(instruction)
        if name in thumb.LOADS | thumb.STORES and not thumb.writes_pc(instruction):
            return Cost(1)
        if name in cortex_m4.LISTS:  # "exactly x cycles"
            return Cost(cost.cycles - 1, cost.taken_cycles)
        if (name == "mul" and instruction.size == 2) or _constant_with_flags(instruction):
            return Cost(2)
        return cost

    def block(self, instructions: list[capstone.CsInsn]) -> Cost:
        """Issue in order, each instruction when its operands are ready."""
        clock, starts, float_free, cost = 0, [], 0, Cost(0)
        ready: dict[int, int] = {}  # register: the cycle from which it can be read
        early: dict[int, int] = {}  # the same as an addend, or for storing it
        for index, instruction in enumerate(instructions):
            cost = self.instruction(instruction)
            before = instructions[index - 1] if index else None
            saved, taken_saved = _beside(before, instruction, cost)
            if not saved:
                clock = max(clock, _operands_ready(instruction, ready, early))
                if thumb.name(instruction).startswith("v"):
                    clock = max(clock, float_free)
            starts.append(clock)
            late = _latency(instruction)
            for register in thumb.written_by(instruction):
                last = clock + _last_cycle(instruction, register, cost)
                ready[register] = last + (1 if register in thumb.written_back(instruction) else late)
                early[register] = last + 1
            if thumb.name(instruction) in _FLOAT_ACCUMULATE:
                float_free = clock + _FLOAT_CYCLES
            clock += cost.cycles - saved
            cost = Cost(cost.cycles, cost.taken_cycles + saved - taken_saved)
        entry = self.entry(instructions[0]) if instructions else 0
        return Cost(clock, cost.taken_cycles, entry, tuple(starts))


def _beside(before: capstone.CsInsn | None, instruction: capstone.CsInsn, cost: Cost) -> tuple[int, int]:
    """Return (cycles saved, cycles saved if it branches) as the second of two instructions issued at once.

    Both are 16 bits long. IT, NOP and a branch can be the second; a taken branch behind flags that were just set not.
    """
    if before is None or before.size == 4 or instruction.size == 4:
        return 0, 0
    name, previous = thumb.name(instruction), thumb.name(before)
    if name == "it":
        return cost.cycles, 0
    if name == "nop" and previous != "nop":
        return cost.cycles, 0
    if name != "b":
        return 0, 0
    return 1, 0 if thumb.sets_flags(before) and thumb.conditional(instruction) else 1


def _operands_ready(instruction: capstone.CsInsn, ready: dict[int, int], early: dict[int, int]) -> int:
    """Return the cycle from which all operands can be read."""
    name, listed = thumb.name(instruction), thumb.registers(instruction)
    addends = thumb.addends(instruction)
    if name in thumb.STORES or name == "strd":
        addends = set(listed[: 2 if name == "strd" else 1])
    elif name in _EXTEND_AND_ADD:
        addends = set(listed[1:2])
    others = thumb.read_by(instruction) - addends | thumb.address_registers(instruction)
    return max([0, *(ready.get(register, 0) for register in others), *(early.get(register, 0) for register in addends)])


def _last_cycle(instruction: capstone.CsInsn, register: int, cost: Cost) -> int:
    """Return in which cycle of an instruction, from 0, a register is written: a list is loaded word by word."""
    if thumb.name(instruction) not in cortex_m4.LISTS or register in thumb.written_back(instruction):
        return cost.cycles - 1
    listed = thumb.registers(instruction)[cortex_m4.LISTS[thumb.name(instruction)] :]
    before = listed[: listed.index(register) + 1] if register in listed else listed
    return sum(thumb.words(instruction, other) for other in before) - 1


def _latency(instruction: capstone.CsInsn) -> int:
    """Return the cycles from issue until another instruction can use the result."""
    name = thumb.name(instruction)
    if name in thumb.LOADS or name in ("ldrd", "ldm", "ldmdb", "pop", "vldmia", "vpop"):
        return 2
    if name in _FLOAT_ACCUMULATE:
        return _FLOAT_CYCLES
    if name in cortex_m4.RESULT_LATE:
        return 2
    if thumb.multiplies(instruction) or name in _EXTEND_AND_ADD:
        return 2
    return 2 if thumb.shifted_operand(instruction) else 1


def _constant_with_flags(instruction: capstone.CsInsn) -> bool:
    """True for an instruction that sets flags and whose constant is a shifted byte: two stages, two cycles."""
    constant = [operand.imm for operand in instruction.operands if operand.type == arm.ARM_OP_IMM]
    arithmetic = thumb.name(instruction) in thumb.DATA_PROCESSING
    return bool(
        instruction.size == 4 and arithmetic and thumb.sets_flags(instruction) and constant and constant[-1] > 0xFFF
    )
