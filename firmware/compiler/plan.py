"""Gives every activation a place in one static arena.

Tensors that live at the same time never overlap. The arena is compared with the live-peak lower bound: the largest sum
of sizes alive at one step, which no plan can beat.
"""

from collections.abc import Callable
from dataclasses import dataclass

from firmware.compiler.graph import Graph, Tensor
from firmware.compiler.step import Step

ALIGNMENT_BYTES = 4


@dataclass
class Placement:
    """One block of the arena, alive from step `first` to step `last`, both included (-1: before the first step)."""

    tensor: Tensor
    size_bytes: int
    first: int
    last: int
    offset: int = -1

    def lives_with(self, other: "Placement") -> bool:
        """Whether both are alive at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass
class Plan:
    """The arena: `arena_bytes` long, `lower_bound_bytes` at the least; placements in order of first use."""

    arena_bytes: int
    lower_bound_bytes: int
    placements: list[Placement]

    def offset(self, tensor: Tensor) -> int:
        """Return the byte offset of an activation."""
        return self._offsets[tensor.storage]

    def __post_init__(self) -> None:
        self._offsets = {placement.tensor: placement.offset for placement in self.placements}


def plan_arena(graph: Graph, steps: list[Step]) -> Plan:
    """Return the smallest of a few greedy plans; the result depends on nothing but the graph."""
    placements = _lifetimes(graph, steps)
    bound = max(
        sum(placement.size_bytes for placement in placements if placement.first <= step <= placement.last)
        for step in range(-1, len(steps) + 1)
    )
    orders: list[Callable[[Placement], tuple]] = [
        lambda p: (-p.size_bytes, p.first),
        lambda p: (-(p.last - p.first), -p.size_bytes, p.first),
        lambda p: (-p.size_bytes * (p.last - p.first + 1), p.first),
        lambda p: (p.first, -p.size_bytes),
        lambda p: (-p.last, -p.size_bytes),
    ]
    best: tuple[int, list[int]] | None = None
    for order in orders:
        size = _place(sorted(placements, key=order))
        if best is None or size < best[0]:
            best = size, [placement.offset for placement in placements]
        if size == bound:
            break
    for placement, offset in zip(placements, best[1], strict=True):
        placement.offset = offset
    return Plan(best[0], bound, placements)


def _lifetimes(graph: Graph, steps: list[Step]) -> list[Placement]:
    blocks: dict[Tensor, Placement] = {}

    def touch(tensor: Tensor, step: int) -> None:
        storage = tensor.storage
        if storage not in blocks:
            size = -(-storage.size_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
            blocks[storage] = Placement(storage, size, step, step)
        blocks[storage].last = step

    for tensor in graph.inputs:
        touch(tensor, -1)
    for index, step in enumerate(steps):
        for tensor in [*step.reads, *step.writes]:
            touch(tensor, index)
    for tensor in graph.outputs:
        touch(tensor, len(steps))
    return list(blocks.values())


def _place(ordered: list[Placement]) -> int:
    """Put each block at the lowest offset that is free for its whole life; return the arena's size in bytes."""
    placed: list[Placement] = []
    for block in ordered:
        offset = 0
        for other in sorted((p for p in placed if p.lives_with(block)), key=lambda p: p.offset):
            if offset + block.size_bytes <= other.offset:
                break
            offset = max(offset, other.offset + other.size_bytes)
        block.offset = offset
        placed.append(block)
    return max(block.offset + block.size_bytes for block in placed)


def describe_plan(plan: Plan) -> dict:
    """Return the plan as plain data: sizes and offsets in bytes, lifetimes in steps."""
    return {
        "arena_bytes": plan.arena_bytes,
        "lower_bound_bytes": plan.lower_bound_bytes,
        "tensors": [
            {"name": p.tensor.name, "offset": p.offset, "size_bytes": p.size_bytes, "first": p.first, "last": p.last}
            for p in plan.placements
        ],
    }
