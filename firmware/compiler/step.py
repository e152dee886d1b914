"""What an operator becomes: one call of one kernel, with its constants."""

from dataclasses import dataclass
from typing import Any

from firmware.compiler.graph import Operator, Tensor


@dataclass(frozen=True)
class Struct:
    """A constant C structure: `fields` map names to int, float, None, Struct, or array (emitted as its own constant)."""

    ctype: str
    fields: dict[str, Any]


@dataclass(eq=False)
class Step:
    """Calls `kernel(&params, reads…, writes…)`; `macs` counts multiply-accumulates.

    `in_place` says that the kernel may be given the same address for its first input and its output.
    """

    operator: Operator
    kernel: str
    params: Struct
    reads: list[Tensor]
    writes: list[Tensor]
    macs: int = 0
    in_place: bool = False
