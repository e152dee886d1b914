"""Which lines of slow memory a block of code is fetched from, and when: the input of memory.c."""

from bisect import bisect_right
from typing import NamedTuple

import capstone

from firmware.board import Board, Region
from firmware.emulator.cost import Cost


class Fetch(NamedTuple):
    """A line, the cycle of the block in which the core asks for it, and the one in which it is needed."""

    line: int
    asked: int
    needed: int


def line_numbers(board: Board) -> list[tuple[Region, int, int]]:
    """Return (region, number of its first line, cycles a missing line costs) for every region that `board` times.

    Lines are numbered from 1, region after region; a view of a region has that region's numbers.
    """
    numbered, next_line = [], 1
    for name, miss_cycles in board.timing.miss_cycles.items() if board.timing else ():
        regions = [region for region in board.memory if name in (region.name, region.view_of)]
        numbered += [(region, next_line, miss_cycles) for region in regions]
        next_line += regions[0].size_bytes // board.timing.line_bytes + 1
    return numbered


def fetches(board: Board, instructions: list[capstone.CsInsn], cost: Cost, ahead_bytes: int) -> list[Fetch]:
    """Return the lines that hold `instructions`, which cost `cost`; none if they lie in memory that answers at once.

    The first line is asked for when it is needed, a later one with the instruction `ahead_bytes` before it.
    """
    if not instructions:
        return []
    start = instructions[0].address
    where = next(((r, line) for r, line, _ in line_numbers(board) if r.origin <= start < r.end), None)
    if where is None:
        return []
    region, first_line = where
    line_bytes, found = board.timing.line_bytes, []
    addresses = [instruction.address for instruction in instructions]
    ends = [*addresses[1:], addresses[-1] + instructions[-1].size]
    for address, end, cycle in zip(addresses, ends, cost.starts, strict=True):
        line = (end - 1 - region.origin) // line_bytes
        if found and found[-1].line == first_line + line:
            continue
        if not found and (address - region.origin) // line_bytes < line:
            found.append(Fetch(first_line + line - 1, 0, cycle))
        before = bisect_right(addresses, region.origin + line * line_bytes - ahead_bytes)
        asked = cost.starts[before - 1] if before else 0
        found.append(Fetch(first_line + line, min(asked, cycle), cycle))
    return found
