"""ResNet with three residual stacks (He et al. 2015) for small images, as in MLPerf Tiny.

With filters 16, 32, 64 on 32 x 32 x 3 images and 10 classes it is the benchmark's image classification model:
12,501,632 MACs.
"""

from typing import Annotated

import pydantic

from firmware import settings

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]


class Parameters(settings.Settings):
    """The size of the network."""

    #: channels of each stack; every stack but the first halves height and width
    filters: Annotated[tuple[Positive, ...], pydantic.Field(min_length=1)] = (16, 32, 64)


def build(input_shape: tuple[int, ...], classes: int, parameters: Parameters):
    """Return the untrained Keras model: float32 (batch, height, width, channels) to probabilities (batch, classes)."""
    import keras
    from keras import layers

    def convolution(x, filters: int, kernel: int, strides: int):
        x = layers.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization(momentum=0.9)(x)

    inputs = keras.Input(input_shape)
    x = layers.ReLU()(convolution(inputs, parameters.filters[0], 3, 1))
    for index, filters in enumerate(parameters.filters):
        strides = 2 if index else 1
        branch = layers.ReLU()(convolution(x, filters, 3, strides))
        branch = convolution(branch, filters, 3, 1)
        if index:
            x = layers.Conv2D(filters, 1, strides=strides, padding="same")(x)
        x = layers.ReLU()(layers.Add()([x, branch]))
    x = layers.Flatten()(layers.AveragePooling2D(x.shape[1:3])(x))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
