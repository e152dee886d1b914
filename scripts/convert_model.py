"""Converts one trained model to one quantization scheme, as .tflite with batch size 1; takes a given .tflite as it is.

Runs in a process of its own, as the converter keeps memory. The same weights give the same bytes.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from firmware.compiler.errors import InvalidModel, UnsupportedModel
from firmware.compiler.read import read_model
from scripts.lib.job import logged, whole
from scripts.lib.prepared import load_prepared
from scripts.lib.schemes import SCHEMES, Scheme, scheme_of

CALIBRATION_SAMPLES = 200
CALIBRATION_SEED = 1


class ConversionError(ValueError):
    """A given model that is not what its YAML says."""


def convert_model(model: Path, scheme: Scheme, data: Path | None, path: Path) -> None:
    """Write the .keras file `model` to `path` in `scheme`, calibrated with training samples of `data`.

    A .tflite is taken as it is; it must be in that scheme.
    """
    if model.suffix == ".tflite":
        content = given(model, scheme)
    else:
        import keras  # here and not above: its notices about the host belong in the log

        content = convert(keras.models.load_model(model, compile=False), scheme, load_prepared(data).x_train)
    with whole(path) as part:
        part.write_bytes(content)
    print(f"{path}: {len(content)} bytes")


def given(tflite: Path, scheme: Scheme) -> bytes:
    """Return the bytes of a .tflite from elsewhere, if it is one and in `scheme`."""
    content = tflite.read_bytes()
    try:
        found = scheme_of(read_model(content))
    except InvalidModel as error:
        raise ConversionError(f"{tflite}: not a .tflite: {error}") from error
    except UnsupportedModel:  # the cell will say so
        return content
    if found != scheme:
        raise ConversionError(f"{tflite}: expected a model in {scheme.name}, got one in {found.name}")
    return content


def convert(model: Any, scheme: Scheme, x_train: np.ndarray) -> bytes:
    """Return the Keras `model` as .tflite in `scheme`, batch size 1; x_train is float32 (n, *sample shape)."""
    import keras
    import tensorflow as tf

    sample = keras.Input(batch_shape=(1, *model.input_shape[1:]))  # a free batch would bring SHAPE and PACK operators
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(sample, model(sample)))
    converter.target_spec.supported_ops = [tf.lite.OpsSet[scheme.operators]]
    if scheme.quantize:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if scheme.weights:
        converter.target_spec.supported_types = [tf.dtypes.as_dtype(scheme.weights)]
    if scheme.calibrate:
        converter.representative_dataset = lambda: _calibration(x_train)
        converter.inference_input_type = converter.inference_output_type = tf.dtypes.as_dtype(scheme.io)
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return converter.convert()


def _calibration(x_train: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Training samples, always the same ones, each float32 (1, *sample shape)."""
    count = min(CALIBRATION_SAMPLES, len(x_train))
    for index in np.random.default_rng(CALIBRATION_SEED).choice(len(x_train), count, replace=False):
        yield [x_train[index : index + 1]]


if job := globals().get("snakemake"):
    with logged(job):
        data = Path(job.input.data) if job.input.data else None
        convert_model(Path(job.input.model), SCHEMES[job.wildcards.scheme], data, Path(job.output[0]))
