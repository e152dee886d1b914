"""TRANSPOSE."""

from firmware.compiler.axes import constant, dense_strides
from firmware.compiler.copy import copy_in
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

KINDS = ("TRANSPOSE",)
OPTIONS: dict = {}


def lower(operator: Operator) -> Step:
    """Return the step; the permutation must be a constant."""
    source, target = operator.inputs[0], operator.outputs[0]
    order = permutation(operator)
    shape = tuple(source.shape[axis] for axis in order)
    if shape != target.shape:
        raise operator.refuse(f"output {target.shape} does not fit, expected {shape}")
    strides = dense_strides(source.shape)
    return copy_in(operator, source, target, shape, 0, tuple(strides[axis] for axis in order))


def permutation(operator: Operator) -> list[int]:
    """Return which axis of the input becomes each axis of the output."""
    rank = len(operator.inputs[0].shape)
    order = [int(axis) for axis in constant(operator, 1, "the permutation").reshape(-1)]
    order = [axis + rank if axis < 0 else axis for axis in order]
    if sorted(order) != list(range(rank)):
        raise operator.refuse(f"{order} is not a permutation of {rank} axes")
    return order
