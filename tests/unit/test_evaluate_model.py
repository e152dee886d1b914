"""Accuracy: inputs are quantized as TensorFlow Lite does, and every sample of the test split counts."""

from dataclasses import dataclass

import numpy as np
import pytest

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.host import HostTensor
from scripts import evaluate_model
from scripts.lib.prepared import Prepared, save_prepared

FLOAT = HostTensor("x", (2, 3), np.dtype(np.float32), None, None)
INT8 = HostTensor("x", (2, 3), np.dtype(np.int8), 0.5, -3)


@dataclass
class Sums:
    """Stands for a compiled model: class 1 where a sample's sum is positive, else class 0."""

    inputs: list[HostTensor]
    outputs: list[HostTensor]

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        assert batch.dtype == self.inputs[0].dtype and batch.shape[1:] == self.inputs[0].shape
        total = (batch.astype(np.int64) - (self.inputs[0].zero_point or 0)).sum(axis=(1, 2))
        return [np.stack([np.zeros_like(total), np.sign(total)], axis=1).astype(self.outputs[0].dtype)]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A test split of 40 samples, a quarter of them labelled against their sums, and two models that nobody parses."""
    rng = np.random.default_rng(1)
    signs = rng.permutation(np.repeat([-1, 1], 20))
    x = (signs[:, None] * np.full((40, 6), 2.0)).astype(np.float32)
    y = (signs > 0).astype(np.int64)
    y[:10] = 1 - y[:10]
    save_prepared(Prepared(x, y, x, y, np.array(["down", "up"])), tmp_path / "data.npz")
    (tmp_path / "int8.tflite").write_bytes(b"one")
    (tmp_path / "float32.tflite").write_bytes(b"two")
    outputs = [HostTensor("y", (2,), np.dtype(np.int8), 0.5, 0)]
    models = {"int8": Sums([INT8], outputs), "float32": Sums([FLOAT], [HostTensor("y", (2,), FLOAT.dtype, None, None)])}
    monkeypatch.setattr(evaluate_model, "HostModel", lambda path: models[path.stem])
    return tmp_path / "int8.tflite", tmp_path / "float32.tflite", tmp_path / "data.npz"


def test_every_sample_of_the_test_split_is_scored(files):
    record = evaluate_model.evaluate_model(*files, "toy", "int8")
    score = record.score
    assert (score.samples, score.correct, score.accuracy) == (40, 30, 0.75)
    assert score.ci_low < 0.75 < score.ci_high
    assert (score.agreement, score.agreement_ci_high) == (1.0, 1.0)
    assert score.max_abs_diff == 0.5
    assert score.sqnr_db == pytest.approx(10 * np.log10(4))
    assert record.tflite_sha256 != record.float_tflite_sha256


def test_a_float_model_agrees_with_itself(files):
    record = evaluate_model.evaluate_model(files[1], files[1], files[2], "toy", "float32")
    assert (record.score.agreement, record.score.max_abs_diff, record.score.sqnr_db) == (1.0, 0.0, None)


def test_a_model_that_the_compiler_refuses_is_a_result_with_its_reason(files, monkeypatch):
    def refuse(path):
        raise UnsupportedModel("operator 'GELU'\nis not supported")

    monkeypatch.setattr(evaluate_model, "HostModel", refuse)
    record = evaluate_model.evaluate_model(*files, "toy", "int8")
    assert (record.status, record.reason, record.score) == ("unsupported", "operator 'GELU' is not supported", None)


def test_data_of_another_shape_is_refused():
    model = Sums([INT8], [INT8])
    with pytest.raises(
        evaluate_model.EvaluationError, match=r"samples have shape \(5,\), the model's input has \(2, 3\)"
    ):
        evaluate_model.predict(model, np.zeros((4, 5), np.float32))


def test_labels_beyond_the_outputs_are_refused():
    outputs = np.zeros((3, 2))
    with pytest.raises(evaluate_model.EvaluationError, match="highest label 2"):
        evaluate_model.score(outputs, outputs, np.array([0, 1, 2]))
