"""FULLY_CONNECTED: output[o] = activation(sum over i of input[i] * weights[o, i] + bias[o]), row by row."""

from firmware.compiler.graph import Operator
from firmware.compiler.layers import read_layer
from firmware.compiler.step import Step, Struct

KINDS = ("FULLY_CONNECTED",)
OPTIONS = {
    "activation": (0, "int8", 0),
    "weights_format": (1, "int8", 0),
    "keep_num_dims": (2, "bool", False),
    "asymmetric_quantize_inputs": (3, "bool", False),
}


def lower(operator: Operator) -> Step:
    """Return the step; weights have shape (outputs, inputs), all but the last dimension of the input are rows."""
    layer = read_layer(operator)
    source, target, weights = layer.source, layer.target, layer.weights
    if operator.options["weights_format"] != 0:
        raise operator.refuse("shuffled weights are not supported")
    if len(weights.shape) != 2 or source.elements % weights.shape[1]:
        raise operator.refuse(f"weights of shape {weights.shape} do not fit the input {source.shape}")
    rows, (outputs, inputs) = source.elements // weights.shape[1], weights.shape
    if target.elements != rows * outputs or target.shape[-1] != outputs:
        raise operator.refuse(f"output {target.shape} does not fit {rows} rows of {outputs} outputs")
    kernel = f"bw_fully_connected_{layer.scheme}"
    fields = layer.fields(weights.data, padded=False)
    if fields.pop("in_zero", 0):
        raise operator.refuse("bias does not fit 32 bits")
    hybrid = layer.scheme == "hybrid"
    if hybrid:
        fields["asymmetric"] = int(operator.options["asymmetric_quantize_inputs"])
    struct = Struct(f"{kernel}_t", {"rows": rows, "inputs": inputs, "outputs": outputs, **fields})
    distance = row_distance(rows, inputs * source.dtype.itemsize, outputs * target.dtype.itemsize, buffered=hybrid)
    return Step(
        operator,
        kernel,
        struct,
        [source],
        [target],
        macs=rows * outputs * inputs,
        scratch_bytes=inputs if hybrid else 0,
        overlap={0: distance},
    )


def row_distance(rows: int, in_bytes: int, out_bytes: int, buffered: bool) -> int:
    """Return by how many bytes the output must start before the input.

    Row r is written while row r is still read, or, by a kernel that has `buffered` the row, while row r + 1 is not.
    """
    if buffered:
        return max(
            [-rows * in_bytes, *((row + 1) * (out_bytes - in_bytes) for row in (0, rows - 2) if 0 <= row < rows - 1)]
        )
    return max((row + 1) * out_bytes - row * in_bytes for row in (0, rows - 1))
