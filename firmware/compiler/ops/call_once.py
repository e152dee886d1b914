"""CALL_ONCE: names the subgraph that initialises variables; passes.resolve_variables takes it out of the graph."""

from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

KINDS = ("CALL_ONCE",)
INPUTS, OUTPUTS = 0, range(1)
OPTIONS = {"init_subgraph_index": (0, "int32", 0)}


def lower(operator: Operator) -> Step:
    """Never reached."""
    raise operator.refuse("must have been removed")
