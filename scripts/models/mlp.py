"""Multilayer perceptron: flatten, fully connected layers with ReLU, softmax."""

from typing import Annotated

import pydantic

from firmware import settings


class Parameters(settings.Settings):
    """The size of the layers."""

    #: units of each hidden layer
    hidden: Annotated[list[Annotated[int, pydantic.Field(gt=0, strict=True)]], pydantic.Field(min_length=1)]


def build(input_shape: tuple[int, ...], classes: int, parameters: Parameters):
    """Return the untrained Keras model: float32 (batch, *input_shape) to probabilities (batch, classes)."""
    import keras

    hidden = [keras.layers.Dense(units, activation="relu") for units in parameters.hidden]
    output = keras.layers.Dense(classes, activation="softmax")
    return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), *hidden, output])
