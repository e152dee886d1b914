"""Turns operators that leave every byte where it is into RESHAPE, which costs nothing."""

from collections.abc import Callable

from firmware.compiler.axes import dense_strides, is_known, merge_axes
from firmware.compiler.graph import Graph, Operator
from firmware.compiler.ops.pad import paddings
from firmware.compiler.ops.slice import positions
from firmware.compiler.ops.transpose import permutation


def _slice(operator: Operator) -> bool:
    return positions(operator) == [range(size) for size in operator.inputs[0].shape]


def _transpose(operator: Operator) -> bool:
    """Whether only axes of size 1 change places."""
    order, shape = permutation(operator), operator.inputs[0].shape
    strides = dense_strides(shape)
    moved = merge_axes([shape[axis] for axis in order], [strides[axis] for axis in order])
    return moved in ([], [(operator.inputs[0].elements, 1)])


def _pad(operator: Operator) -> bool:
    return not any(map(any, paddings(operator)))


_NEUTRAL: dict[str, Callable[[Operator], bool]] = {
    "SLICE": _slice,
    "STRIDED_SLICE": _slice,
    "TRANSPOSE": _transpose,
    "PAD": _pad,
    "PADV2": _pad,
    "QUANTIZE": lambda operator: operator.inputs[0].scale.size == 1,
    "CONCATENATION": lambda operator: len(operator.inputs) == 1 and not operator.options["activation"],
}


def remove_identities(graph: Graph) -> None:
    """Rewrite operators whose output holds the same elements, of the same type and quantization, in the same order."""
    for operator in graph.operators:
        neutral = _NEUTRAL.get(operator.kind)
        if neutral and _known(operator) and _same(operator) and neutral(operator):
            operator.kind, operator.inputs = "RESHAPE", operator.inputs[:1]


def _known(operator: Operator) -> bool:
    return all(is_known(operator, i) for i in range(1, len(operator.inputs)))


def _same(operator: Operator) -> bool:
    source, target = operator.inputs[0], operator.outputs[0]
    return (
        source is not None
        and source.elements == target.elements
        and source.dtype == target.dtype
        and source.quantized_like(target)
    )
