"""A network that shares its variables with another one and computes with other kernels and outputs.

So a variant changes what a training sees, and leaves an ordinary Keras model behind. Only what trains imports this.
"""

from collections.abc import Callable
from typing import Any

import keras


@keras.saving.register_keras_serializable("boardwalk")
class Substitute(keras.layers.Layer):
    """Does what `layer` does, with `kernel_change(kernel)` for its kernel and `output_change(output, training)` after.

    Both may have variables of their own, which they create here, in `add`.
    """

    def __init__(self, layer: Any, change: Any):
        super().__init__(name=f"{layer.name}_{type(change).__name__.lower()}")
        self.layer, self.change = layer, change

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the change's variables."""
        self.change.build(self, self.layer)
        self.built = True

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Compute the layer with the changed kernel."""
        kernel = kernel_of(self.layer)
        if kernel is None:
            return self.change.output(self.layer(x), training)
        with keras.StatelessScope(state_mapping=[(kernel, self.change.kernel(kernel.value))]):
            y = self.layer(x)
        return self.change.output(y, training)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The layer's own."""
        return self.layer.compute_output_shape(input_shape)


def kernel_of(layer: Any) -> Any | None:
    """Return the variable with the weights of a dense or convolutional layer, None for others."""
    return next((variable for variable in layer.weights if variable.name == "kernel"), None)


def substituted(network: Any, change_of: Callable[[Any], Any | None]) -> tuple[Any, list[Substitute]]:
    """Return `network` with a Substitute for each layer that `change_of` has a change for, and these substitutes."""
    made: list[Substitute] = []

    def exchange(layer: Any) -> Any:
        change = change_of(layer)
        if change is None:
            return layer
        made.append(Substitute(layer, change))
        return made[-1]

    return keras.models.clone_model(network, clone_function=exchange), made
