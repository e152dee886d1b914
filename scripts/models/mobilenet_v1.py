"""MobileNet V1 (Howard et al. 2017), as in MLPerf Tiny.

With width 0.25 on 96 x 96 x 3 images and 2 classes it is the benchmark's visual wake words model: 7,489,664 MACs.
"""

from typing import Annotated

import pydantic

from firmware import settings

# (channels at width 1, stride) of each depthwise-separable pair; table 1 of the paper.
_PAIRS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]


class Parameters(settings.Settings):
    """The size of the network."""

    width: Annotated[float, pydantic.Field(gt=0, le=1)] = 0.25  #: factor on all numbers of channels


def build(input_shape: tuple[int, ...], classes: int, parameters: Parameters):
    """Return the untrained Keras model: float32 (batch, height, width, channels) to probabilities (batch, classes)."""
    import keras
    from keras import layers

    def normalised(x):
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))

    def scaled(channels: int) -> int:
        return max(1, int(channels * parameters.width))

    inputs = keras.Input(input_shape)
    x = normalised(layers.Conv2D(scaled(32), 3, strides=2, padding="same", use_bias=False)(inputs))
    for channels, strides in _PAIRS:
        x = normalised(layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x))
        x = normalised(layers.Conv2D(scaled(channels), 1, use_bias=False)(x))
    x = layers.Flatten()(layers.AveragePooling2D(x.shape[1:3])(x))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
