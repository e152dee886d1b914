"""SPLIT, SPLIT_V and UNPACK: one copy for each output."""

from firmware.compiler.axes import constant, dense_strides
from firmware.compiler.copy import copy_in
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

KINDS = ("SPLIT", "SPLIT_V", "UNPACK")
OUTPUTS = range(1, 1 << 16)
OPTIONS = {"axis": (1, "int32", 0)}


def lower(operator: Operator) -> list[Step]:
    """Return the steps; the axis must be a constant."""
    position = 1 if operator.kind == "SPLIT" else 0
    source = operator.inputs[position] if position < len(operator.inputs) else None
    axis = operator.options["axis"]
    if operator.kind != "UNPACK":
        axis = int(constant(operator, 0 if operator.kind == "SPLIT" else 2, "the axis").reshape(-1)[0])
    if source is None or not -len(source.shape) <= axis < len(source.shape):
        raise operator.refuse(f"axis {axis} is not one of the input's")
    axis %= len(source.shape)
    strides = dense_strides(source.shape)
    steps, position = [], 0
    for target in operator.outputs:
        unpacks = operator.kind == "UNPACK"
        part = (*target.shape[:axis], 1, *target.shape[axis:]) if unpacks else target.shape
        if len(part) != len(source.shape) or any(
            a != b for i, (a, b) in enumerate(zip(part, source.shape, strict=True)) if i != axis
        ):
            raise operator.refuse(f"output {target.shape} does not fit {source.shape} along axis {axis}")
        steps.append(copy_in(operator, source, target, part, position * strides[axis], strides))
        position += part[axis]
    if position != source.shape[axis]:
        raise operator.refuse(f"outputs are {position} long along axis {axis}, the input {source.shape[axis]}")
    # Later outputs read the input that earlier ones would overwrite.
    for step in steps[:-1]:
        step.overlap.clear()
    return steps
