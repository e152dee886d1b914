"""What RV32IMC instructions read from memory, and how they move pointers (RISC-V Unprivileged ISA, RV32I and C)."""

import capstone
from capstone import riscv

from firmware.emulator.loads import Effect, Read, Sum, Value

_LOADED_BYTES = {"lw": 4, "lwsp": 4, "lh": 2, "lhu": 2, "lb": 1, "lbu": 1}
_WRITES_NOTHING = frozenset(["sw", "swsp", "sh", "sb", "nop", "fence", "fence.i"])


def effect(instruction: capstone.CsInsn, value: Value) -> Effect:
    """Return what `instruction` does where `value(register)` stands in the registers."""
    name, operands = instruction.mnemonic.removeprefix("c."), instruction.operands
    if name in _WRITES_NOTHING or not operands or operands[0].type != riscv.RISCV_OP_REG:
        return Effect()
    target = operands[0].reg
    if name in _LOADED_BYTES:
        base, offset = _address(operands)
        address = _register(base, value)
        return Effect([Read(address and address.plus(Sum(offset)), _LOADED_BYTES[name])], {target: None})
    return Effect([], {target: _moved(name, instruction, value)})


def _address(operands: list) -> tuple[int, int]:
    """Return (base, offset); compressed loads come with three operands."""
    if operands[-1].type == riscv.RISCV_OP_MEM:
        return operands[-1].mem.base, operands[-1].mem.disp
    return operands[2].reg, operands[1].imm


def _register(register: int, value: Value) -> Sum | None:
    return Sum(0) if register == riscv.RISCV_REG_ZERO else value(register)


def _moved(name: str, instruction: capstone.CsInsn, value: Value) -> Sum | None:
    """Return what the target register holds then; None if that is not followed."""
    operands = instruction.operands
    sources = operands if len(operands) == 2 and name not in _ONE_SOURCE else operands[1:]
    values = [
        _register(operand.reg, value) if operand.type == riscv.RISCV_OP_REG else Sum(operand.imm & 0xFFFF_FFFF)
        for operand in sources
    ]
    if None in values:
        return None
    if name in ("li", "mv"):
        return values[0]
    if name == "lui":
        return Sum(values[0].constant << 12 & 0xFFFF_FFFF)
    if name == "auipc":
        return Sum((values[0].constant << 12) + instruction.address & 0xFFFF_FFFF)
    if name in ("add", "addi", "addi4spn", "addi16sp"):
        return values[0].plus(values[1])
    if name == "sub":
        return values[0].plus(values[1], -1)
    if name == "slli":
        return Sum(0).plus(values[0], 1 << values[1].constant)
    return None


_ONE_SOURCE = frozenset(["li", "mv", "lui", "auipc"])
