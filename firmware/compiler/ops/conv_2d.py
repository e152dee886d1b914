"""CONV_2D with stride, dilation, padding and groups."""

import numpy as np

from firmware.compiler import quant
from firmware.compiler.graph import Operator, Tensor
from firmware.compiler.step import Step, Struct
from firmware.compiler.window import sliding_window

KINDS = ("CONV_2D",)
OPTIONS = {
    "padding": (0, "int8", 0),
    "stride_w": (1, "int32", 1),
    "stride_h": (2, "int32", 1),
    "activation": (3, "int8", 0),
    "dilation_w": (4, "int32", 1),
    "dilation_h": (5, "int32", 1),
}


def lower(operator: Operator) -> Step:
    """Return the step; weights of shape (out_c, k_h, k_w, in_c / groups) and the optional bias must be constants."""
    source, weights, *rest = operator.inputs
    bias = rest[0] if rest else None
    target = operator.outputs[0]
    if not weights.is_constant or (bias is not None and not bias.is_constant):
        raise operator.refuse("weights and bias must be constants")
    if len(weights.shape) != 4:
        raise operator.refuse(f"weights must have 4 dimensions, got {weights.shape}")
    out_c, k_h, k_w, group_c = weights.shape
    window = sliding_window(operator, k_h, k_w)
    if source.shape[3] % group_c or out_c % (source.shape[3] // group_c) or target.shape[3] != out_c:
        raise operator.refuse(f"weights {weights.shape} do not fit {source.shape} to {target.shape}")
    if bias is not None and bias.elements != out_c:
        raise operator.refuse(f"bias of {bias.elements} values does not fit {out_c} channels")
    fields = {"window": window, "group_c": group_c, "weights": weights.data}
    types = (source.dtype, weights.dtype, target.dtype)
    if all(dtype == np.float32 for dtype in types):
        kernel = "bw_conv_2d_f32"
        low, high = quant.float_range(operator)
        fields |= {"bias": bias.data if bias else None, "out_min": low, "out_max": high}
    elif all(dtype == np.int8 for dtype in types):
        kernel = "bw_conv_2d_s8"
        fields |= channel_requantization(operator, source, weights, out_c)
        fields["bias"] = bias.data if bias else None
    else:
        raise operator.refuse(f"types {', '.join(map(str, types))} are not supported")
    macs = target.elements * k_h * k_w * group_c
    return Step(operator, kernel, Struct(f"{kernel}_t", fields), [source], [target], macs=macs)


def channel_requantization(operator: Operator, source: Tensor, weights: Tensor, channels: int) -> dict:
    """Return offsets, output range and one multiplier and shift per output channel."""
    in_scale, in_zero = quant.per_tensor(operator, source)
    out_scale, out_zero = quant.per_tensor(operator, operator.outputs[0])
    scales = np.broadcast_to(quant.symmetric(operator, weights), channels)
    pairs = [quant.quantize_multiplier(float(in_scale) * float(scale) / float(out_scale)) for scale in scales]
    low, high = quant.integer_range(operator)
    return {
        "multiplier": np.array([multiplier for multiplier, _ in pairs], np.int32),
        "shift": np.array([shift for _, shift in pairs], np.int8),
        "in_zero": in_zero,
        "out_zero": out_zero,
        "out_min": low,
        "out_max": high,
    }
