"""Functions from one int8 element to another, with the reference's integer arithmetic.

Each takes the operator, whose tensors carry the quantization, and returns a function of one element.
"""

import math
from collections.abc import Callable

import numpy as np

from firmware.compiler import fixed_point, quant
from firmware.compiler.graph import Operator

Function = Callable[[int], int]


def _tensors(operator: Operator) -> tuple[np.float32, int, np.float32, int]:
    """Return scale and zero point of the input and of the output."""
    return (*quant.per_tensor(operator, operator.inputs[0]), *quant.per_tensor(operator, operator.outputs[0]))


def requantized(operator: Operator) -> Function:
    """The same real value in the output's quantization, within the operator's range."""
    in_scale, in_zero, out_scale, out_zero = _tensors(operator)
    multiplier, shift = quant.quantize_multiplier(float(in_scale) / float(out_scale))
    low, high = quant.integer_range(operator)
    return lambda x: max(low, min(high, out_zero + fixed_point.requantize(x - in_zero, multiplier, shift)))


def leaky_relu_multipliers(operator: Operator) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return (multiplier, shift) for values above and below zero; refuses negative slopes."""
    in_scale, _, out_scale, _ = _tensors(operator)
    alpha = np.float32(operator.options["alpha"])
    if not 0 <= alpha < math.inf:
        raise operator.refuse(f"slope {alpha} is not supported with integers")
    return (
        quant.quantize_multiplier(float(in_scale) / float(out_scale)),
        quant.quantize_multiplier(float(in_scale) * float(alpha) / float(out_scale)),
    )


def leaky_relu(operator: Operator) -> Function:
    """LEAKY_RELU: the slope `alpha` below zero."""
    _, in_zero, _, out_zero = _tensors(operator)
    positive, negative = leaky_relu_multipliers(operator)

    def function(x: int) -> int:
        scaled = fixed_point.requantize(x - in_zero, *(positive if x >= in_zero else negative))
        return fixed_point.saturate(out_zero + scaled, 8)

    return function


def _with_four_integer_bits(operator: Operator) -> Callable[[int], int | None]:
    """Return what turns an element into Q4, or into None, with the element's sign lost, where that would overflow."""
    in_scale = float(quant.per_tensor(operator, operator.inputs[0])[0])
    real = in_scale * (1 << 27)
    mantissa, shift = math.frexp(real)
    if not 0 <= shift <= 62:
        raise operator.refuse(f"input scale {in_scale} is not supported")
    multiplier = math.floor(mantissa * (1 << 31) + 0.5)
    radius = math.floor(15 * (1 << 27) / 2.0**shift)
    return lambda value: fixed_point.requantize(value, multiplier, shift) if abs(value) < radius else None


def logistic(operator: Operator) -> Function:
    """LOGISTIC: refuses outputs with a quantization other than 1/256 and -128."""
    _, in_zero, out_scale, out_zero = _tensors(operator)
    if (out_scale, out_zero) != (1 / 256, -128):
        raise operator.refuse("int8 output must have scale 1/256 and zero point -128")
    scaled = _with_four_integer_bits(operator)

    def function(x: int) -> int:
        q4 = scaled(x - in_zero)
        if q4 is None:
            return -128 if x <= in_zero else 127
        return fixed_point.saturate(fixed_point.shift_right(fixed_point.logistic(q4), 23) - 128, 8)

    return function


def tanh(operator: Operator) -> Function:
    """TANH: refuses outputs with a quantization other than 1/128 and 0."""
    _, in_zero, out_scale, out_zero = _tensors(operator)
    if (out_scale, out_zero) != (1 / 128, 0):
        raise operator.refuse("int8 output must have scale 1/128 and zero point 0")
    scaled = _with_four_integer_bits(operator)

    def function(x: int) -> int:
        q4 = scaled(x - in_zero)
        if q4 is None:
            return -128 if x <= in_zero else 127
        return fixed_point.saturate(fixed_point.shift_right(fixed_point.tanh(q4), 24), 8)

    return function


def hard_swish(operator: Operator) -> Function:
    """HARD_SWISH: x * relu6(x + 3) / 6, in numbers of 16 bits."""
    in_scale, in_zero, out_scale, out_zero = _tensors(operator)
    fine_scale = float(in_scale) / 128
    out_multiplier, out_shift = _sixteen_bits(fine_scale / float(out_scale))
    gate_multiplier, gate_shift = _sixteen_bits(fine_scale / (3 / 32768))
    if out_shift > 0:
        raise operator.refuse(f"output scale {out_scale} is too small for the input scale {in_scale}")

    def shift_left(value: int, amount: int) -> int:
        return fixed_point.saturate(value << amount, 16)

    def function(x: int) -> int:
        fine = fixed_point.wrap((x - in_zero) << 7, 16)
        value = fixed_point.doubling_high_mul(fine, out_multiplier, 16)
        # The gate runs from -1 to 1 while x runs from -3 to 3; the last doubling is where it saturates.
        gate = shift_left(fine, gate_shift - 1) if gate_shift > 0 else fine
        gate = fixed_point.doubling_high_mul(gate, gate_multiplier, 16)
        if gate_shift > 0:
            gate = shift_left(gate, 1)
        elif gate_shift < 0:
            gate = fixed_point.shift_right(gate, -gate_shift)
        gate = (gate + (1 << 15)) >> 1
        product = gate * value
        gated = abs(product) // (1 << 15) * (1 if product >= 0 else -1)
        return fixed_point.saturate(fixed_point.shift_right(gated, -out_shift) + out_zero, 8)

    return function


def _sixteen_bits(real: float) -> tuple[int, int]:
    """Return (multiplier, shift) with a multiplier of 16 bits."""
    multiplier, shift = quant.quantize_multiplier(real)
    return min((multiplier + (1 << 15)) >> 16, 32767), shift
