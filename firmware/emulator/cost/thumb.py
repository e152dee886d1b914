"""What the cost tables of the Thumb cores share: names and shapes of instructions as capstone decodes them."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import capstone
from capstone import arm

LOADS = frozenset(["ldr", "ldrb", "ldrh", "ldrsb", "ldrsh", "ldrt", "ldrbt", "ldrht", "ldrsbt", "ldrsht", "vldr"])
STORES = frozenset(["str", "strb", "strh", "strt", "strbt", "strht", "vstr"])
DATA_PROCESSING = frozenset(
    ["adc", "add", "and", "bic", "cmn", "cmp", "eor", "mov", "mvn", "orn", "orr", "rsb", "sbc", "sub", "teq", "tst"]
)

# What capstone calls by another name than the manual.
_ALIASES = {"movs": "mov", "fconsts": "vmov", "fmstat": "vmrs"}
_NAMES: dict[int, str] = {}  # by capstone's number; asking capstone takes longer than all else about an instruction
_COMPARE_AND_BRANCH = frozenset({"cbz", "cbnz"})
Fact = TypeVar("Fact")


def each(names: str, value: object) -> dict:
    """Return a table that gives every name of a blank-separated list the same value."""
    return dict.fromkeys(names.split(), value)


def _once(fact: Callable[[capstone.CsInsn], Fact]) -> Callable[[capstone.CsInsn], Fact]:
    """Keep what a function finds with the instruction: the rules of a core ask many times, and capstone is slow."""
    key = f"{fact.__name__} of Thumb"

    @wraps(fact)
    def kept(instruction: capstone.CsInsn) -> Fact:
        found = instruction.__dict__
        if key not in found:
            found[key] = fact(instruction)
        return found[key]

    return kept


@_once
def name(instruction: capstone.CsInsn) -> str:
    """Return the instruction's name in the manual, without condition, flags suffix and width: "add" for "addseq.w"."""
    if instruction.id not in _NAMES:
        _NAMES[instruction.id] = instruction.insn_name() or instruction.mnemonic
    name = _NAMES[instruction.id]
    return instruction.mnemonic.split(".")[0] if name == "hint" else _ALIASES.get(name, name)


@_once
def conditional(instruction: capstone.CsInsn) -> bool:
    """True if the instruction may do nothing: it carries a condition, or compares and branches."""
    always = instruction.cc in (arm.ARM_CC_AL, arm.ARM_CC_INVALID)
    return not always or name(instruction) in _COMPARE_AND_BRANCH


@_once
def registers(instruction: capstone.CsInsn) -> tuple[int, ...]:
    """Return the register operands in their order."""
    return tuple(operand.reg for operand in instruction.operands if operand.type == arm.ARM_OP_REG)


@_once
def writes_pc(instruction: capstone.CsInsn) -> bool:
    """True if the program counter is an operand that the instruction loads or computes."""
    listed = registers(instruction)
    if name(instruction) in ("pop", "ldm", "ldmdb"):
        return arm.ARM_REG_PC in listed
    return bool(listed) and listed[0] == arm.ARM_REG_PC and name(instruction) in ("ldr", "mov", "add")


def indexed_by_register(instruction: capstone.CsInsn) -> bool:
    """True for an address of the form [base, index]."""
    return any(operand.type == arm.ARM_OP_MEM and operand.mem.index for operand in instruction.operands)


def words(instruction: capstone.CsInsn, register: int) -> int:
    """Return the size of a register in 32-bit words: two for a double-precision register."""
    return 2 if instruction.reg_name(register).startswith("d") else 1


@_once
def address_registers(instruction: capstone.CsInsn) -> frozenset[int]:
    """Return the base and index registers of a load or store, if it has an address operand."""
    memory = [operand.mem for operand in instruction.operands if operand.type == arm.ARM_OP_MEM]
    return frozenset(register for operand in memory for register in (operand.base, operand.index) if register)


@_once
def _accessed(instruction: capstone.CsInsn) -> tuple[frozenset[int], frozenset[int]]:
    read, written = instruction.regs_access()
    return frozenset(read), frozenset(written)


def read_by(instruction: capstone.CsInsn) -> frozenset[int]:
    """Return the registers that an instruction reads, flags among them."""
    return _accessed(instruction)[0]


@_once
def written_by(instruction: capstone.CsInsn) -> frozenset[int]:
    """Return the registers that an instruction writes, flags and written-back base among them."""
    flags = {arm.ARM_REG_CPSR} if sets_flags(instruction) else set()
    return _accessed(instruction)[1] - {arm.ARM_REG_CPSR} | flags


@_once
def sets_flags(instruction: capstone.CsInsn) -> bool:
    """True for a comparison, or an instruction with the suffix S; what capstone says of flags is not reliable."""
    compares = name(instruction) in ("cmp", "cmn", "tst", "teq")
    return compares or instruction.mnemonic.startswith((f"{name(instruction)}s", "movs"))


def written_back(instruction: capstone.CsInsn) -> frozenset[int]:
    """Return the base register that a load or store moves on, if it does."""
    return address_registers(instruction) if instruction.writeback else frozenset()


@_once
def unaligned_wide(instruction: capstone.CsInsn) -> bool:
    """True for a 32-bit instruction that two words of memory share."""
    return instruction.size == 4 and instruction.address % 4 == 2


@_once
def shifted_operand(instruction: capstone.CsInsn) -> bool:
    """True for a data-processing instruction whose second operand is a register shifted on the way."""
    if name(instruction) not in DATA_PROCESSING or instruction.size == 2:
        return False
    return any(operand.type == arm.ARM_OP_REG and operand.shift.type for operand in instruction.operands)


_MULTIPLIES = ("mul", "mla", "mls", "smul", "smla", "smls", "smmul", "smmla", "smmls", "smuad", "smusd", "umul", "umla")
_LONG_MULTIPLIES = ("smull", "smlal", "smlsld", "umull", "umlal", "umaal")


@_once
def multiplies(instruction: capstone.CsInsn) -> bool:
    """True for an integer multiplication, with or without accumulation."""
    return name(instruction).startswith((*_MULTIPLIES, "umaal"))


@_once
def addends(instruction: capstone.CsInsn) -> frozenset[int]:
    """Return the registers that an integer multiplication adds its product to; none if it adds nothing."""
    if name(instruction).startswith(_LONG_MULTIPLIES):
        return frozenset(() if "mull" in name(instruction) else registers(instruction)[:2])
    return frozenset(registers(instruction)[3:] if multiplies(instruction) else ())
