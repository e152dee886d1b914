"""Accuracy: inputs are quantized as TensorFlow Lite does, and every sample of the test split counts."""

from dataclasses import dataclass

import numpy as np
import pytest

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.host import HostTensor
from scripts import evaluate_model
from scripts.evaluate_model import Answers
from scripts.lib.declared import GivenModel, Model
from scripts.lib.prepared import ANOMALY, DataError, Labelled, Prepared, load_test, save_prepared

FLOAT = HostTensor("x", (2, 3), np.dtype(np.float32), None, None)
INT8 = HostTensor("x", (2, 3), np.dtype(np.int8), 0.5, -3)


MODEL = Model(
    name="toy", title="t", dataset="fashion_mnist", builder="mlp", parameters=None, seed=1, threads=1, epochs=1,
    batch_size=1, learning_rate=0.1, mlperf_target=0.9,
)  # fmt: skip


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
    record = evaluate_model.evaluate_model(MODEL, "int8", *files[:2], Answers(files[2]))
    right, fidelity = record.classified, record.fidelity
    assert (right.samples, right.correct, right.accuracy) == (40, 30, 0.75)
    assert right.ci_low < 0.75 < right.ci_high
    assert sum(map(sum, right.confusion)) == 40 and right.confusion[0][0] + right.confusion[1][1] == 30
    assert (fidelity.agreement, fidelity.agreement_ci_high) == (1.0, 1.0)
    assert fidelity.max_abs_diff == 0.5
    assert fidelity.sqnr_db == pytest.approx(10 * np.log10(4))
    assert record.tflite_sha256 != record.float_tflite_sha256
    assert (record.dataset, record.nature, record.target) == ("fashion_mnist", "real", 0.9)


def test_a_float_model_agrees_with_itself(files):
    fidelity = evaluate_model.evaluate_model(MODEL, "float32", files[1], files[1], Answers(files[2])).fidelity
    assert (fidelity.agreement, fidelity.max_abs_diff, fidelity.sqnr_db) == (1.0, 0.0, None)


def test_a_model_that_the_compiler_refuses_is_a_result_with_its_reason(files, monkeypatch):
    def refuse(path):
        raise UnsupportedModel("operator 'GELU'\nis not supported")

    monkeypatch.setattr(evaluate_model, "HostModel", refuse)
    record = evaluate_model.evaluate_model(MODEL, "int8", *files[:2], Answers(files[2]))
    assert (record.status, record.reason) == ("unsupported", "operator 'GELU' is not supported")
    assert (record.classified, record.fidelity) == (None, None)


def test_a_given_model_without_labels_says_so(files):
    given = GivenModel(name="mine", title="t", tflite="x.tflite", scheme="int8")
    record = evaluate_model.evaluate_model(given, "int8", files[0], None, None)
    assert (record.status, record.reason, record.dataset) == ("unlabelled", "no labelled vectors", None)


def test_a_given_model_is_scored_on_its_own_vectors(files, tmp_path):
    given = GivenModel(name="mine", title="t", tflite="x.tflite", scheme="int8", vectors="v.npz")
    np.savez(tmp_path / "v.npz", x=np.full((4, 6), 2, np.float32), y=np.array([1, 1, 0, 1]))
    record = evaluate_model.evaluate_model(given, "int8", files[0], None, Answers(tmp_path / "v.npz"))
    assert (record.classified.accuracy, record.fidelity, record.float_tflite_sha256) == (0.75, None, None)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"x": np.zeros((4, 6)), "y": np.zeros(4, int)}, r"expected float32 x .* got float64\[4, 6\]"),
        ({"x": np.zeros((4, 6), np.float32), "y": np.zeros(3, int)}, r"as many int64 labels y, .* int64\[3\]"),
        ({"x": np.full((4, 6), np.nan, np.float32), "y": np.zeros(4, int)}, "not finite"),
        ({"x": np.zeros((4, 6), np.float32), "y": np.full(4, -1)}, "the label -1"),
        ({"x": np.zeros((4, 6), np.float32)}, "expected an .npz with arrays x and y"),
    ],
)
def test_vectors_of_another_form_are_refused_by_name(tmp_path, arrays, reason):
    np.savez(tmp_path / "v.npz", **arrays)
    with pytest.raises(DataError, match=rf"v\.npz: .*{reason}"):
        load_test(tmp_path / "v.npz")


def test_recordings_are_told_apart_by_how_badly_they_are_given_back():
    x = np.zeros((8, 3), np.float32)
    outputs = np.repeat([[0.0], [0.1], [1.0], [1.0], [0.1], [0.1], [2.0], [0.0]], 3, axis=1)
    test = Labelled(x, np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.repeat([7, 8, 9, 10], 2), ANOMALY, 2)
    found = evaluate_model.detected(outputs, test)
    assert (found.samples, found.recordings, found.anomalous, found.auc) == (8, 4, 2, 1.0)
    with pytest.raises(evaluate_model.EvaluationError, match="expected 3 outputs, as many as inputs, got 2"):
        evaluate_model.detected(outputs[:, :2], test)


def test_data_of_another_shape_is_refused():
    model = Sums([INT8], [INT8])
    with pytest.raises(
        evaluate_model.EvaluationError, match=r"samples have shape \(5,\), the model's input has \(2, 3\)"
    ):
        evaluate_model.predict(model, np.zeros((4, 5), np.float32))


def test_labels_beyond_the_outputs_are_refused():
    test = Labelled(np.zeros((3, 4)), np.array([0, 1, 2]), np.arange(3), "classification", 3)
    with pytest.raises(evaluate_model.EvaluationError, match=r"data have 3 classes .* the model has 2 outputs"):
        evaluate_model.classified(np.zeros((3, 2)), test)
