"""MEAN, SUM and REDUCE_MAX over any axes."""

import numpy as np

from firmware.compiler import quant
from firmware.compiler.axes import constant, dense_strides, walk
from firmware.compiler.copy import check_same
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step, Struct

KINDS = ("MEAN", "SUM", "REDUCE_MAX")
OPTIONS = {"keep_dims": (0, "bool", False)}


def lower(operator: Operator) -> Step:
    """Return the step; axes must be constants and, joined, no more than two that stay and two that go."""
    source, target = operator.inputs[0], operator.outputs[0]
    suffix = quant.SUFFIXES.get(target.dtype.name)
    if source.dtype != target.dtype or suffix is None or (operator.kind == "REDUCE_MAX" and suffix == "s16"):
        raise operator.refuse(f"types {source.dtype} to {target.dtype} are not supported")
    axes = reduced_axes(operator)
    shape = _reduction(operator, axes)
    count = int(np.prod([source.shape[axis] for axis in axes]))
    if target.elements * count != source.elements:
        raise operator.refuse(f"{source.shape} reduced over {axes} does not make {target.shape}")
    if operator.kind == "REDUCE_MAX":
        check_same(operator, source, target)
        kernel, params = f"bw_reduce_max_{suffix}", shape
    elif suffix == "f32":
        divisor = float(count) if operator.kind == "MEAN" else 1.0
        kernel, params = "bw_sum_f32", Struct("bw_sum_f32_t", {"shape": shape, "divisor": divisor})
    else:
        kernel = f"bw_sum_{suffix}"
        params = Struct("bw_sum_quantized_t", {"shape": shape, **_scaling(operator, count)})
    return Step(operator, kernel, params, [source], [target])


def reduced_axes(operator: Operator) -> list[int]:
    """Return the axes that disappear, in ascending order."""
    rank = len(operator.inputs[0].shape)
    axes = [int(axis) for axis in constant(operator, 1, "the axes").reshape(-1)]
    if any(not -rank <= axis < rank for axis in axes):
        raise operator.refuse(f"axes {axes} of {rank}")
    return sorted({axis % rank for axis in axes})


def _reduction(operator: Operator, axes: list[int]) -> Struct:
    shape = operator.inputs[0].shape
    strides = dense_strides(shape)
    fields = {}
    for name, chosen in (("kept", [i for i in range(len(shape)) if i not in axes]), ("reduced", axes)):
        sizes, steps = (tuple(values[axis] for axis in chosen) for values in (shape, strides))
        fields[name], fields[f"{name}_stride"] = walk(operator, sizes, steps, axes=2)
    return Struct("bw_reduction_t", fields)


def _scaling(operator: Operator, count: int) -> dict[str, int]:
    """Return the constants of a quantized sum or mean; a mean's division goes into the multiplier."""
    (in_scale, in_zero), (out_scale, out_zero) = (
        quant.per_tensor(operator, tensor) for tensor in (operator.inputs[0], operator.outputs[0])
    )
    multiplier, shift = quant.quantize_multiplier(float(in_scale) / float(out_scale))
    if operator.kind == "MEAN":
        headroom = min(count.bit_length() - 1, 32, 31 + shift)
        multiplier, shift = (multiplier << headroom) // count, shift - headroom
    if abs(in_zero) * count >= 1 << 31:
        raise operator.refuse(f"{count} elements are too many for 32 bits")
    return {"zeros": in_zero * count, "multiplier": multiplier, "shift": shift, "out_zero": out_zero}
