"""Activation functions of one tensor: RELU, RELU6, RELU_N1_TO_1, LEAKY_RELU, HARD_SWISH, LOGISTIC and TANH.

int8 has one kernel for all of them: the reference's arithmetic is done here for each of the 256 inputs, and the device
looks the result up.
"""

from collections.abc import Callable

import numpy as np

from firmware.compiler import int8_functions, quant
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step, Struct

KINDS = ("RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH")
OPTIONS = {"alpha": (0, "float32", 0.0)}

_CLAMPS = ("RELU", "RELU6", "RELU_N1_TO_1")


def lower(operator: Operator) -> Step:
    """Return the step; input and output share one type, which is float32, int8 or (but for HARD_SWISH) int16."""
    source, target = operator.inputs[0], operator.outputs[0]
    kinds = {"float32": _float32, "int8": _int8, "int16": _int16}
    if source.dtype != target.dtype or target.dtype.name not in kinds:
        raise operator.refuse(f"types {source.dtype} to {target.dtype} are not supported")
    if source.elements != target.elements:
        raise operator.refuse(f"{source.shape} cannot become {target.shape}")
    kernel, params = kinds[target.dtype.name](operator)
    return Step(operator, kernel, params, [source], [target], overlap={0: 0})


def _float32(operator: Operator) -> tuple[str, Struct]:
    elements = {"elements": operator.outputs[0].elements}
    if operator.kind in _CLAMPS:
        low, high = quant.float_range(operator)
        return "bw_clamp_all_f32", Struct("bw_clamp_f32_t", {**elements, "out_min": low, "out_max": high})
    if operator.kind == "LEAKY_RELU":
        return "bw_leaky_relu_f32", Struct("bw_leaky_relu_f32_t", {**elements, "slope": operator.options["alpha"]})
    return f"bw_{operator.kind.lower()}_f32", Struct("bw_elements_t", elements)


def _int8(operator: Operator) -> tuple[str, Struct]:
    functions = {"LEAKY_RELU": int8_functions.leaky_relu, "HARD_SWISH": int8_functions.hard_swish}
    functions |= {"LOGISTIC": int8_functions.logistic, "TANH": int8_functions.tanh}
    functions |= dict.fromkeys(_CLAMPS, int8_functions.requantized)
    return table(operator, functions[operator.kind](operator))


def table(operator: Operator, function: Callable[[int], int]) -> tuple[str, Struct]:
    """Return the kernel and constants that apply `function` to elements of 8 bits, signed or not."""
    source, target = operator.inputs[0], operator.outputs[0]
    elements = np.arange(256, dtype=np.uint8).view(source.dtype)
    results = np.array([function(int(element)) for element in elements], target.dtype).view(np.uint8)
    return "bw_table_8", Struct("bw_table_8_t", {"elements": target.elements, "table": results})


def _int16(operator: Operator) -> tuple[str, Struct]:
    if operator.kind in _CLAMPS:
        return "bw_requantize_s16_s16", requantization(operator)
    if operator.kind == "LEAKY_RELU":
        return "bw_leaky_relu_s16", _leaky_relu_int16(operator)
    if operator.kind in ("LOGISTIC", "TANH"):
        return f"bw_{operator.kind.lower()}_s16", _sigmoid(operator)
    raise operator.refuse("type int16 is not supported")


def requantization(operator: Operator) -> Struct:
    """Return the bw_requantize_t from the input's to the output's quantization, within the operator's output range."""
    source, target = operator.inputs[0], operator.outputs[0]
    (in_scale, in_zero), (out_scale, out_zero) = (quant.per_tensor(operator, tensor) for tensor in (source, target))
    multiplier, shift = quant.quantize_multiplier(float(in_scale) / float(out_scale))
    low, high = quant.integer_range(operator)
    fields = {"elements": target.elements, "in_zero": in_zero, "out_zero": out_zero}
    fields |= {"multiplier": multiplier, "shift": shift, "out_min": low, "out_max": high}
    return Struct("bw_requantize_t", fields)


def _leaky_relu_int16(operator: Operator) -> Struct:
    positive, negative = int8_functions.leaky_relu_multipliers(operator)
    fields = {"elements": operator.outputs[0].elements}
    fields |= {"in_zero": quant.per_tensor(operator, operator.inputs[0])[1]}
    fields |= {"out_zero": quant.per_tensor(operator, operator.outputs[0])[1]}
    fields |= {"positive_multiplier": positive[0], "positive_shift": positive[1]}
    fields |= {"negative_multiplier": negative[0], "negative_shift": negative[1]}
    return Struct("bw_leaky_relu_s16_t", fields)


def _sigmoid(operator: Operator) -> Struct:
    """Return the constants of int16 LOGISTIC and TANH, which interpolate in a table over [0, 10.7]."""
    (in_scale, in_zero), (out_scale, out_zero) = (
        quant.per_tensor(operator, tensor) for tensor in (operator.inputs[0], operator.outputs[0])
    )
    if in_zero or out_zero or out_scale != 2.0**-15:
        raise operator.refuse("int16 tensors must have zero point 0 and the output scale 1/32768")
    exponents = (0,) if operator.kind == "LOGISTIC" else (0, 1)
    # A power of two needs no rounding: its shift is a left shift of the factor 3.
    power = next((e for e in exponents if abs(np.log2(float(in_scale)) + 12 - e) < 1e-3), None)
    if power is not None:
        multiplier, shift = 3 << power, 0
    else:
        real, shift = float(in_scale) * 4096 * 3, 0
        while real <= 32767 / 2 and shift <= 30:
            real, shift = real * 2, shift + 1
        multiplier = int(real)
        if multiplier > 32767:
            raise operator.refuse(f"input scale {in_scale} is too large")
    fields = {"elements": operator.outputs[0].elements, "multiplier": multiplier, "shift": shift}
    fields |= {"table": _sigmoid_table()}
    return Struct("bw_sigmoid_s16_t", fields)


def _sigmoid_table() -> np.ndarray:
    """Return 2^16 / (1 + e^(-i / 24)) for i = 0 to 255, each lifted by half the sag of chords to its neighbours.

    The lift halves the error of linear interpolation; it is the reference's choice.
    """

    def sigmoid(i: np.ndarray) -> np.ndarray:
        return 65536 / (1 + np.exp(-i / 24))

    nodes = np.arange(256)
    sag = [sigmoid(nodes + step / 2) - (sigmoid(nodes) + sigmoid(nodes + step)) / 2 for step in (-1, 1)]
    table = np.floor(sigmoid(nodes) + sum(sag) / 4 + 0.5).astype(np.uint16)
    table[-1] = 65535  # Where the function is taken to have reached its limit.
    return table
