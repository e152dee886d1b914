"""What instructions cost: one readable table per core, in a module named like the core.

A cost model prices a block of decoded instructions that runs from its first to its last instruction. An instruction
that is not in the core's table is refused, which also enforces the core's instruction set: the virtual CPU does not.
"""

import importlib
from dataclasses import dataclass

import capstone

from firmware.settings import SettingsError


class UnknownInstruction(Exception):
    """An instruction that the core does not have, or that its table lacks."""

    def __init__(self, instruction: capstone.CsInsn, core: str):
        self.address = instruction.address
        text = f"{instruction.mnemonic} {instruction.op_str}".strip()
        super().__init__(f"instruction {text!r} is not in the {core} instruction table")


@dataclass(frozen=True)
class Cost:
    """Cycles of an instruction or block, in memory that answers at once.

    `taken_cycles` come on top when its final branch is taken, `entry_cycles` when it is itself the target of one.
    `starts` are the cycles before each instruction of a block.
    """

    cycles: int
    taken_cycles: int = 0
    entry_cycles: int = 0
    starts: tuple[int, ...] = ()


class CostModel:
    """Base of the cores' models: a block costs the sum of its instructions and of what neighbours do to each other.

    A core's module defines `Model(CostModel)` with `core` (its name), `instruction`, and what its pipeline needs of the
    rest. The core asks for code `fetch_ahead_bytes` before it executes it, unless a branch leads there.
    """

    core: str
    fetch_ahead_bytes: int = 4

    def instruction(self, instruction: capstone.CsInsn) -> Cost:
        """Return the cost of one instruction on its own; raises UnknownInstruction."""
        raise NotImplementedError

    def behind(self, instructions: list[capstone.CsInsn], index: int) -> int:
        """Return the cycles by which those before it in a block make `instructions[index]` dearer, or cheaper."""
        return 0

    def entry(self, instruction: capstone.CsInsn) -> int:
        """Return the cycles that a branch to `instruction` costs more for where that lies."""
        return 0

    def block(self, instructions: list[capstone.CsInsn]) -> Cost:
        """Return the cost of a block, of which only the last instruction can branch; raises UnknownInstruction."""
        if not instructions:
            return Cost(0)
        costs = [self.instruction(instruction) for instruction in instructions]
        cycles, starts = 0, []
        for index, cost in enumerate(costs):
            starts.append(cycles)
            cycles += cost.cycles + (self.behind(instructions, index) if index else 0)
        return Cost(cycles, costs[-1].taken_cycles, self.entry(instructions[0]), tuple(starts))


def cost_model(core: str) -> CostModel:
    """Return the cost model of `core`, e.g. "cortex-m4"; raises SettingsError when there is none."""
    module = f"{__name__}.{core.replace('-', '_')}"
    try:
        return importlib.import_module(module).Model()
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise SettingsError([f"core {core!r} has no cost model: expected {module.replace('.', '/')}.py"]) from None
