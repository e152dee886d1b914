"""What Thumb instructions read from memory, and how they move pointers (DDI 0403E, chapter A7).

Followed are moves, additions, subtractions, shifts to the left by a constant, written-back bases and literals in flash;
of every other instruction only which registers it writes.
"""

from collections.abc import Callable

import capstone
from capstone import arm

from firmware.emulator.cost import thumb
from firmware.emulator.loads import Effect, Read, Sum, Value

_PREFETCH_BYTES = 4  # how far the program counter is ahead
_SINGLE_BYTES = {
    **thumb.each("ldr ldrt ldrex lda vldr", 4),
    **thumb.each("ldrh ldrsh ldrht ldrsht ldrexh ldah tbh", 2),
    **thumb.each("ldrb ldrsb ldrbt ldrsbt ldrexb ldab tbb", 1),
    "ldrd": 4,
}
_LISTS = frozenset(["ldm", "ldmdb", "pop", "vldmia", "vldmdb", "vpop"])
_STORED_LISTS = frozenset(["stm", "stmdb", "push", "vstmia", "vstmdb", "vpush"])
_ON_STACK = frozenset(["pop", "push", "vpop", "vpush"])
_DOWNWARD = frozenset(["push", "vpush", "ldmdb", "stmdb", "vldmdb", "vstmdb"])


def effect(instruction: capstone.CsInsn, value: Value, fixed: Callable[[int], int | None]) -> Effect:
    """Return what `instruction` does where `value(register)` stands in the registers.

    `fixed(address)` is the word at an address, if it never changes.
    """
    name = thumb.name(instruction)
    done = Effect(conditional=thumb.conditional(instruction))
    done.writes = dict.fromkeys(thumb.written_by(instruction) - {arm.ARM_REG_CPSR})
    if name in _LISTS or name in _STORED_LISTS:
        _list(name, instruction, value, done)
    elif any(operand.type == arm.ARM_OP_MEM for operand in instruction.operands):
        _single(name, instruction, value, fixed, done)
    elif name in _ARITHMETIC:
        operands = instruction.operands
        done.writes[operands[0].reg] = _ARITHMETIC[name](*_operands(instruction, value))
    return done


def _single(
    name: str, instruction: capstone.CsInsn, value: Value, fixed: Callable[[int], int | None], done: Effect
) -> None:
    """A load or store of one or two registers, and its written-back base."""
    operand = next(operand for operand in instruction.operands if operand.type == arm.ARM_OP_MEM)
    base = operand.mem.base
    address = _pc(instruction, aligned=not name.startswith("tb")) if base == arm.ARM_REG_PC else value(base)
    moved = address and address.plus(Sum(operand.mem.disp))
    if operand.mem.index and moved:
        moved = moved.plus(value(operand.mem.index), 1 << operand.shift.value)
    if instruction.writeback:
        step = instruction.operands[-1].imm if instruction.post_index else 0
        done.writes[base] = moved and moved.plus(Sum(step))
    if name not in _SINGLE_BYTES:
        return
    targets = [thumb.words(instruction, register) for register in thumb.registers(instruction)]
    done.reads.append(Read(moved, _SINGLE_BYTES[name], max(1, sum(targets))))
    if name == "ldr" and moved and not moved.factors and instruction.operands[0].reg != arm.ARM_REG_PC:
        word = fixed(moved.constant)
        done.writes[instruction.operands[0].reg] = None if word is None else Sum(word)


def _list(name: str, instruction: capstone.CsInsn, value: Value, done: Effect) -> None:
    """A register list, on the stack or behind the base that stands before it."""
    listed = thumb.registers(instruction)
    base = arm.ARM_REG_SP if name in _ON_STACK else listed[0]
    registers = listed if name in _ON_STACK else listed[1:]
    words = sum(thumb.words(instruction, register) for register in registers)
    before = value(base)
    after = before and before.plus(Sum(-4 * words if name in _DOWNWARD else 4 * words))
    if instruction.writeback or name in _ON_STACK:
        done.writes[base] = after
    if name in _LISTS:
        done.writes.update(dict.fromkeys(registers))
        done.reads.append(Read(after if name in _DOWNWARD else before, 4, words))


def _operands(instruction: capstone.CsInsn, value: Value) -> list[Sum | None]:
    """Return what the source operands hold; the short forms have their target as first source."""
    operands = instruction.operands if len(instruction.operands) == 2 else instruction.operands[1:]
    if thumb.name(instruction) in _ONE_SOURCE:
        operands = operands[-1:]
    return [_source(instruction, operand, value) for operand in operands]


def _source(instruction: capstone.CsInsn, operand: capstone.arm.ArmOp, value: Value) -> Sum | None:
    if operand.type == arm.ARM_OP_IMM:
        return Sum(operand.imm & 0xFFFF_FFFF)
    if operand.type != arm.ARM_OP_REG or operand.shift.type not in (arm.ARM_SFT_INVALID, arm.ARM_SFT_LSL):
        return None
    if operand.reg == arm.ARM_REG_PC:  # with a constant it is ADR, which takes the word's address
        return _pc(instruction, aligned=instruction.operands[-1].type == arm.ARM_OP_IMM)
    return Sum(0).plus(value(operand.reg), 1 << operand.shift.value)


def _pc(instruction: capstone.CsInsn, aligned: bool) -> Sum:
    """Return the program counter as the instruction sees it."""
    pc = instruction.address + _PREFETCH_BYTES
    return Sum(pc & ~3 if aligned else pc)


def _add(first: Sum | None, second: Sum | None) -> Sum | None:
    return first and first.plus(second)


def _subtract(first: Sum | None, second: Sum | None) -> Sum | None:
    return first and first.plus(second, -1)


def _shift(first: Sum | None, second: Sum | None) -> Sum | None:
    return Sum(0).plus(first, 1 << second.constant) if second and not second.factors and second.constant < 32 else None


def _top(first: Sum | None, second: Sum | None) -> Sum | None:
    """MOVT: its constant becomes the upper half."""
    return Sum(first.constant & 0xFFFF | second.constant << 16) if first and not first.factors and second else None


_ONE_SOURCE = frozenset(["mov"])
_ARITHMETIC = {
    "mov": lambda source: source,
    "add": _add,
    "sub": _subtract,
    "rsb": lambda first, second: _subtract(second, first),
    "lsl": _shift,
    "movt": _top,
}
