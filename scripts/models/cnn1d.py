"""Small 1D convolutional network for windows of a time series: (convolution, ReLU, max pooling) blocks, then dense."""

from typing import Annotated

import pydantic

from firmware import settings

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]


class Parameters(settings.Settings):
    """The size of the blocks and of the layer behind them."""

    filters: Annotated[list[Positive], pydantic.Field(min_length=1)]  #: channels of each block
    kernel: Positive  #: samples that a convolution sees
    pool: Positive  #: samples that become one behind each block
    hidden: Positive  #: units of the dense layer
    dropout: Annotated[float, pydantic.Field(ge=0, lt=1)]  #: share of them, in training only


def build(input_shape: tuple[int, ...], classes: int, parameters: Parameters):
    """Return the untrained Keras model: float32 (batch, samples, axes) to probabilities (batch, classes)."""
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input(input_shape)])
    for filters in parameters.filters:
        model.add(layers.Conv1D(filters, parameters.kernel, padding="same", activation="relu"))
        model.add(layers.MaxPooling1D(parameters.pool))
    model.add(layers.Flatten())
    model.add(layers.Dropout(parameters.dropout))
    model.add(layers.Dense(parameters.hidden, activation="relu"))
    model.add(layers.Dense(classes, activation="softmax"))
    return model
