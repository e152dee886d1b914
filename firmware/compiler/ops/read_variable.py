"""READ_VARIABLE: a copy out of a variable; passes.resolve_variables left it where one is needed."""

from firmware.compiler.copy import copy_in
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

KINDS = ("READ_VARIABLE",)
OPTIONS: dict = {}


def lower(operator: Operator) -> Step:
    """Return the copy; value and variable share type and quantization."""
    source, target = operator.inputs[0], operator.outputs[0]
    return copy_in(operator, source, target, (source.elements,), 0, (1,))
