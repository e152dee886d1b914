"""What a lenient board lists instead of stopping: accesses that nothing answers."""

from collections import Counter
from collections.abc import Callable

import capstone
from capstone import arm

Block = tuple[int, int]


class Unmodelled:
    """Counts accesses by instruction. `decode(block)` gives the instructions of a block (address, size in bytes)."""

    def __init__(self, decode: Callable[[Block], list[capstone.CsInsn]]):
        self._decode = decode
        self._counts: Counter[tuple] = Counter()
        self._places: dict[tuple, int] = {}

    def add(self, kind: str, size: int, address: int, reason: str, block: Block) -> None:
        """Count a "read" or "write" of `size` bytes that was made in `block`."""
        access = (kind, size, block)
        if access not in self._places:
            self._places[access] = self._place(*access)
        self._counts[address, kind, size, reason, self._places[access]] += 1

    def _place(self, kind: str, size: int, block: Block) -> int:
        """Return the address of the instruction; of the block, where several could have made the access."""
        able = [i.address for i in self._decode(block) if _accesses(i, kind, size)]
        return able[0] if len(able) == 1 else block[0]

    def report(self, where: Callable[[int], str]) -> list[str]:
        """Return one line for each place, in the order of the addresses accessed; `where` adds symbols to a pc."""
        return [
            f"unmodelled: {kind} of {size} bytes at 0x{address:08x}, {reason}, {count} times, at pc {where(pc)}"
            for (address, kind, size, reason, pc), count in sorted(self._counts.items())
        ]


def _accesses(instruction: capstone.CsInsn, kind: str, size: int) -> bool:
    """True if a load or store can have made the access; constants beside the code are none."""
    name = instruction.mnemonic.split(".")[0]
    if not name.startswith({"read": "ld", "write": "st"}[kind]):
        return False
    if any(o.type == arm.ARM_OP_MEM and o.mem.base == arm.ARM_REG_PC for o in instruction.operands):
        return False
    return size == {"b": 1, "h": 2}.get(name.rstrip("t")[-1], 4)
