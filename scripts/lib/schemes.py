"""The quantization schemes: one row says how a scheme is converted and what its outputs are compared with."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Scheme:
    """One way to store weights and activations.

    quantize: the converter may change number formats; calibrate: it sees training samples to find the ranges of
    activations; operators: name of the `tf.lite.OpsSet` the graph is limited to; io: dtype of input and output tensors.
    oracle: `tflm` is host TFLM, which the device must match byte for byte; `litert` is LiteRT's reference kernels.
    tolerance: greatest allowed difference, as a fraction of the largest output (of 1 if all are smaller). Float sums
    of up to about 1000 products in another order, and another expf, differ by some 1e-6 in a softmax.
    """

    name: str
    quantize: bool
    calibrate: bool
    operators: str
    io: Literal["float32", "int8"]
    oracle: Literal["litert", "tflm"]
    tolerance: float


SCHEMES = {
    row.name: row
    for row in (
        #      name       quantize calibrate operators               io         oracle    tolerance
        Scheme("float32", False,   False,    "TFLITE_BUILTINS",      "float32", "litert", 1e-5),
        Scheme("int8",    True,    True,     "TFLITE_BUILTINS_INT8", "int8",    "tflm",   0.0),
    )
}  # fmt: skip
