"""CONV_2D with stride, dilation, padding and groups."""

import numpy as np

from firmware.compiler.graph import Operator
from firmware.compiler.layers import Layer, read_layer
from firmware.compiler.step import Step, Struct
from firmware.compiler.window import overlap, sliding_window

KINDS = ("CONV_2D",)
OPTIONS = {
    "padding": (0, "int8", 0),
    "stride_w": (1, "int32", 0),
    "stride_h": (2, "int32", 0),
    "activation": (3, "int8", 0),
    "dilation_w": (4, "int32", 1),
    "dilation_h": (5, "int32", 1),
}


def lower(operator: Operator) -> Step:
    """Return the step; weights have shape (out_c, k_h, k_w, in_c / groups)."""
    layer = read_layer(operator)
    if len(layer.weights.shape) != 4:
        raise operator.refuse(f"weights must have 4 dimensions, got {layer.weights.shape}")
    return convolution(layer, layer.weights.data)


def convolution(layer: Layer, weights: np.ndarray) -> Step:
    """Return the step of a convolution with `weights` (out_c, k_h, k_w, group_c)."""
    out_c, k_h, k_w, group_c = weights.shape
    window = sliding_window(layer.operator, k_h, k_w)
    in_c = layer.source.shape[3]
    if in_c % group_c or out_c % (in_c // group_c) or layer.target.shape[3] != out_c:
        shapes = f"{layer.source.shape} to {layer.target.shape}"
        raise layer.operator.refuse(f"weights {layer.weights.shape} do not fit {shapes}")
    shape = Struct("bw_conv_shape_t", {"window": window, "group_c": group_c})
    fields = layer.fields(weights, padded=_leaves_input(window))
    kernel = f"bw_conv_2d_{layer.scheme}"
    return Step(
        layer.operator,
        kernel,
        Struct(f"{kernel}_t", {"shape": shape, **fields}),
        [layer.source],
        [layer.target],
        macs=layer.target.elements * k_h * k_w * group_c,
        **layer.placement(overlap(window, layer.source.dtype.itemsize)),
    )


def _leaves_input(window: Struct) -> bool:
    """Whether some position of the window reaches outside the input."""
    f = window.fields

    def end(axis: str) -> int:
        return (f[f"out_{axis}"] - 1) * f[f"stride_{axis}"] + (f[f"k_{axis}"] - 1) * f[f"dilation_{axis}"]

    return any(f[f"pad_{axis}"] or end(axis) >= f[f"in_{axis}"] for axis in "hw")
