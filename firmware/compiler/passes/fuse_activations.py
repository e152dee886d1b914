"""Clamps RELU, RELU6 and RELU_N1_TO_1 in the operator before them, where that gives the same bytes."""

import numpy as np

from firmware.compiler.graph import Graph, Operator
from firmware.compiler.quant import ACTIVATIONS

_CLAMPING = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "MAX_POOL_2D", "AVERAGE_POOL_2D")


def fuse_activations(graph: Graph) -> None:
    """Give producers the activation of their only reader; integers need the same quantization before and after."""
    producers = {operator.outputs[0]: operator for operator in graph.operators if operator.kind in _CLAMPING}
    kept = []
    for operator in graph.operators:
        producer = producers.get(operator.inputs[0]) if operator.inputs else None
        if operator.kind in ACTIVATIONS and producer and _exact(graph, producer, operator):
            producer.options["activation"] = ACTIVATIONS.index(operator.kind)
            producer.outputs = operator.outputs
            producers[operator.outputs[0]] = producer
        else:
            kept.append(operator)
    graph.operators = kept


def _exact(graph: Graph, producer: Operator, operator: Operator) -> bool:
    before, after = operator.inputs[0], operator.outputs[0]
    return (
        producer.options["activation"] == 0
        and graph.uses(before) == 1
        and before.shape == after.shape
        and before.dtype == after.dtype
        and (before.dtype == np.float32 or before.quantized_like(after))
    )
