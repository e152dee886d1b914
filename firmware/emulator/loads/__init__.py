"""Where the loads of a block read from, as far as that is known before it runs: the input of memory.c.

What matters is whether a load finds its line at hand, and that takes its address only. Instructions that move pointers
are followed, so that an address is a sum of registers as they are when the block is entered: "ldr r0, [r1], #4; ldr r2,
[r1]" reads from r1 and r1 + 4. A load that cannot be followed, or that may not be executed, begins another part of the
block, in whose sums the registers are those of this moment.

Nothing is lost by an instruction that is not followed but time. Counted with its part is also what is behind an access
that stops the board in the middle of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import capstone

_MOST_REGISTERS = 2  # of a sum; a base and an index


class Sum(NamedTuple):
    """A constant and registers times factors, modulo 2**32; `factors` has (register, factor), in capstone's numbers."""

    constant: int
    factors: tuple[tuple[int, int], ...] = ()

    def plus(self, other: "Sum | None", times: int = 1) -> "Sum | None":
        """Return self + times * other; None if other is None."""
        if other is None:
            return None
        factors = dict(self.factors)
        for register, factor in other.factors:
            factors[register] = (factors.get(register, 0) + times * factor) & 0xFFFF_FFFF
        left = tuple(sorted(item for item in factors.items() if item[1]))
        return Sum((self.constant + times * other.constant) & 0xFFFF_FFFF, left)


class Read(NamedTuple):
    """`count` reads of `size_bytes` each, one behind the other; `address` is None where it cannot be followed."""

    address: Sum | None
    size_bytes: int
    count: int = 1


@dataclass
class Effect:
    """What an instruction reads, and what its target registers are then; None for what cannot be followed."""

    reads: list[Read] = field(default_factory=list)
    writes: dict[int, Sum | None] = field(default_factory=dict)
    conditional: bool = False


@dataclass
class Part:
    """Reads whose addresses are known as soon as the instruction at `start` is reached."""

    start: int
    reads: list[Read] = field(default_factory=list)


Value = Callable[[int], Sum | None]


def parts(instructions: list[capstone.CsInsn], effect: Callable[[capstone.CsInsn, Value], Effect]) -> list[Part]:
    """Divide the reads of a block; the first part begins with it. `effect` follows an instruction from `value` on."""
    found, known, closed = [Part(instructions[0].address)] if instructions else [], {}, False

    def value(register: int) -> Sum | None:
        return known.get(register, Sum(0, ((register, 1),)))

    for instruction in instructions:
        done = effect(instruction, value)
        if done.reads and (closed or done.conditional or not all(_is_known(read) for read in done.reads)):
            found.append(Part(instruction.address))
            known.clear()
            done = effect(instruction, value)
            closed = done.conditional
        found[-1].reads += done.reads
        known.update(dict.fromkeys(done.writes) if done.conditional else done.writes)
    return found


def _is_known(read: Read) -> bool:
    return read.address is not None and len(read.address.factors) <= _MOST_REGISTERS
