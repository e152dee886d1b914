"""PACK: one copy for each input, along a new axis."""

from firmware.compiler.graph import Operator
from firmware.compiler.ops.concatenation import join
from firmware.compiler.step import Step

KINDS = ("PACK",)
OPTIONS = {"axis": (1, "int32", 0)}


def lower(operator: Operator) -> list[Step]:
    """Return the steps; all tensors share type and quantization."""
    axis = operator.options["axis"] % max(1, len(operator.outputs[0].shape))
    shapes = [source.shape for source in operator.inputs if source is not None]
    return join(operator, [(*shape[:axis], 1, *shape[axis:]) for shape in shapes])
