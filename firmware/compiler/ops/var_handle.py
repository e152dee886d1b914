"""VAR_HANDLE: names a variable; passes.resolve_variables takes it out of the graph."""

from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

KINDS = ("VAR_HANDLE",)
INPUTS = 0
OPTIONS = {"container": (0, "text", ""), "shared_name": (1, "text", "")}


def lower(operator: Operator) -> Step:
    """Never reached."""
    raise operator.refuse("must have been removed")
