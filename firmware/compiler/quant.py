"""The arithmetic of TensorFlow Lite quantization that happens before the model runs."""

import math
from collections.abc import Callable

import numpy as np

from firmware.compiler.graph import Operator, Tensor
from firmware.compiler.step import Struct

SUFFIXES = {"float32": "f32", "int8": "s8", "int16": "s16"}  # of a kernel's name, by the type of the elements
ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6")
_FLOAT_LIMITS = {
    "NONE": (-math.inf, math.inf),
    "RELU": (0.0, math.inf),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Return (multiplier, shift) with real = multiplier / 2^31 * 2^shift and multiplier in [2^30, 2^31).

    Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference", section 2.2; rounding and underflow as TensorFlow Lite does them.
    """
    if real == 0.0:
        return 0, 0
    if math.isinf(real):
        return (1 << 31) - 1, 30
    mantissa, shift = math.frexp(real)
    multiplier = math.floor(mantissa * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier, shift = multiplier // 2, shift + 1
    if shift > 30:
        return (1 << 31) - 1, 30
    return (0, 0) if shift < -31 else (multiplier, shift)


def activation(operator: Operator) -> str:
    """Return the name of the fused activation, or of the activation that the operator is; refuses unknown ones."""
    if operator.kind in ACTIVATIONS:
        return operator.kind
    code = operator.options.get("activation", 0)
    if not 0 <= code < len(ACTIVATIONS):
        raise operator.refuse(f"fused activation {code} is not supported")
    return ACTIVATIONS[code]


def float_range(operator: Operator) -> tuple[float, float]:
    """Return (lowest, highest) output of the fused activation."""
    return _FLOAT_LIMITS[activation(operator)]


def integer_range(operator: Operator) -> tuple[int, int]:
    """Return (lowest, highest) quantized output of the fused activation, in the output's type."""
    output = operator.outputs[0]
    scale, zero_point = per_tensor(operator, output)
    limits = np.iinfo(output.dtype)

    def quantized(value: float) -> int:
        ratio = float(np.float32(value) / scale)
        if math.isinf(ratio):
            return limits.min if value < 0 else limits.max
        return zero_point + int(math.copysign(math.floor(abs(ratio) + 0.5), ratio))

    low, high = float_range(operator)
    return max(limits.min, quantized(low)), min(limits.max, quantized(high))


def output_range(operator: Operator) -> Struct:
    """Return the bw_range_t of the output: its zero point, and the limits of type and fused activation."""
    low, high = integer_range(operator)
    zero_point = per_tensor(operator, operator.outputs[0])[1]
    return Struct("bw_range_t", {"zero": zero_point, "min": low, "max": high})


def per_tensor(operator: Operator, tensor: Tensor) -> tuple[np.float32, int]:
    """Return (scale, zero point); refuses a tensor with none or with one per channel."""
    if tensor.scale.size != 1:
        raise operator.refuse(f"tensor {tensor.name!r} needs one quantization scale, it has {tensor.scale.size}")
    return tensor.scale[0], int(tensor.zero_point[0])


def symmetric(operator: Operator, weights: Tensor) -> np.ndarray:
    """Return the weights' scales; refuses zero points other than 0, which the int8 scheme excludes."""
    if weights.scale.size == 0:
        raise operator.refuse(f"weights {weights.name!r} have no quantization scale")
    if weights.zero_point.any():
        raise operator.refuse(f"weights {weights.name!r} have a zero point other than 0")
    return weights.scale


def table_16(
    function: Callable[[np.ndarray], np.ndarray], in_scale: np.float32, in_zero: int, out_scale: np.float32
) -> np.ndarray:
    """Return `function` at 513 inputs from -32768 to 32768, 128 apart, as int16 (513,) for linear interpolation.

    Each entry but the last is moved so that the error in the middle of its interval is halved. Single precision, and
    the order of operations, as in the reference, whose tables these are.
    """
    low, high = in_scale * np.float32(-32768 - in_zero), in_scale * np.float32(32767 - in_zero)
    step = (high - low) / np.float32(512)
    inverse = np.float32(65536) / (out_scale * np.float32(32767) - out_scale * np.float32(-32768))

    def scaled(positions: np.ndarray) -> np.ndarray:
        return function(positions.astype(np.float64)).astype(np.float32) * inverse

    index = np.arange(512, dtype=np.float32)
    here, after = scaled(low + index * step), scaled(low + (index + np.float32(1)) * step)
    middle = _rounded(scaled(low + index * step + step / np.float32(2)))
    error = _rounded((after + _rounded(here)) / np.float32(2)) - middle
    entries = np.append(_rounded(here) - _rounded(error / np.float32(2)), _rounded(scaled(np.array([high]))))
    return np.clip(entries, -32768, 32767).astype(np.int16)


def _rounded(values: np.ndarray) -> np.ndarray:
    """Return the nearest whole numbers, halves away from zero."""
    return np.copysign(np.floor(np.abs(values) + np.float32(0.5)), values)
