"""What an operator becomes: one call of one kernel, with its constants."""

from dataclasses import dataclass, field
from typing import Any

from firmware.compiler.graph import Operator, Tensor


@dataclass(frozen=True)
class Struct:
    """A constant C structure; fields are numbers, tuples of them, None, Struct, or arrays (constants of their own)."""

    ctype: str
    fields: dict[str, Any]


@dataclass(eq=False)
class Step:
    """Calls `kernel(&params, reads…, writes…[, scratch])`; `macs` counts multiply-accumulates.

    `overlap` maps the index of a read to the number of bytes by which the first output must start before it so that the
    kernel may overwrite it while reading: 0 for elementwise kernels that go forward, None if it must start at the same
    byte or stay clear of it. A read without entry stays intact.
    A kernel that can also walk from the last element to the first has `backward_overlap`, the number of bytes by which
    the output must then end behind the input, and `walked`, the structure whose field `backward` tells it to.
    A kernel that is faster with more scratch memory has `group_bytes`: the field `groups` of its `params` tells it how
    many times that much it has, up to `most_groups`; `scratch_bytes` is for the number that stands there.
    `header` declares the kernel; a fast one has `estimated_cycles` and `code_bytes`, by which it was chosen.
    """

    operator: Operator
    kernel: str
    params: Struct
    reads: list[Tensor]
    writes: list[Tensor]
    macs: int = 0
    scratch_bytes: int = 0
    group_bytes: int = 0
    most_groups: int = 0
    overlap: dict[int, int | None] = field(default_factory=dict)
    backward_overlap: dict[int, int | None] = field(default_factory=dict)
    walked: Struct | None = None
    header: str = "kernels.h"
    estimated_cycles: int = 0
    code_bytes: int = 0
