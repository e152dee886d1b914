"""SOFTMAX over the last axis."""

import math

import numpy as np

from firmware.compiler import quant
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step, Struct

KINDS = ("SOFTMAX",)
OPTIONS = {"beta": (0, "float32", 0.0)}

# Integer bits of the fixed-point difference to the maximum; part of the reference's definition of int8 softmax.
_INTEGER_BITS = 5


def lower(operator: Operator) -> Step:
    """Return the step; int8 outputs must have scale 1/256 and zero point -128, as the scheme prescribes."""
    source, target = operator.inputs[0], operator.outputs[0]
    if source.elements != target.elements:
        raise operator.refuse(f"input has {source.elements} elements, output {target.elements}")
    depth = source.shape[-1] if source.shape else 1
    fields = {"rows": source.elements // depth, "depth": depth}
    beta = operator.options["beta"]
    if source.dtype == target.dtype == np.float32:
        kernel, fields["beta"] = "bw_softmax_f32", float(beta)
    elif source.dtype == target.dtype == np.int8:
        if quant.per_tensor(operator, target) != (1 / 256, -128):
            raise operator.refuse("int8 output must have scale 1/256 and zero point -128")
        kernel = "bw_softmax_s8"
        fields |= _scaling(beta, float(quant.per_tensor(operator, source)[0]))
    elif source.dtype == target.dtype == np.int16:
        if quant.per_tensor(operator, target) != (1 / 32768, 0) or depth >= 1 << 16:
            raise operator.refuse("int16 output must have scale 1/32768, zero point 0 and a depth below 65536")
        kernel = "bw_softmax_s16"
        fields |= _tables(beta, float(quant.per_tensor(operator, source)[0]))
    else:
        raise operator.refuse(f"types {source.dtype} to {target.dtype} are not supported")
    return Step(operator, kernel, Struct(f"{kernel}_t", fields), [source], [target], overlap={0: 0})


def _tables(beta: float, scale: float) -> dict:
    """Return what turns an input difference into a position in the tables, and the tables."""
    multiplier, shift = quant.quantize_multiplier(scale * beta / (10.0 / 65535.0))
    exp = quant.table_16(np.exp, np.float32(10.0) / np.float32(65535), 32767, np.float32(2.0) / np.float32(65535))
    reciprocal = quant.table_16(
        lambda x: 1 / (1 + x), np.float32(1.0) / np.float32(65535), -32768, np.float32(2.0) / np.float32(65535)
    )
    return {"multiplier": multiplier, "shift": shift, "exp": exp, "reciprocal": reciprocal}


def _scaling(beta: float, scale: float) -> dict[str, int]:
    """Return what turns an input difference into fixed point, and the smallest difference that counts."""
    fraction_bits = 31 - _INTEGER_BITS
    multiplier, shift = quant.quantize_multiplier(min(beta * scale * (1 << fraction_bits), (1 << 31) - 1.0))
    radius = math.floor(((1 << _INTEGER_BITS) - 1) * (1 << fraction_bits) / 2.0**shift)
    return {"multiplier": multiplier, "left_shift": shift, "min_difference": -radius}
