"""Drops operators that only change the shape: their output becomes a view of their input's memory."""

import math

from firmware.compiler.axes import is_known
from firmware.compiler.graph import Graph, Operator

_VIEWS = ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")


def remove_views(graph: Graph) -> None:
    """Make views of activations and reshaped copies of constants; refuses shapes of another size."""
    kept = []
    for operator in graph.operators:
        if operator.kind not in _VIEWS:
            kept.append(operator)
            continue
        source, target = operator.inputs[0], operator.outputs[0]
        if source is None or source.dtype != target.dtype:
            raise operator.refuse("input and output must have one type")
        if source.elements != target.elements:
            target.shape = _requested_shape(operator)
        if source.is_constant:
            target.data = source.data.reshape(target.shape)
        else:
            target.view_of = source
    graph.operators = kept


def _requested_shape(operator: Operator) -> tuple[int, ...]:
    """Return the shape that the second input asks for: with a dynamic batch, what the output declares can be wrong."""
    source, target = operator.inputs[0], operator.outputs[0]
    shape = [int(size) for size in operator.inputs[1].data.reshape(-1)] if is_known(operator, 1) else list(target.shape)
    if operator.kind == "RESHAPE" and shape.count(-1) == 1:
        known = -math.prod(shape)
        shape[shape.index(-1)] = source.elements // known if known > 0 else -1
    if operator.kind != "RESHAPE" or min(shape, default=1) < 1 or math.prod(shape) != source.elements:
        raise operator.refuse(f"shape {source.shape} cannot become {tuple(shape)}")
    return tuple(shape)
