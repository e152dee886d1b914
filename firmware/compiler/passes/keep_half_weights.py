"""The pass that keeps float16 constants as they are: the converter puts a DEQUANTIZE operator behind each of them.

Weights of convolutions and fully connected layers stay float16 in flash, for kernels that widen them as they are used.
Every other use, biases among them, gets the float32 values.
"""

import numpy as np

from firmware.compiler.graph import Graph, Tensor

# Position of the weights among the operator's inputs.
_WEIGHTS = {"CONV_2D": 1, "DEPTHWISE_CONV_2D": 1, "FULLY_CONNECTED": 1, "TRANSPOSE_CONV": 1}


def keep_half_weights(graph: Graph) -> None:
    """Drop every DEQUANTIZE of a float16 constant."""
    halves: dict[Tensor, Tensor] = {}
    kept = []
    for operator in graph.operators:
        source = operator.inputs[0] if operator.inputs else None
        if operator.kind == "DEQUANTIZE" and source is not None and source.is_constant and source.dtype == np.float16:
            halves[operator.outputs[0]] = source
            operator.outputs[0].data = source.data.astype(np.float32)
        else:
            kept.append(operator)
    for operator in kept:
        position = _WEIGHTS.get(operator.kind)
        if position is not None and position < len(operator.inputs):
            weights = operator.inputs[position]
            operator.inputs[position] = halves.get(weights, weights)
    graph.operators = kept
