"""QUANTIZE and DEQUANTIZE: between float32 and int8 or int16, and between two integer quantizations."""

from firmware.compiler import int8_functions, quant
from firmware.compiler.graph import Operator, Tensor
from firmware.compiler.ops import unary
from firmware.compiler.step import Step, Struct

KINDS = ("QUANTIZE", "DEQUANTIZE")
OPTIONS: dict = {}

_SUFFIXES = {"int8": "s8", "int16": "s16"}


def lower(operator: Operator) -> Step:
    """Return the step; refuses quantization per channel."""
    source, target = operator.inputs[0], operator.outputs[0]
    if source.elements != target.elements:
        raise operator.refuse(f"{source.shape} cannot become {target.shape}")
    kernel, params = _kernel(operator)
    shrinks_or_stays = target.dtype.itemsize <= source.dtype.itemsize
    return Step(operator, kernel, params, [source], [target], overlap={0: 0} if shrinks_or_stays else {})


def _kernel(operator: Operator) -> tuple[str, Struct]:
    source, target = operator.inputs[0], operator.outputs[0]
    types = source.dtype.name, target.dtype.name
    if types[0] == "float32" and types[1] in _SUFFIXES and operator.kind == "QUANTIZE":
        return f"bw_quantize_f32_{_SUFFIXES[types[1]]}", _real(operator, target)
    if types[1] == "float32" and types[0] in _SUFFIXES and operator.kind == "DEQUANTIZE":
        return f"bw_dequantize_{_SUFFIXES[types[0]]}_f32", _real(operator, source)
    if types in (("int8", "int8"), ("int8", "uint8"), ("uint8", "int8")) and operator.kind == "QUANTIZE":
        return unary.table(operator, int8_functions.requantized(operator))
    if types[0] in _SUFFIXES and types[1] in _SUFFIXES and operator.kind == "QUANTIZE":
        return f"bw_requantize_{_SUFFIXES[types[0]]}_{_SUFFIXES[types[1]]}", unary.requantization(operator)
    raise operator.refuse(f"types {types[0]} to {types[1]} are not supported")


def _real(operator: Operator, quantized: Tensor) -> Struct:
    scale, zero = quant.per_tensor(operator, quantized)
    return Struct("bw_quantize_t", {"elements": quantized.elements, "scale": scale, "zero": zero})
