"""Lets a convolution without padding walk over the border that a PAD before it would have written."""

from firmware.compiler.axes import is_known
from firmware.compiler.graph import Graph, Operator
from firmware.compiler.ops.pad import pad_value, paddings
from firmware.compiler.window import EXPLICIT, VALID

_READERS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def fuse_pads(graph: Graph) -> None:
    """Take out each PAD of height and width, with what counts as zero, whose only reader is such a convolution."""
    pads = {operator.outputs[0]: operator for operator in graph.operators if operator.kind in ("PAD", "PADV2")}
    removed = set()
    for operator in graph.operators:
        pad = pads.get(operator.inputs[0]) if operator.kind in _READERS and operator.inputs else None
        if pad and operator.options["padding"] == VALID and graph.uses(operator.inputs[0]) == 1 and _is_border(pad):
            _, height, width, _ = paddings(pad)
            operator.options |= {"padding": EXPLICIT, "pads": {"h": height, "w": width}}
            operator.inputs = [pad.inputs[0], *operator.inputs[1:]]
            removed.add(pad)
    graph.operators = [operator for operator in graph.operators if operator not in removed]


def _is_border(pad: Operator) -> bool:
    source, target = pad.inputs[0], pad.outputs[0]
    if source is None or len(source.shape) != 4 or not all(is_known(pad, i) for i in range(1, len(pad.inputs))):
        return False
    same = source.dtype == target.dtype and source.quantized_like(target)
    batch, _, _, channels = paddings(pad)
    return same and batch == channels == (0, 0) and pad_value(pad) == (target.zero_point[0] if target.scale.size else 0)
