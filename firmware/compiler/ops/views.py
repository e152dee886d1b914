"""RESHAPE, EXPAND_DIMS and SQUEEZE: the same bytes under another shape, so there is nothing to run."""

from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

KINDS = ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")
OPTIONS: dict = {}


def lower(operator: Operator) -> Step:
    """Never reached: passes.remove_views takes these operators out of the graph."""
    raise operator.refuse("must have been removed")
