"""Gives every activation and scratch buffer a place in one static arena.

Blocks that are alive at the same step do not overlap, with one exception: a kernel that walks through its input in
order may write its output over what it has already read. Such a step names its `overlap`, the number of bytes by which
the output must start before the input (Blacker et al. 2020 call this diagonal memory optimisation). Some kernels can
also walk backwards, with the output that far behind the input: else a chain of layers would creep down the arena and
need the sum of all its distances, while going up and down in turn it needs only the largest. The arena is compared with
the live-peak lower bound: the largest number of bytes that must coexist at one step, which no plan can beat.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from firmware.compiler.graph import Graph, Tensor
from firmware.compiler.step import Step

ALIGNMENT_BYTES = 4
_SHUFFLES = 300


def _aligned(size_bytes: int | float) -> int | float:
    return size_bytes if math.isinf(size_bytes) else -(-size_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


@dataclass(eq=False)
class Block:
    """One block of the arena, alive from step `first` to step `last`, both included (-1: before the first step).

    `exact_bytes` are used, `size_bytes` is that rounded up to the alignment.
    """

    name: str
    size_bytes: int
    exact_bytes: int
    first: int
    last: int
    offset: int = -1

    def lives_with(self, other: "Block") -> bool:
        """Whether both are alive at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass
class Plan:
    """The arena: `arena_bytes` long, `lower_bound_bytes` at the least; blocks in order of first use."""

    arena_bytes: int
    lower_bound_bytes: int
    blocks: list[Block]
    tensor_blocks: dict[Tensor, Block]
    scratch_blocks: dict[Step, Block]
    backward_steps: list[Step]
    groups: dict[Step, int]

    def offset(self, tensor: Tensor) -> int:
        """Return the byte offset of an activation."""
        return self.tensor_blocks[tensor.storage].offset

    def scratch_offset(self, step: Step) -> int:
        """Return the byte offset of a step's scratch buffer."""
        return self.scratch_blocks[step].offset


@dataclass(frozen=True)
class _Overlap:
    """The output of `step` may start `before` bytes or more before its input starts, or `behind` or more after that.

    With `exact` it may also start right where the input does.
    """

    step: Step
    before: int | float
    behind: int | float
    exact: bool = False


class _Arena:
    """Blocks, and the distances by which one block may start before another that it overwrites."""

    def __init__(self, graph: Graph, steps: list[Step]):
        self.tensors: dict[Tensor, Block] = {}
        self.scratch: dict[Step, Block] = {}
        self.blocks: list[Block] = []
        for tensor in [*graph.inputs, *graph.variables]:
            self._touch(tensor, -1)
        for index, step in enumerate(steps):
            for tensor in [*step.reads, *step.writes]:
                self._touch(tensor, index)
            if step.scratch_bytes:
                self.scratch[step] = self._add(f"scratch of step {index}", step.scratch_bytes, index)
        for tensor in [*graph.outputs, *graph.variables]:
            self._touch(tensor, len(steps))
        self.overlaps = dict(self._overlaps(steps))
        self.steps = len(steps)

    def _touch(self, tensor: Tensor, step: int) -> None:
        if tensor.is_constant:
            return
        storage = tensor.storage
        if storage not in self.tensors:
            self.tensors[storage] = self._add(storage.name, storage.size_bytes, step)
        self.tensors[storage].last = step

    def _add(self, name: str, size_bytes: int, step: int) -> Block:
        block = Block(name, _aligned(size_bytes), size_bytes, step, step)
        self.blocks.append(block)
        return block

    def _overlaps(self, steps: list[Step]) -> Iterator[tuple[tuple[Block, Block], "_Overlap"]]:
        """Yield ((output, input), where the output may lie) for inputs that die at the step that may overwrite them."""
        for index, step in enumerate(steps):
            for position, distance in step.overlap.items():
                if step.reads[position].is_constant:
                    continue
                source, target = self.tensors[step.reads[position].storage], self.tensors[step.writes[0].storage]
                others = [t.storage for i, t in enumerate(step.reads) if i != position and not t.is_constant]
                if source.last == index and target.first == index and step.reads[position].storage not in others:
                    if distance is None:
                        yield (target, source), _Overlap(step, math.inf, math.inf, exact=True)
                        continue
                    behind = math.inf
                    if position in step.backward_overlap:
                        behind = source.exact_bytes + step.backward_overlap[position] - target.exact_bytes
                    yield (target, source), _Overlap(step, _aligned(distance), _aligned(behind))

    def forbidden(self, block: Block, other: Block) -> list[tuple[int, int]]:
        """Return the open intervals of offsets that `block` must not have because `other` lies where it lies."""
        low, high = other.offset - block.size_bytes, other.offset + other.size_bytes
        if overlap := self.overlaps.get((block, other)):
            low, high = max(low, other.offset - overlap.before), min(high, other.offset + overlap.behind)
        elif overlap := self.overlaps.get((other, block)):
            low, high = max(low, other.offset - overlap.behind), min(high, other.offset + overlap.before)
        if overlap and overlap.exact:
            return [(low, other.offset), (other.offset, high)]
        return [(low, high)]

    def backward_steps(self) -> list[Step]:
        """Return the steps whose output was placed where only walking backwards keeps the input intact."""
        return [
            overlap.step
            for (target, source), overlap in self.overlaps.items()
            if source.offset - overlap.before < target.offset < source.offset + source.size_bytes and not overlap.exact
        ]

    def place(self, order: list[Block]) -> int:
        """Put each block at the lowest offset that is free for its whole life; return the arena's size in bytes."""
        placed: list[Block] = []
        for block in order:
            living = [other for other in placed if other.lives_with(block)]
            intervals = sorted(interval for other in living for interval in self.forbidden(block, other))
            block.offset = 0
            for low, high in intervals:
                if low < block.offset < high:
                    block.offset = high
            placed.append(block)
        return max(block.offset + block.size_bytes for block in order)

    def widen_scratch(self, arena_bytes: int) -> dict[Step, int]:
        """Let scratch buffers that can be larger fill the largest gap beside them; return how many groups they hold."""
        groups = {}
        for step, block in self.scratch.items():
            if not step.group_bytes:
                continue
            others = [other for other in self.blocks if other is not block and other.lives_with(block)]
            taken = sorted((other.offset, other.offset + other.size_bytes) for other in others)
            gaps, end = [], 0
            for low, high in [*taken, (arena_bytes, arena_bytes)]:
                gaps.append((low - end, -end))
                end = max(end, high)
            room, start = max(gaps)
            groups[step] = min(step.most_groups, room // step.group_bytes)
            block.offset, block.exact_bytes = -start, groups[step] * step.group_bytes
            block.size_bytes = _aligned(block.exact_bytes)
        return groups

    def lower_bound(self) -> int:
        """Return the live peak; an output and the input that it may overwrite count once."""
        return max(self._live_bytes(step) for step in range(-1, self.steps + 1))

    def _live_bytes(self, step: int) -> int:
        live = [block for block in self.blocks if block.first <= step <= block.last]
        saving = 0
        for (target, source), overlap in self.overlaps.items():
            if target in live and source in live:
                apart = min(source.size_bytes + overlap.before, target.size_bytes + overlap.behind)
                apart = 0 if overlap.exact else apart
                together = max(source.size_bytes, target.size_bytes, apart)
                saving = max(saving, source.size_bytes + target.size_bytes - together)
        return sum(block.size_bytes for block in live) - saving


def plan_arena(graph: Graph, steps: list[Step]) -> Plan:
    """Return the smallest of some greedy plans; the result depends on nothing but the graph."""
    arena = _Arena(graph, steps)
    bound = arena.lower_bound()
    best_size, best_offsets = 0, []
    for order in _orders(arena.blocks):
        size = arena.place(order)
        if not best_offsets or size < best_size:
            best_size, best_offsets = size, [block.offset for block in arena.blocks]
        if best_size <= bound:
            break
    for block, offset in zip(arena.blocks, best_offsets, strict=True):
        block.offset = offset
    backward, groups = arena.backward_steps(), arena.widen_scratch(best_size)
    return Plan(best_size, bound, arena.blocks, arena.tensors, arena.scratch, backward, groups)


def _orders(blocks: list[Block]) -> Iterator[list[Block]]:
    """Yield orders of placing: the classic greedy ones, then seeded shuffles of the first, a few swaps at a time."""
    yield sorted(blocks, key=lambda b: (-b.size_bytes, b.first))
    yield sorted(blocks, key=lambda b: (-(b.last - b.first), -b.size_bytes, b.first))
    yield sorted(blocks, key=lambda b: (b.first, -b.size_bytes))
    yield sorted(blocks, key=lambda b: (-b.last, -b.size_bytes))
    chance = random.Random(0)
    base = sorted(blocks, key=lambda b: (-b.size_bytes, b.first))
    for _ in range(_SHUFFLES if len(blocks) > 2 else 0):
        order = list(base)
        for _ in range(chance.randint(1, 4)):
            i, j = chance.randrange(len(order)), chance.randrange(len(order))
            order[i], order[j] = order[j], order[i]
        yield order


def describe_plan(plan: Plan) -> dict:
    """Return the plan as plain data: sizes and offsets in bytes, lifetimes in steps."""
    return {
        "arena_bytes": plan.arena_bytes,
        "lower_bound_bytes": plan.lower_bound_bytes,
        "tensors": [
            {"name": b.name, "offset": b.offset, "size_bytes": b.size_bytes, "first": b.first, "last": b.last}
            for b in plan.blocks
        ],
    }
