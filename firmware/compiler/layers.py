"""What convolutions and fully connected layers share: constant weights, bias and requantization, for each scheme.

The scheme of a layer follows from the types of its input, weights and output.
"""

from dataclasses import dataclass

import numpy as np

from firmware.compiler import quant
from firmware.compiler.graph import Operator, Tensor


@dataclass(frozen=True)
class Layer:
    """A layer whose `weights` have shape (channels, …) and whose sums have one term per weight of a channel."""

    operator: Operator
    source: Tensor
    weights: Tensor
    bias: Tensor | None

    @property
    def target(self) -> Tensor:
        """The output."""
        return self.operator.outputs[0]

    @property
    def scheme(self) -> str:
        """The kernels' suffix."""
        types = (self.source.dtype.name, self.weights.dtype.name, self.target.dtype.name)
        if types not in _SCHEMES:
            raise self.operator.refuse(f"types {', '.join(types)} are not supported")
        return _SCHEMES[types]

    def placement(self, in_place: dict) -> dict:
        """Return the fields of a Step that say where the output may lie; `in_place` if the kernel reads as it writes.

        A hybrid convolution copies its whole input into the scratch buffer first, one byte an element.
        """
        if self.scheme == "hybrid":
            return {"overlap": {0: -self.source.size_bytes}, "scratch_bytes": self.source.elements}
        return in_place

    def fields(self, weights: np.ndarray, padded: bool) -> dict:
        """Return weights (channels, …) and everything per channel; `padded`: some sums may lack some terms."""
        return _FIELDS[self.scheme](self, weights, padded)

    def bias_values(self, channels: int, dtype: str) -> np.ndarray:
        """Return the bias (channels,), zeros if there is none; refuses another type."""
        if self.bias is None:
            return np.zeros(channels, dtype)
        if self.bias.elements != channels or self.bias.dtype != dtype:
            found = f"{self.bias.elements} values of type {self.bias.dtype}"
            raise self.operator.refuse(f"expected a bias of {channels} values of type {dtype}, got {found}")
        return self.bias.data.reshape(-1)


def read_layer(operator: Operator, source: int = 0, weights: int = 1, bias: int = 2) -> Layer:
    """Return the layer whose tensors are the inputs at these positions; weights and bias must be constants."""
    inputs = [*operator.inputs, *[None] * (bias + 1 - len(operator.inputs))]
    layer = Layer(operator, inputs[source], inputs[weights], inputs[bias])
    if layer.source is None or layer.weights is None or not layer.source.shape:
        raise operator.refuse("input and weights are missing, or the input is a single value")
    if not layer.weights.is_constant or (layer.bias is not None and not layer.bias.is_constant):
        raise operator.refuse("weights and bias must be constants")
    return layer


def _float_fields(layer: Layer, weights: np.ndarray, padded: bool) -> dict:
    low, high = quant.float_range(layer.operator)
    return {
        "weights": weights,
        "bias": layer.bias_values(len(weights), "float32"),
        "out_min": low,
        "out_max": high,
    }


def _int8_fields(layer: Layer, weights: np.ndarray, padded: bool) -> dict:
    channels = len(weights)
    zero_point = quant.per_tensor(layer.operator, layer.source)[1]
    if weights[0].size * 255 * 128 >= 1 << 31:
        raise layer.operator.refuse(f"a sum of {weights[0].size} products does not fit 32 bits")
    bias = layer.bias_values(channels, "int32")
    # (input - zero) * weight = input * weight - zero * weight: without padding, the second sum is known now.
    folded = bias - zero_point * weights.reshape(channels, -1).astype(np.int64).sum(axis=1)
    if not padded and np.abs(folded).max() < 1 << 31:
        bias, zero_point = folded.astype(np.int32), 0
    pairs = _multipliers(layer, channels)
    return {
        "weights": weights,
        "bias": bias,
        "multiplier": np.array([multiplier for multiplier, _ in pairs], np.int32),
        "shift": np.array([shift for _, shift in pairs], np.int8),
        "channel_step": int(len(pairs) > 1),
        "in_zero": zero_point,
        "out": quant.output_range(layer.operator),
    }


def _int16_fields(layer: Layer, weights: np.ndarray, padded: bool) -> dict:
    channels = len(weights)
    for tensor in (layer.source, layer.target):
        if quant.per_tensor(layer.operator, tensor)[1] != 0:
            raise layer.operator.refuse(f"tensor {tensor.name!r} of type int16 must have zero point 0")
    pairs = _multipliers(layer, channels)
    if max(shift for _, shift in pairs) > 7:
        raise layer.operator.refuse("weights times inputs are more than 128 times coarser than outputs")
    # The reference keeps 16 bits of the multiplier, since sums have 64.
    reduced = [min((multiplier + (1 << 15)) >> 16, 0x7FFF) for multiplier, _ in pairs]
    return {
        "weights": weights,
        "bias": layer.bias_values(channels, "int64"),
        "multiplier": np.array(reduced, np.int16),
        "shift": np.array([shift for _, shift in pairs], np.int8),
        "channel_step": int(len(pairs) > 1),
        "out": quant.output_range(layer.operator),
    }


def _half_fields(layer: Layer, weights: np.ndarray, padded: bool) -> dict:
    if not np.isfinite(weights).all():
        raise layer.operator.refuse(f"weights {layer.weights.name!r} are not finite")
    return _float_fields(layer, np.ascontiguousarray(weights).view(np.uint16), padded)


def _hybrid_fields(layer: Layer, weights: np.ndarray, padded: bool) -> dict:
    scales = quant.symmetric(layer.operator, layer.weights)
    if scales.size not in (1, len(weights)):
        raise layer.operator.refuse(f"{scales.size} weight scales do not fit {len(weights)} channels")
    # LiteRT takes the range of a convolution's input around 0 where all channels have one scale.
    asymmetric = layer.operator.kind != "CONV_2D" or bool((scales != scales[0]).any())
    fields = {"scale": scales, "channel_step": int(scales.size > 1), "asymmetric": int(asymmetric)}
    return fields | _float_fields(layer, weights, padded)


def _multipliers(layer: Layer, channels: int) -> list[tuple[int, int]]:
    """Return (multiplier, shift) from sums to outputs: one per channel, or one if there is one weight scale."""
    in_scale = quant.per_tensor(layer.operator, layer.source)[0]
    out_scale = float(quant.per_tensor(layer.operator, layer.target)[0])
    scales = quant.symmetric(layer.operator, layer.weights)
    if scales.size not in (1, channels):
        raise layer.operator.refuse(f"{scales.size} weight scales do not fit {channels} channels")
    return [quant.quantize_multiplier(float(in_scale) * float(scale) / out_scale) for scale in scales]


_SCHEMES = {
    ("float32", "float32", "float32"): "f32",
    ("float32", "float16", "float32"): "f16",
    ("float32", "int8", "float32"): "hybrid",
    ("int8", "int8", "int8"): "s8",
    ("int16", "int8", "int16"): "s16",
}
_FIELDS = {
    "f32": _float_fields,
    "f16": _half_fields,
    "hybrid": _hybrid_fields,
    "s8": _int8_fields,
    "s16": _int16_fields,
}
