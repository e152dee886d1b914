"""PRELU: x where x >= 0, else x times a slope that is repeated to the shape of x."""

import numpy as np

from firmware.compiler import quant
from firmware.compiler.graph import Operator
from firmware.compiler.ops import arithmetic
from firmware.compiler.step import Step, Struct

KINDS = ("PRELU",)
OPTIONS: dict = {}


def lower(operator: Operator) -> Step:
    """Return the step; slopes are float32 with float32, int8 with int8 and int16."""
    source, slope, target = arithmetic.operands(operator)
    shape = arithmetic.broadcast(operator)
    types = (source.dtype.name, slope.dtype.name, target.dtype.name)
    if types == ("float32", "float32", "float32"):
        kernel, params = "bw_prelu_f32", shape
    elif types in (("int8", "int8", "int8"), ("int16", "int8", "int16")):
        kernel = "bw_prelu_s8" if target.dtype == np.int8 else "bw_prelu_s16"
        params = Struct("bw_prelu_quantized_t", {"shape": shape, **_scaling(operator)})
    else:
        raise operator.refuse(f"types {', '.join(types)} are not supported")
    return Step(operator, kernel, params, [source, slope], [target], overlap=arithmetic.in_place(operator))


def _scaling(operator: Operator) -> dict[str, int]:
    source, slope, target = arithmetic.operands(operator)
    (a_scale, a_zero), (b_scale, b_zero), (out_scale, out_zero) = (
        quant.per_tensor(operator, tensor) for tensor in (source, slope, target)
    )
    positive = quant.quantize_multiplier(float(a_scale) / float(out_scale))
    negative = quant.quantize_multiplier(float(a_scale) * float(b_scale) / float(out_scale))
    limits = np.iinfo(target.dtype)
    return {
        "a_zero": a_zero,
        "b_zero": b_zero,
        "out_zero": out_zero,
        "out_min": int(limits.min),
        "out_max": int(limits.max),
        "positive_multiplier": positive[0],
        "positive_shift": positive[1],
        "negative_multiplier": negative[0],
        "negative_shift": negative[1],
    }
