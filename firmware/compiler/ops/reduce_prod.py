"""REDUCE_PROD: only of constants, where shapes are computed."""

from firmware.compiler.graph import Operator
from firmware.compiler.ops.reduce import reduced_axes
from firmware.compiler.step import Step

KINDS = ("REDUCE_PROD",)
OPTIONS = {"keep_dims": (0, "bool", False)}


def product_axes(operator: Operator) -> tuple[int, ...]:
    """Return the axes that disappear."""
    return tuple(reduced_axes(operator))


def lower(operator: Operator) -> Step:
    """Refuse: passes.fold_constants has taken out what can be known."""
    raise operator.refuse("the input must be known at compile time")
