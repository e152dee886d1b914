"""Cortex-M7 with FPU (ARMv7E-M): two instructions a cycle where neighbours allow it, and results that come late.

Arm publishes no table of instruction timings for it (DDI 0489F, section 1.1 names the pipeline only). The rules are
those that others measured: [jnk0le] github.com/jnk0le/random, pipeline cycle test/doc/cortex_m7.md, on an STM32H743.
Assumed, as it depends on what the predictor has seen: a branch back is predicted taken and one forward not, so that
leaving a loop costs a wrong prediction. Divisions take the middle of the Cortex-M4's range. Two loads at once need
words of different parity, which is only known where they share a base.
"""

from dataclasses import dataclass, field

import capstone
from capstone import arm

from firmware.emulator.cost import Cost, CostModel, UnknownInstruction, cortex_m4, thumb
from firmware.emulator.cost.cortex_m33 import FPV5

# Cycles of the instructions that keep everything behind them waiting.
_LONG = {**thumb.each("sdiv udiv", 7), "vdiv": 16, "vsqrt": 14, **thumb.each("dmb dsb isb", 4)}
_LISTS = {**cortex_m4.LISTS, **thumb.each("ldrd strd", 0)}
_BRANCHES = frozenset(["b", "bl", "bx", "blx", "cbz", "cbnz", "tbb", "tbh"])
_KNOWN = frozenset(cortex_m4.Model.cycles) | frozenset(FPV5.split()) | thumb.LOADS | thumb.STORES | {"vmov"}
_WRONG_PREDICTION = 8  # [jnk0le]: 6 where the flags are there three cycles before
_POINTER_CYCLES = 3  # quinapalus.com/cm7cycles.html: from a load to its use as an address
_SHIFTS = frozenset(["lsl", "lsr", "asr", "ror", "rrx"])
# These use the shifter of the first of two ALUs, as shifted operands do.
_SHIFTER = thumb.each("bfi bfc sbfx ubfx rbit rev rev16 revsh sxtab sxtah sxtab16 uxtab uxtah uxtab16 pkhbt pkhtb", 1)
_ALU = thumb.DATA_PROCESSING | _SHIFTS | frozenset(["movw", "movt", "addw", "subw", "adr", "neg", "nop", "it"])


@dataclass
class _Clock:
    """The cycle in which the next instruction can be issued, and from which registers can be read."""

    now: int = 0
    ready: dict[int, int] = field(default_factory=dict)
    early: dict[int, int] = field(default_factory=dict)  # as a shifted operand, a factor, or an address
    pointers: dict[int, int] = field(default_factory=dict)  # as an address, where it was loaded


class Model(CostModel):
    """In-order issue of single instructions and pairs; never a pair across blocks."""

    core = "cortex-m7"
    fetch_ahead_bytes = 16  # two fetches of 64 bits

    def instruction(self, instruction: capstone.CsInsn) -> Cost:
        """Return the cycles of one instruction that issues alone; refuses double precision, as our code has none."""
        name = thumb.name(instruction)
        if ".f64" in instruction.mnemonic or name not in _KNOWN | _BRANCHES | _LISTS.keys():
            raise UnknownInstruction(instruction, self.core)
        if name in ("ldrd", "strd"):
            return Cost(1)
        if name in _LISTS:  # two registers a cycle [jnk0le]
            listed = thumb.registers(instruction)[_LISTS[name] :]
            return Cost((sum(thumb.words(instruction, register) for register in listed) + 1) // 2)
        return Cost(_LONG.get(name, 1))

    def block(self, instructions: list[capstone.CsInsn]) -> Cost:
        """Return the cost of a block: pairs cost what the longer one costs."""
        clock, starts, index = _Clock(), [], 0
        while index < len(instructions):
            issue = instructions[index : index + 2]
            start = max(clock.now, _ready(clock, issue[0]))
            cycles = self.instruction(issue[0]).cycles
            if len(issue) == 2:
                self.instruction(issue[1])  # refuses what is not known
            if len(issue) == 2 and _pair(*issue) and (_constant(*issue) or _ready(clock, issue[1]) <= start):
                cycles = max(cycles, self.instruction(issue[1]).cycles)
            else:
                del issue[1:]
            for instruction in issue:
                _deliver(clock, instruction, start, cycles)
            starts += [start] * len(issue)
            clock.now = start + cycles
            index += len(issue)
        wrong = _WRONG_PREDICTION if instructions and _predicted_taken(instructions[-1]) else 0
        return Cost(clock.now + wrong, -wrong, starts=tuple(starts))


def _predicted_taken(instruction: capstone.CsInsn) -> bool:
    """True for a conditional branch back."""
    if thumb.name(instruction) not in ("b", "cbz", "cbnz") or not thumb.conditional(instruction):
        return False
    return instruction.operands[-1].imm <= instruction.address


def _bit_field(instruction: capstone.CsInsn) -> bool:
    """True for the bit-field and DSP instructions that are no multiplication."""
    name = thumb.name(instruction)
    others = name in _ALU or name in _LISTS or name in _BRANCHES or name in thumb.LOADS or name in thumb.STORES
    return not (others or thumb.multiplies(instruction) or name in _LONG or name.startswith("v"))


def _ready(clock: _Clock, instruction: capstone.CsInsn) -> int:
    """Return the cycle from which all operands can be read."""
    name, listed = thumb.name(instruction), thumb.registers(instruction)
    early = thumb.address_registers(instruction)
    normal = thumb.read_by(instruction) - early
    if name in thumb.STORES:  # any result of the same cycle can be stored
        normal -= set(listed[:1])
    if name in _BRANCHES:  # predicted: it does not wait for flags
        normal -= {arm.ARM_REG_CPSR}
    if thumb.multiplies(instruction):
        early, normal = early | (normal - thumb.addends(instruction)), normal & thumb.addends(instruction)
    elif thumb.shifted_operand(instruction):
        early, normal = early | set(listed[-1:]), normal - set(listed[-1:])
    times = [clock.ready.get(register, 0) for register in normal | early]
    times += [clock.early.get(register, 0) for register in early]
    return max([0, *times, *(clock.pointers.get(register, 0) for register in thumb.address_registers(instruction))])


def _deliver(clock: _Clock, instruction: capstone.CsInsn, start: int, cycles: int) -> None:
    """Note from when the results can be read."""
    name = thumb.name(instruction)
    loads = name in thumb.LOADS or name in _LISTS
    latency, early = 1, 1
    if name in ("ldr", "ldrt", "vldr") or name in _LISTS:
        early = 2
    elif name in thumb.LOADS:
        latency, early = 2, 3
    elif thumb.multiplies(instruction):
        latency, early = (1, 2) if name not in ("mul", "smull", "umull") else (2, 2)
    elif name in cortex_m4.MULTIPLY_ACCUMULATE:
        latency, early = 3, 5
    elif name in cortex_m4.RESULT_LATE:
        latency, early = 3, 3
    elif _bit_field(instruction):
        latency, early = 1, 2
    end = start + cycles - 1
    for register in thumb.written_by(instruction):
        base = register in thumb.written_back(instruction)
        clock.ready[register] = end + (1 if base else latency)
        clock.early[register] = end + (1 if base else early)
        clock.pointers[register] = end + (_POINTER_CYCLES if loads and not base else 1)


def _pair(first: capstone.CsInsn, second: capstone.CsInsn) -> bool:
    """True if two neighbours can be issued together, as far as it does not depend on when operands are ready."""
    both = first, second
    names = tuple(thumb.name(instruction) for instruction in both)
    if any(name in _LISTS or name in _LONG for name in names):
        return False
    if names[0] in _BRANCHES and not thumb.conditional(first):
        return False
    stores = [name in thumb.STORES for name in names]
    products = [thumb.multiplies(instruction) for instruction in both]
    if all(products) or all(stores) or (any(products) and any(stores)):
        return False
    shifts = [thumb.shifted_operand(instruction) or thumb.name(instruction) in _SHIFTER for instruction in both]
    if all(shifts) or _bit_field(second):
        return False
    if all(name in thumb.LOADS for name in names) and not _different_banks(first, second):
        return False
    floats = [name for name in names if name.startswith("v") and name not in thumb.LOADS | thumb.STORES]
    if len(floats) == 2 or (floats and floats[0] in cortex_m4.MULTIPLY_ACCUMULATE and _moves_floats(names)):
        return False
    if _constant(first, second):
        return True
    results = thumb.written_by(first)
    read = thumb.read_by(second)
    if names[1] in _BRANCHES:
        read -= {arm.ARM_REG_CPSR}
    if names[1] in thumb.STORES:
        read -= set(thumb.registers(second)[:1])
    return not results & (read | thumb.written_by(second))


def _constant(first: capstone.CsInsn, second: capstone.CsInsn) -> bool:
    """True for the two halves of a 32-bit constant."""
    return first.mnemonic == "movw" and second.mnemonic == "movt"


def _moves_floats(names: tuple[str, ...]) -> bool:
    return any(name in ("vldr", "vstr", "vmov") for name in names)


def _different_banks(first: capstone.CsInsn, second: capstone.CsInsn) -> bool:
    """True if two loads from one base surely read words of different parity."""
    one, two = (next(o.mem for o in i.operands if o.type == arm.ARM_OP_MEM) for i in (first, second))
    fixed = one.base == two.base and not one.index and not two.index and not first.writeback
    return fixed and bool((one.disp ^ two.disp) & 4)
