"""SLICE and STRIDED_SLICE: every n-th element between two positions along each axis."""

from firmware.compiler.axes import constant, dense_strides
from firmware.compiler.copy import copy_in
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

KINDS = ("SLICE", "STRIDED_SLICE")
OPTIONS = {
    "begin_mask": (0, "int32", 0),
    "end_mask": (1, "int32", 0),
    "ellipsis_mask": (2, "int32", 0),
    "new_axis_mask": (3, "int32", 0),
    "shrink_axis_mask": (4, "int32", 0),
}


def lower(operator: Operator) -> Step:
    """Return the step; positions must be constants, ellipsis and new axes are refused."""
    source, target = operator.inputs[0], operator.outputs[0]
    ranges = positions(operator)
    strides = dense_strides(source.shape)
    start = sum(r.start * stride for r, stride in zip(ranges, strides, strict=True))
    steps = tuple(r.step * stride for r, stride in zip(ranges, strides, strict=True))
    return copy_in(operator, source, target, tuple(len(r) for r in ranges), start, steps)


def positions(operator: Operator) -> list[range]:
    """Return the positions taken along each axis of the input; refuses an empty choice."""
    shape = operator.inputs[0].shape
    begin = [int(value) for value in constant(operator, 1, "the beginning").reshape(-1)]
    end = [int(value) for value in constant(operator, 2, "the end").reshape(-1)]
    if len(begin) != len(shape) or len(end) != len(shape):
        raise operator.refuse(f"expected {len(shape)} positions, got {len(begin)} and {len(end)}")
    if operator.kind == "SLICE":
        end = [size if length == -1 else b + length for b, length, size in zip(begin, end, shape, strict=True)]
        ranges = [range(b, e) for b, e in zip(begin, end, strict=True)]
    else:
        ranges = _strided(operator, shape, begin, end)
    for taken, size in zip(ranges, shape, strict=True):
        if not len(taken) or not (0 <= taken[0] < size and 0 <= taken[-1] < size):
            raise operator.refuse(f"takes nothing from, or reaches beyond, shape {shape}")
    return ranges


def _strided(operator: Operator, shape: tuple[int, ...], begin: list[int], end: list[int]) -> list[range]:
    options = operator.options
    if options["ellipsis_mask"] or options["new_axis_mask"]:
        raise operator.refuse("ellipsis and new axes are not supported")
    steps = [int(value) for value in constant(operator, 3, "the strides").reshape(-1)]
    if len(steps) != len(shape) or 0 in steps:
        raise operator.refuse(f"expected {len(shape)} strides other than 0, got {steps}")
    ranges = []
    for axis, (size, first, last, step) in enumerate(zip(shape, begin, end, steps, strict=True)):
        bit = 1 << axis
        if options["shrink_axis_mask"] & bit:
            first = first + size if first < 0 else first
            ranges.append(range(first, first + 1))
            continue
        limits = (None if options["begin_mask"] & bit else first, None if options["end_mask"] & bit else last)
        ranges.append(range(*slice(*limits, step).indices(size)))
    return ranges
