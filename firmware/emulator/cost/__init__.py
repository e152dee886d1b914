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
    """Cycles of an instruction or block; `taken_cycles` come on top when its final branch is taken."""

    cycles: int
    taken_cycles: int = 0


class CostModel:
    """Base of the cores' models: a block costs the sum of its instructions.

    A core's module defines `Model(CostModel)` with `core` (its name) and `instruction`.
    """

    core: str

    def instruction(self, instruction: capstone.CsInsn) -> Cost:
        """Return the cost of one instruction; raises UnknownInstruction."""
        raise NotImplementedError

    def block(self, instructions: list[capstone.CsInsn]) -> Cost:
        """Return the cost of a block, of which only the last instruction can branch; raises UnknownInstruction."""
        costs = [self.instruction(instruction) for instruction in instructions]
        return Cost(sum(cost.cycles for cost in costs), costs[-1].taken_cycles if costs else 0)


def cost_model(core: str) -> CostModel:
    """Return the cost model of `core`, e.g. "cortex-m4"; raises SettingsError when there is none."""
    module = f"{__name__}.{core.replace('-', '_')}"
    try:
        return importlib.import_module(module).Model()
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise SettingsError([f"core {core!r} has no cost model: expected {module.replace('.', '/')}.py"]) from None
