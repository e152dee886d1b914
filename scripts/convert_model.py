"""Converts one trained model to every quantization scheme, as .tflite with batch size 1; takes a given one as it is.

Scales of int8 outputs are those that the training has settled, where there are such (quantisation-aware training), and
else come from calibration. Runs in a process of its own, as the converter keeps memory. The same weights give the same
bytes.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from firmware.compiler.errors import InvalidModel, UnsupportedModel
from firmware.compiler.read import NOT_CONVERTED, read_model
from firmware.files import whole
from scripts.lib.declared import GivenModel, load_model
from scripts.lib.job import logged
from scripts.lib.prepared import load_prepared
from scripts.lib.schemes import SCHEMES, Scheme, scheme_of
from scripts.lib.training import RANGES

CALIBRATION_SAMPLES = 200
CALIBRATION_SEED = 1


class ConversionError(ValueError):
    """A given model that is not what its YAML says."""


def convert_model(model: Path, declared: str | None, data: Path | None, folder: Path) -> None:
    """Write the .keras file `model` to <folder>/<scheme>.tflite in every scheme, calibrated with samples of `data`.

    A .tflite is taken as it is, if it is in the `declared` scheme. Where there is no conversion, the file is a note
    that says why, and so will its cells.
    """
    forms = given(model, declared) if declared else trained(model, load_prepared(data).x_train)
    for scheme, content in forms:
        with whole(folder / f"{scheme.name}.tflite") as part:
            part.write_bytes(content)
        print(f"{scheme.name}:", content.decode() if content.startswith(NOT_CONVERTED) else f"{len(content)} bytes")


def trained(path: Path, x_train: np.ndarray) -> Iterator[tuple[Scheme, bytes]]:
    """Yield the .keras file `path` in every scheme: TensorFlow takes longer to start than to convert."""
    import keras  # here and not above: its notices about the host belong in the log
    from tensorflow.lite.python.convert import ConverterError

    model, ranges = keras.models.load_model(path, compile=False), settled_ranges(path)
    for scheme in SCHEMES.values():
        try:
            yield scheme, convert(model, scheme, x_train, ranges if scheme.name == "int8" else {})
        except (ConverterError, RuntimeError) as error:
            yield scheme, NOT_CONVERTED + " ".join(str(error).split()).encode()


def given(tflite: Path, declared: str) -> Iterator[tuple[Scheme, bytes]]:
    """Yield the bytes of a .tflite from elsewhere for the scheme that it is in, which must be the declared one."""
    content = tflite.read_bytes()
    try:
        found = scheme_of(read_model(content)).name
    except InvalidModel as error:
        raise ConversionError(f"{tflite}: not a .tflite: {error}") from error
    except UnsupportedModel:  # the cell will say so
        found = declared
    if found != declared:
        raise ConversionError(f"{tflite}: expected a model in {declared}, got one in {found}")
    for scheme in SCHEMES.values():
        yield scheme, content if scheme.name == found else NOT_CONVERTED + f"{tflite} is {found}".encode()


def settled_ranges(path: Path) -> dict[str, tuple[float, float]]:
    """Return the lowest and highest output of layers, by name, that the training of the .keras file `path` settled."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(RANGES)) if RANGES in archive.namelist() else {}


def convert(
    model: Any, scheme: Scheme, x_train: np.ndarray, ranges: Mapping[str, tuple[float, float]] = MappingProxyType({})
) -> bytes:
    """Return the Keras `model` as .tflite in `scheme`, batch size 1; x_train is float32 (n, *sample shape).

    Outputs of layers that have `ranges`, of 8 bits, are quantised over those.
    """
    import keras
    import tensorflow as tf

    sample = keras.Input(batch_shape=(1, *model.input_shape[1:]))  # a free batch would bring SHAPE and PACK operators
    network = _with_ranges(model, ranges) if ranges else model
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(sample, network(sample)))
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


def _with_ranges(model: Any, ranges: Mapping[str, tuple[float, float]]) -> Any:
    """Return `model` with the operators in it that tell the converter of ranges."""
    import keras
    import tensorflow as tf

    class Range(keras.layers.Layer):
        def __init__(self, low: float, high: float):
            super().__init__()
            self.low, self.high = low, high

        def call(self, x: Any) -> Any:
            return tf.quantization.fake_quant_with_min_max_args(x, self.low, self.high, num_bits=8)

    def call(layer: Any, *inputs: Any, **options: Any) -> Any:
        output = layer(*inputs, **options)
        return Range(*ranges[layer.name])(output) if layer.name in ranges else output

    functional = keras.Model(model.inputs, model.outputs)
    return keras.models.clone_model(functional, clone_function=lambda layer: layer, call_function=call)


def _calibration(x_train: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Training samples, always the same ones, each float32 (1, *sample shape)."""
    count = min(CALIBRATION_SAMPLES, len(x_train))
    for index in np.random.default_rng(CALIBRATION_SEED).choice(len(x_train), count, replace=False):
        yield [x_train[index : index + 1]]


if job := globals().get("snakemake"):
    with logged(job):
        model = load_model(job.wildcards.model)
        declared = model.scheme if isinstance(model, GivenModel) else None
        data = Path(job.input.data) if job.input.data else None
        convert_model(Path(job.input.model), declared, data, Path(job.output[0]).parent)
