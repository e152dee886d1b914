"""CONCATENATION: one copy for each input."""

from firmware.compiler.axes import dense_strides
from firmware.compiler.copy import copy_out
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

KINDS = ("CONCATENATION",)
OPTIONS = {"axis": (0, "int32", 0), "activation": (1, "int8", 0)}


def lower(operator: Operator) -> list[Step]:
    """Return the steps; all tensors share type and quantization, a fused activation is refused."""
    if operator.options["activation"]:
        raise operator.refuse("a fused activation is not supported")
    return join(operator, [source.shape for source in operator.inputs if source is not None])


def join(operator: Operator, shapes: list[tuple[int, ...]]) -> list[Step]:
    """Return the steps that put the inputs, seen as `shapes`, one after the other along the operator's axis."""
    target = operator.outputs[0]
    axis, rank = operator.options["axis"], len(target.shape)
    if not -rank <= axis < rank or len(shapes) != len(operator.inputs):
        raise operator.refuse(f"axis {axis} of {rank}, or a missing input")
    axis %= rank
    strides = dense_strides(target.shape)
    steps, position = [], 0
    for source, shape in zip(operator.inputs, shapes, strict=True):
        if len(shape) != rank or shape[:axis] + shape[axis + 1 :] != target.shape[:axis] + target.shape[axis + 1 :]:
            raise operator.refuse(f"{source.shape} does not fit {target.shape} along axis {axis}")
        if position + shape[axis] <= target.shape[axis]:
            steps.append(copy_out(operator, source, target, shape, position * strides[axis], strides))
        position += shape[axis]
    if position != target.shape[axis]:
        raise operator.refuse(f"inputs are {position} long along axis {axis}, the output {target.shape[axis]}")
    return steps
