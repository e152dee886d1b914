"""Quantisation-aware training: the last part of the training feels the rounding of the int8 scheme.

Kernels are rounded as the converter will (symmetric, one scale per output channel, one for a dense layer; Jacob et al.,
"Quantization and training", arXiv:1712.05877 (2017), section 3), and so is every output that int8 stores, over a moving
average of its range. Gradients pass through the rounding unchanged. The converter takes these ranges for the scales
of the int8 scheme; input, softmax and the logits before it are not rounded here: their scales come from calibration.
"""

from typing import Annotated, Any

import pydantic

from firmware import settings
from scripts.lib.training import Task

# What the converter fuses into the layer before it: between the two nothing is stored.
FUSED = ("BatchNormalization", "ReLU")
# These pass on what they got, and have the scale of their input.
PASSING = ("Flatten", "Dropout", "Reshape", "InputLayer", "MaxPooling1D", "MaxPooling2D")
LEAST_SCALE = 1e-8


class Parameters(settings.Settings):
    """When rounding begins, and over what the ranges are averaged."""

    start: Annotated[float, pydantic.Field(ge=0, lt=1)] = 0.5  #: share of the epochs after which rounding begins
    momentum: Annotated[float, pydantic.Field(gt=0, lt=1)] = 0.95  #: of the ranges' moving averages, a step


class Rounding:
    """Rounds the kernel, the output or both, once `active` is 1."""

    def __init__(self, axes: tuple[int, ...] | None, stored: bool, momentum: float):
        """axes: of the kernel, that share one scale (None: there is no kernel); stored: int8 keeps the output."""
        self._axes, self._stored, self._momentum = axes, stored, momentum

    def build(self, owner: Any, layer: Any) -> None:
        """Create the range of the output and the switch."""
        self.active = owner.add_weight(name="active", shape=(), initializer="zeros", trainable=False)
        self._low = owner.add_weight(name="low", shape=(), initializer="zeros", trainable=False)
        self._high = owner.add_weight(name="high", shape=(), initializer="zeros", trainable=False)

    def kernel(self, kernel: Any) -> Any:
        """Round to -127..127 times the scale."""
        from keras import ops

        scale = ops.maximum(ops.max(ops.abs(kernel), axis=self._axes, keepdims=True) / 127, LEAST_SCALE)
        return self._straight_through(kernel, ops.round(kernel / scale) * scale)

    def output(self, output: Any, training: bool | None) -> Any:
        """Round to 256 values over the moving range, which holds 0; training moves it."""
        from keras import ops

        if not self._stored:
            return output
        if training:
            for bound, found in (
                (self._low, ops.minimum(ops.min(output), 0)),
                (self._high, ops.maximum(ops.max(output), 0)),
            ):
                bound.assign(self._momentum * bound + (1 - self._momentum) * ops.stop_gradient(found))
        scale = ops.maximum((self._high - self._low) / 255, LEAST_SCALE)
        zero = ops.round(self._low / scale)
        rounded = ops.clip(ops.round(output / scale), zero, zero + 255) * scale
        return self._straight_through(output, rounded)

    def range(self) -> tuple[float, float]:
        """Return the lowest and the highest output that can be stored."""
        return float(self._low), float(self._high)

    def _straight_through(self, exact: Any, rounded: Any) -> Any:
        from keras import ops

        return exact + self.active * ops.stop_gradient(rounded - exact)


def scaled_together(layer: Any) -> tuple[int, ...] | None:
    """Return the axes of a layer's kernel that share a scale, None for a layer without a kernel."""
    from scripts.lib.substitute import kernel_of

    kernel = kernel_of(layer)
    if kernel is None:
        return None
    rank = len(kernel.shape)
    if "Depthwise" in type(layer).__name__:
        return tuple(range(rank - 2))
    return tuple(range(rank)) if rank == 2 else tuple(range(rank - 1))


def is_stored(layer: Any) -> bool:
    """Whether int8 keeps the output of `layer` with a scale of its own."""
    followers = {type(node.operation).__name__ for node in layer._outbound_nodes}
    softmax = getattr(getattr(layer, "activation", None), "__name__", "") == "softmax"
    return type(layer).__name__ not in PASSING and not followers & set(FUSED) and not softmax


def vary(task: Task, parameters: Parameters, epochs: int, _teacher: Any) -> Task:
    """Return `task` with rounding in all layers that int8 computes."""
    from scripts.lib.substitute import substituted

    def change_of(layer: Any) -> Rounding | None:
        axes, stored = scaled_together(layer), is_stored(layer)
        return Rounding(axes, stored, parameters.momentum) if axes is not None or stored else None

    network, rounded = substituted(task.network, change_of)
    settled = int(parameters.start * epochs)

    def before_epoch(epoch: int) -> None:
        for layer in rounded:
            layer.change.active.assign(float(epoch >= settled))

    def ranges() -> dict[str, tuple[float, float]]:
        kept = {layer.layer.name: layer.change.range() for layer in rounded if is_stored(layer.layer)}
        return {name: (low, high) for name, (low, high) in kept.items() if high - low > LEAST_SCALE}

    return task.changed(network=network, before_epoch=before_epoch, settled=settled, ranges=ranges)
