"""Cortex-M7 with FPU (ARMv7E-M), memories that answer at once: coarse.

Arm publishes no table of instruction timings for it; its manual (DDI 0489F, section 1.1) names an in-order pipeline
that issues two instructions per cycle, and a branch predictor. So every instruction takes one issue, two neighbours
issue together where nothing forbids it, the issue after a load waits one cycle if it needs what was loaded, and a
predicted branch costs nothing extra. Left out: waiting for a multiplication or a floating-point operation (this is too
fast there), wrong predictions, the caches. Timings of pairs that others measured on an STM32H730
(quinapalus.com/cm7cycles.html) are not in it yet.
"""

import capstone
from capstone import arm

from firmware.emulator.cost import Cost, CostModel, UnknownInstruction, cortex_m4, thumb
from firmware.emulator.cost.cortex_m33 import FPV5

# Cycles of the instructions that take more than one and keep the next one waiting: the middle of the Cortex-M4's range
# for integers, and the M4's figures for floating point.
_LONG = {**thumb.each("sdiv udiv", 7), **thumb.each("vdiv vsqrt", 14), **thumb.each("dmb dsb isb", 4)}
_LISTS = {**thumb.each("push pop vpush vpop", 0), **thumb.each("ldm ldmdb stm stmdb vldmia vldmdb vstmia vstmdb", 1)}
_LOADS = ("ldr", "ldm", "pop", "vldr", "vldm", "vpop")
_BRANCHES = frozenset(thumb.each("b bl bx blx cbz cbnz tbb tbh", None))
_KNOWN = frozenset(cortex_m4.Model.cycles) | frozenset(FPV5.split()) | {"str", "strb", "strh", "vldr", "vstr", "vmov"}

# Kinds of which one per cycle can issue, by how names begin; section 1.1: one multiplier, one FPU pipeline for each.
_ONE_PER_CYCLE = (("str", "vstr", "stm"), ("mul", "mla", "mls", "sm", "um"), ("v",), ("it",))


class Model(CostModel):
    """Pairs of neighbours in a block; never across blocks."""

    core = "cortex-m7"

    def instruction(self, instruction: capstone.CsInsn) -> Cost:
        """Return the cycles of one instruction that issues alone; refuses double precision, as our code has none."""
        name = thumb.name(instruction)
        if ".f64" in instruction.mnemonic or name not in _KNOWN | _BRANCHES | _LISTS.keys():
            raise UnknownInstruction(instruction, self.core)
        if name in _LISTS:  # 64 bits per cycle
            listed = thumb.registers(instruction)[_LISTS[name] :]
            return Cost((sum(thumb.words(instruction, register) for register in listed) + 1) // 2)
        return Cost(_LONG.get(name, 1))

    def block(self, instructions: list[capstone.CsInsn]) -> Cost:
        """Return the cost of a block: neighbours that can issue together cost what the longer one costs."""
        cycles, index, loaded, starts = 0, 0, set(), []
        while index < len(instructions):
            issue = instructions[index : index + 2]
            cost = self.instruction(issue[0]).cycles
            if cost == 1 and len(issue) == 2 and _issue_together(*issue):
                cost = self.instruction(issue[1]).cycles
            else:
                del issue[1:]
            waits = any(loaded & set(instruction.regs_access()[0]) for instruction in issue)
            loaded = {register for instruction in issue for register in _loaded(instruction)}
            starts += [cycles + waits] * len(issue)
            cycles += cost + waits
            index += len(issue)
        return Cost(cycles, starts=tuple(starts))


def _loaded(instruction: capstone.CsInsn) -> set[int]:
    """Return the registers that an instruction loads from memory."""
    if not thumb.name(instruction).startswith(_LOADS):
        return set()
    return set(instruction.regs_access()[1]) - {arm.ARM_REG_SP}


def _issue_together(first: capstone.CsInsn, second: capstone.CsInsn) -> bool:
    names = thumb.name(first), thumb.name(second)
    if names[0] in _BRANCHES or any(name in _LISTS or name in _LONG for name in names):
        return False
    if any(all(name.startswith(kind) for name in names) for kind in _ONE_PER_CYCLE):
        return False
    read, written = (set(registers) for registers in second.regs_access())
    results = set(first.regs_access()[1])
    if names[1] in _BRANCHES:  # predicted: it does not wait for the flags
        read.discard(arm.ARM_REG_CPSR)
    return not results & (read | written)
