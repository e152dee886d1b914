"""Depthwise-separable convolutional network for keyword spotting (Zhang et al. 2017, "Hello Edge"), as in MLPerf Tiny.

With 64 filters on 49 x 10 x 1 features and 12 classes it is the benchmark's keyword spotting model: 2,656,768 MACs.
"""

from typing import Annotated

import pydantic

from firmware import settings

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]


class Parameters(settings.Settings):
    """The size of the network."""

    filters: Positive = 64  #: channels of every convolution
    blocks: Positive = 4  #: depthwise-separable pairs


def build(input_shape: tuple[int, ...], classes: int, parameters: Parameters):
    """Return the untrained Keras model: float32 (batch, frames, coefficients, 1) to probabilities (batch, classes)."""
    import keras
    from keras import layers

    def normalised(x):
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))

    inputs = keras.Input(input_shape)
    x = normalised(layers.Conv2D(parameters.filters, (10, 4), strides=2, padding="same", use_bias=False)(inputs))
    x = layers.Dropout(0.2)(x)
    for _ in range(parameters.blocks):
        x = normalised(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x))
        x = normalised(layers.Conv2D(parameters.filters, 1, use_bias=False)(x))
    x = layers.Dropout(0.4)(x)
    x = layers.Flatten()(layers.AveragePooling2D(x.shape[1:3])(x))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
