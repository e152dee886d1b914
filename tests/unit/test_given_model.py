"""A .tflite from elsewhere is taken as it is, if it is what its YAML says, and measured like any other."""

import numpy as np
import pytest

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.read import read_model
from scripts.convert_model import ConversionError, convert_model
from scripts.lib.prepared import DataError
from scripts.lib.schemes import SCHEMES
from scripts.lib.vectors import load_vectors
from scripts.make_vectors import make_random_vectors, make_vectors
from tests.models import small_classifier


@pytest.fixture
def tflite(tmp_path):
    path = tmp_path / "mine.tflite"
    path.write_bytes(small_classifier())
    return path


def test_its_bytes_stay_as_they_are(tflite, tmp_path):
    convert_model(tflite, "int8", None, tmp_path / "out")
    assert (tmp_path / "out/int8.tflite").read_bytes() == tflite.read_bytes()


def test_its_other_schemes_say_that_there_is_no_conversion(tflite, tmp_path):
    convert_model(tflite, "int8", None, tmp_path / "out")
    with pytest.raises(UnsupportedModel, match=r"not converted: .*mine\.tflite is int8"):
        read_model((tmp_path / "out/float32.tflite").read_bytes())


def test_another_scheme_than_declared_is_refused(tflite, tmp_path):
    with pytest.raises(ConversionError, match=r"mine\.tflite: expected a model in float32, got one in int8"):
        convert_model(tflite, "float32", None, tmp_path / "out")


def test_what_is_no_tflite_is_refused(tflite, tmp_path):
    tflite.write_bytes(b"no flatbuffer")
    with pytest.raises(ConversionError, match=r"mine\.tflite: not a \.tflite"):
        convert_model(tflite, "int8", None, tmp_path / "out")


def test_without_data_its_vectors_are_random_and_the_same_every_time(tflite, tmp_path):
    for name in ("a.npz", "b.npz"):
        make_random_vectors(tflite, SCHEMES["int8"], tmp_path / name)
    first, second = (load_vectors(tmp_path / name) for name in ("a.npz", "b.npz"))
    assert len(first) == 12 and first.inputs[0].tobytes() == second.inputs[0].tobytes()
    assert len(np.unique(first.outputs[0], axis=0)) > 1


def test_vectors_of_another_shape_are_refused(tflite, tmp_path):
    with pytest.raises(DataError, match=r"samples have shape \(23,\), the model's input has \(1, 24\)"):
        make_vectors(tflite, SCHEMES["int8"], np.zeros((3, 23), np.float32), tmp_path / "v.npz")
