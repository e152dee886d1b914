"""The quantization schemes: one row says how a scheme is converted and what its outputs are compared with."""

from dataclasses import dataclass
from typing import Literal

from firmware.compiler.graph import Graph


@dataclass(frozen=True)
class Scheme:
    """One way to store weights and activations.

    quantize: the converter may change number formats; weights: the only float type it may use for constants, if any;
    calibrate: it sees training samples to find the ranges of activations; operators: name of the `tf.lite.OpsSet` the
    graph is limited to; io: dtype of input and output tensors. Where activations are integers, dense layers get one
    weight scale each and not one per channel: what TFLM and CMSIS-NN accept in all of these schemes.

    oracle: `tflm` is host TFLM, which the device must match byte for byte; `litert` is LiteRT's reference kernels.
    tolerance: greatest allowed difference, as a fraction of the largest output (of 1 if all are smaller). Float sums
    of up to about 1000 products in another order, and another expf, differ by some 1e-6 in a softmax. dynamic_range
    rounds activations to 255 steps before each layer: where the last bit of a float decides a rounding, one step of one
    activation moves, 1/255 of its range times one weight.
    """

    name: str
    quantize: bool
    weights: Literal["float16"] | None
    calibrate: bool
    operators: str
    io: Literal["float32", "int8", "int16"]
    oracle: Literal["litert", "tflm"]
    tolerance: float


_INT16X8 = "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8"

SCHEMES = {
    row.name: row
    for row in (
        #      name             quantize weights    calibrate operators               io         oracle    tolerance
        Scheme("float32",       False,   None,      False,    "TFLITE_BUILTINS",      "float32", "litert", 1e-5),
        Scheme("float16",       True,    "float16", False,    "TFLITE_BUILTINS",      "float32", "litert", 1e-5),
        Scheme("dynamic_range", True,    None,      False,    "TFLITE_BUILTINS",      "float32", "litert", 5e-3),
        Scheme("int8",          True,    None,      True,     "TFLITE_BUILTINS_INT8", "int8",    "tflm",   0.0),
        Scheme("int16x8",       True,    None,      True,     _INT16X8,               "int16",   "tflm",   0.0),
    )
}  # fmt: skip


def scheme_of(graph: Graph) -> Scheme:
    """Return the scheme of a model that somebody else converted, by the types of its activations and constants."""
    activations = {tensor.dtype.name for tensor in graph.activations()}
    constants = {t.dtype.name for op in graph.operators for t in op.inputs if t is not None and t.is_constant}
    if "int16" in activations:
        return SCHEMES["int16x8"]
    if "int8" in activations:
        return SCHEMES["int8"]
    if "float16" in constants:
        return SCHEMES["float16"]
    return SCHEMES["dynamic_range" if "int8" in constants else "float32"]
