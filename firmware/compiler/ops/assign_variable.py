"""ASSIGN_VARIABLE: a copy into a variable; passes.resolve_variables made the variable its output."""

from firmware.compiler.graph import Operator
from firmware.compiler.ops import read_variable
from firmware.compiler.step import Step

KINDS = ("ASSIGN_VARIABLE",)
INPUTS, OUTPUTS = 2, range(1)
OPTIONS: dict = {}


def lower(operator: Operator) -> Step:
    """Return the copy; value and variable share type and quantization."""
    return read_variable.lower(operator)
