"""DEPTHWISE_CONV_2D: a convolution in which every group has one input channel and `multiplier` output channels."""

from firmware.compiler.graph import Operator
from firmware.compiler.layers import read_layer
from firmware.compiler.ops.conv_2d import convolution
from firmware.compiler.step import Step

KINDS = ("DEPTHWISE_CONV_2D",)
OPTIONS = {
    "padding": (0, "int8", 0),
    "stride_w": (1, "int32", 0),
    "stride_h": (2, "int32", 0),
    "multiplier": (3, "int32", 1),
    "activation": (4, "int8", 0),
    "dilation_w": (5, "int32", 1),
    "dilation_h": (6, "int32", 1),
}


def lower(operator: Operator) -> Step:
    """Return the step; weights have shape (1, k_h, k_w, in_c * multiplier), their scales lie along the last axis."""
    layer = read_layer(operator)
    shape, channels = layer.weights.shape, layer.source.shape[-1]
    # The shapes say it all; the multiplier in the options may be stale, and LiteRT does not read it either.
    if len(shape) != 4 or shape[0] != 1 or shape[3] % channels:
        raise operator.refuse(f"weights {shape} do not fit {channels} channels")
    return convolution(layer, layer.weights.data.transpose(3, 1, 2, 0))
