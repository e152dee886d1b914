"""FULLY_CONNECTED: output[o] = activation(sum over i of input[i] * weights[o, i] + bias[o]), row by row."""

import numpy as np

from firmware.compiler import quant
from firmware.compiler.graph import Operator, Tensor
from firmware.compiler.step import Step, Struct

KINDS = ("FULLY_CONNECTED",)
OPTIONS = {"activation": (0, "int8", 0), "weights_format": (1, "int8", 0)}


def lower(operator: Operator) -> Step:
    """Return the step; weights of shape (outputs, inputs) and the optional bias must be constants."""
    source, weights, *rest = operator.inputs
    bias = rest[0] if rest else None
    target = operator.outputs[0]
    if not weights.is_constant or (bias is not None and not bias.is_constant):
        raise operator.refuse("weights and bias must be constants")
    if operator.options["weights_format"] != 0:
        raise operator.refuse("shuffled weights are not supported")
    if len(weights.shape) != 2 or source.elements % weights.shape[1]:
        raise operator.refuse(f"weights of shape {weights.shape} do not fit the input {source.shape}")
    rows, (outputs, inputs) = source.elements // weights.shape[1], weights.shape
    if target.elements != rows * outputs or (bias is not None and bias.elements != outputs):
        raise operator.refuse(f"output {target.shape} or bias does not fit {rows} rows of {outputs} outputs")
    fields = {"rows": rows, "inputs": inputs, "outputs": outputs}
    types = (source.dtype, weights.dtype, target.dtype)
    if all(dtype == np.float32 for dtype in types):
        kernel = "bw_fully_connected_f32"
        low, high = quant.float_range(operator)
        fields |= {"weights": weights.data, "bias": bias.data if bias else None, "out_min": low, "out_max": high}
    elif all(dtype == np.int8 for dtype in types):
        kernel = "bw_fully_connected_s8"
        fields |= _int8_fields(operator, source, weights, bias)
    else:
        raise operator.refuse(f"types {', '.join(map(str, types))} are not supported")
    struct = Struct(f"{kernel}_t", fields)
    return Step(operator, kernel, struct, [source], [target], macs=rows * outputs * inputs)


def _int8_fields(operator: Operator, source: Tensor, weights: Tensor, bias: Tensor | None) -> dict:
    in_scale, in_zero = quant.per_tensor(operator, source)
    out_scale, out_zero = quant.per_tensor(operator, operator.outputs[0])
    weight_scales = quant.symmetric(operator, weights)
    if weight_scales.size == 1:
        # The reference multiplies the two scales in single precision when there is one for all channels.
        products = [float(np.float32(in_scale * weight_scales[0]))]
    else:
        products = [float(in_scale) * float(scale) for scale in weight_scales]
    pairs = [quant.quantize_multiplier(product / float(out_scale)) for product in products]
    # (input - zero) * weight = input * weight - zero * weight: the second sum is known now and joins the bias.
    folded = -in_zero * weights.data.astype(np.int64).sum(axis=1)
    if bias is not None:
        folded += bias.data.reshape(-1)
    if np.abs(folded).max() > np.iinfo(np.int32).max:
        raise operator.refuse("bias does not fit 32 bits")
    low, high = quant.integer_range(operator)
    return {
        "weights": weights.data,
        "bias": folded.astype(np.int32),
        "multiplier": np.array([multiplier for multiplier, _ in pairs], np.int32),
        "shift": np.array([shift for _, shift in pairs], np.int8),
        "channel_step": int(weight_scales.size > 1),
        "out_zero": out_zero,
        "out_min": low,
        "out_max": high,
    }
