"""Fully connected autoencoder for anomaly detection, as in MLPerf Tiny (the baseline of DCASE 2020, task 2).

With 640 features, four hidden layers of 128 units on each side and 8 units between, it has 264,192 MACs.
"""

from typing import Annotated

import pydantic

from firmware import settings

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]


class Parameters(settings.Settings):
    """The size of the layers."""

    hidden: Positive = 128  #: units of every hidden layer
    depth: Positive = 4  #: hidden layers on each side
    latent: Positive = 8  #: units of the narrowest layer


def build(input_shape: tuple[int, ...], classes: int, parameters: Parameters):
    """Return the untrained Keras model: float32 (batch, features) to its reconstruction; `classes` has no meaning."""
    import keras
    from keras import layers

    side = [parameters.hidden] * parameters.depth
    inputs = x = keras.Input(input_shape)
    for units in (*side, parameters.latent, *side):
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(layers.Dense(units)(x)))
    return keras.Model(inputs, layers.Dense(input_shape[0])(x))
