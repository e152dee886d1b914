"""ADD, SUB, MUL, MAXIMUM and MINIMUM of two tensors; either may be a constant, or repeated to the other's shape."""

import numpy as np

from firmware.compiler import quant
from firmware.compiler.axes import broadcast_strides, walk
from firmware.compiler.graph import Operator, Tensor
from firmware.compiler.step import Step, Struct

KINDS = ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")
OPTIONS = {"activation": (0, "int8", 0)}

_KERNELS = {"ADD": "add", "SUB": "add", "MUL": "mul", "MAXIMUM": "maximum", "MINIMUM": "minimum"}


def lower(operator: Operator) -> Step:
    """Return the step; inputs and output share one type, which is float32, int8 or int16."""
    a, b, target = operands(operator)
    suffix = quant.SUFFIXES.get(target.dtype.name)
    if suffix is None or a.dtype != target.dtype or b.dtype != target.dtype:
        raise operator.refuse(f"types {a.dtype}, {b.dtype} to {target.dtype} are not supported")
    shape = broadcast(operator)
    kernel = f"bw_{_KERNELS[operator.kind]}_{suffix}"
    if operator.kind in ("MAXIMUM", "MINIMUM"):
        params = shape
        if suffix != "f32" and len({quant.per_tensor(operator, tensor) for tensor in (a, b, target)}) != 1:
            raise operator.refuse("inputs and output must share scale and zero point")
    elif suffix == "f32":
        low, high = quant.float_range(operator)
        sign = {} if operator.kind == "MUL" else {"b_sign": 1.0 if operator.kind == "ADD" else -1.0}
        params = Struct(f"{kernel}_t", {"shape": shape, **sign, "out_min": low, "out_max": high})
    else:
        fields = _product(operator) if operator.kind == "MUL" else _sum(operator)
        params = Struct(f"bw_{_KERNELS[operator.kind]}_quantized_t", {"shape": shape, **fields})
    return Step(operator, kernel, params, [a, b], [target], overlap=in_place(operator))


def operands(operator: Operator) -> tuple[Tensor, Tensor, Tensor]:
    """Return both inputs and the output; refuses other numbers of inputs."""
    if len(operator.inputs) != 2 or None in operator.inputs:
        raise operator.refuse("expected two inputs")
    return operator.inputs[0], operator.inputs[1], operator.outputs[0]


def broadcast(operator: Operator) -> Struct:
    """Return the bw_broadcast_t that stretches both inputs to the output's shape; refuses shapes that do not fit."""
    a, b, target = operands(operator)
    try:
        fits = np.broadcast_shapes(a.shape, b.shape) == target.shape
    except ValueError:
        fits = False
    if not fits:
        raise operator.refuse(f"shapes {a.shape} and {b.shape} do not make {target.shape}")
    strides = [broadcast_strides(tensor.shape, target.shape) for tensor in (a, b)]
    size, a_stride, b_stride = walk(operator, target.shape, *strides)
    return Struct("bw_broadcast_t", {"size": size, "a_stride": a_stride, "b_stride": b_stride})


def in_place(operator: Operator) -> dict[int, int]:
    """Return the overlap of a step that goes element by element: inputs of the output's size may be overwritten."""
    target = operator.outputs[0]
    same = [i for i, t in enumerate(operator.inputs) if t.elements == target.elements and t.dtype == target.dtype]
    return dict.fromkeys(same, 0)


def _sum(operator: Operator) -> dict[str, int]:
    """Return the constants of ADD and SUB: both inputs are brought to twice the larger scale before they meet."""
    a, b, target = operands(operator)
    (a_scale, a_zero), (b_scale, b_zero), (out_scale, out_zero) = (
        quant.per_tensor(operator, tensor) for tensor in (a, b, target)
    )
    left_shift = 15 if target.dtype == np.int16 else 20
    common = 2 * max(float(a_scale), float(b_scale))
    out_real = common / ((1 << left_shift) * float(out_scale))
    if not 0 < out_real < 1:
        raise operator.refuse(f"output scale {out_scale} is too small for the input scales {a_scale} and {b_scale}")
    a_multiplier, a_shift = quant.quantize_multiplier(float(a_scale) / common)
    b_multiplier, b_shift = quant.quantize_multiplier(float(b_scale) / common)
    out_multiplier, out_shift = quant.quantize_multiplier(out_real)
    low, high = quant.integer_range(operator)
    return {
        "left_shift": left_shift,
        "a_zero": a_zero,
        "a_multiplier": a_multiplier,
        "a_shift": a_shift,
        "b_zero": b_zero,
        "b_multiplier": b_multiplier,
        "b_shift": b_shift,
        "b_sign": 1 if operator.kind == "ADD" else -1,
        "out_zero": out_zero,
        "out_multiplier": out_multiplier,
        "out_shift": out_shift,
        "out_min": low,
        "out_max": high,
    }


def _product(operator: Operator) -> dict[str, int]:
    a, b, target = operands(operator)
    (a_scale, a_zero), (b_scale, b_zero), (out_scale, out_zero) = (
        quant.per_tensor(operator, tensor) for tensor in (a, b, target)
    )
    if target.dtype == np.int16 and (a_zero or b_zero or out_zero):
        raise operator.refuse("int16 tensors must have zero point 0")
    multiplier, shift = quant.quantize_multiplier(float(a_scale) * float(b_scale) / float(out_scale))
    low, high = quant.integer_range(operator)
    return {
        "a_zero": a_zero,
        "b_zero": b_zero,
        "out_zero": out_zero,
        "multiplier": multiplier,
        "shift": shift,
        "out_min": low,
        "out_max": high,
    }
