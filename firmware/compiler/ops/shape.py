"""SHAPE and CAST: only where shapes are computed, which passes.fold_constants does."""

from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

KINDS = ("SHAPE", "CAST")
OPTIONS: dict = {}


def lower(operator: Operator) -> Step:
    """Refuse: passes.fold_constants has taken out what can be known."""
    raise operator.refuse("the input must be an integer known at compile time")
