"""TRANSPOSE_CONV: each input pixel adds its weighted window to the output."""

import numpy as np

from firmware.compiler.graph import Operator
from firmware.compiler.layers import read_layer
from firmware.compiler.step import Step, Struct
from firmware.compiler.window import overlap, transposed_window

KINDS = ("TRANSPOSE_CONV",)
OPTIONS = {
    "padding": (0, "int8", 0),
    "stride_w": (1, "int32", 0),
    "stride_h": (2, "int32", 0),
    "activation": (3, "int8", 0),
}


def lower(operator: Operator) -> Step:
    """Return the step; inputs are the output's shape (a constant), weights (out_c, k_h, k_w, in_c), input and bias."""
    layer = read_layer(operator, source=2, weights=1, bias=3)
    shape, source, target = operator.inputs[0], layer.source, layer.target
    if shape is None or not shape.is_constant or shape.data.reshape(-1).tolist() != list(target.shape):
        raise operator.refuse(f"the output's shape must be a constant equal to {target.shape}")
    if len(layer.weights.shape) != 4:
        raise operator.refuse(f"weights must have 4 dimensions, got {layer.weights.shape}")
    out_c, k_h, k_w, in_c = layer.weights.shape
    window = transposed_window(operator, source.shape, k_h, k_w)
    if source.shape[3] != in_c or target.shape[3] != out_c:
        raise operator.refuse(f"weights {layer.weights.shape} do not fit {source.shape} to {target.shape}")
    if source.dtype != np.float32 and operator.options["activation"] != 0:
        raise operator.refuse("a fused activation is supported for float32 only")
    fields = layer.fields(layer.weights.data, padded=True)
    struct = {"shape": Struct("bw_conv_shape_t", {"window": window, "group_c": in_c}), **fields}
    return Step(
        operator,
        f"bw_transpose_conv_{layer.scheme}",
        Struct(f"bw_conv_2d_{layer.scheme}_t", struct),
        [source],
        [target],
        macs=source.elements * k_h * k_w * out_c,
        **layer.placement(overlap(window, source.dtype.itemsize, transposed=True)),
    )
