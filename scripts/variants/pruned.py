"""Pruning by magnitude while training: the smallest weights of every layer become zero, ever more of them.

The share of zeros rises as in Zhu and Gupta, "To prune, or not to prune", arXiv:1710.01878 (2017), equation 1, once an
epoch, and stays at its target for the rest of the training. Kernels of depthwise convolutions and all biases, which are
few, stay whole. What is zero compresses; flash, RAM and latency of our images stay as they are.
"""

from typing import Annotated, Any

import numpy as np
import pydantic

from firmware import settings
from scripts.lib.training import Task

Share = Annotated[float, pydantic.Field(gt=0, lt=1)]


class Parameters(settings.Settings):
    """How many weights become zero, and when."""

    sparsity: Share  #: share of zeros in the end
    #: shares of the epochs after which pruning begins, and has reached its target
    ramp: tuple[Annotated[float, pydantic.Field(ge=0, lt=1)], Share] = (0.2, 0.6)

    @pydantic.model_validator(mode="after")
    def _rises(self) -> "Parameters":
        if self.ramp[0] >= self.ramp[1]:
            raise ValueError(f"ramp: expected a begin before the end, got {list(self.ramp)}")
        return self


def sparsity_at(epoch: int, epochs: int, parameters: Parameters) -> float:
    """Return the share of zeros while `epoch` (from 0) of `epochs` is trained."""
    begin, end = (share * epochs for share in parameters.ramp)
    left = min(1.0, max(0.0, 1 - (epoch - begin) / (end - begin)))
    return parameters.sparsity * (1 - left**3)


def smallest(kernel: np.ndarray, sparsity: float) -> np.ndarray:
    """Return the mask, float32, that is 0 for the smallest `sparsity` of the weights and 1 for the others."""
    mask = np.ones(kernel.size, np.float32)
    mask[np.argsort(np.abs(kernel), axis=None, kind="stable")[: round(sparsity * kernel.size)]] = 0
    return mask.reshape(kernel.shape)


class Mask:
    """Hides weights; hidden ones get no gradient."""

    def build(self, owner: Any, layer: Any) -> None:
        """Create the mask, all ones."""
        self.variable = owner.add_weight(name="mask", shape=layer.kernel.shape, initializer="ones", trainable=False)

    def kernel(self, kernel: Any) -> Any:
        """Return what is not hidden."""
        return kernel * self.variable

    def output(self, output: Any, training: bool | None) -> Any:
        """Leave the output alone."""
        return output


def vary(task: Task, parameters: Parameters, epochs: int, _teacher: Any) -> Task:
    """Return `task` with a mask over every kernel but those of depthwise convolutions."""
    from scripts.lib.substitute import kernel_of, substituted

    def change_of(layer: Any) -> Mask | None:
        return Mask() if kernel_of(layer) is not None and "Depthwise" not in type(layer).__name__ else None

    network, masked = substituted(task.network, change_of)

    def before_epoch(epoch: int) -> None:
        sparsity = sparsity_at(epoch, epochs, parameters)
        for layer in masked:
            layer.change.variable.assign(smallest(layer.layer.kernel.numpy(), sparsity))

    def finish() -> None:
        for layer in masked:
            kernel = kernel_of(layer.layer)
            kernel.assign(kernel.numpy() * layer.change.variable.numpy())

    return task.changed(
        network=network, before_epoch=before_epoch, finish=finish, settled=int(np.ceil(parameters.ramp[1] * epochs))
    )
