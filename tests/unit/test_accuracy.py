"""Scores that contradict themselves are refused, and an area under the curve has the interval that was published."""

import json

import numpy as np
import pytest

from scripts.lib import results, stats
from scripts.lib.accuracy import Accuracy
from tests.unit import records


@pytest.mark.parametrize(
    ("record", "path", "value", "message"),
    [
        ("accuracy", "classified.accuracy", 0.5, "lies outside its interval"),
        ("accuracy", "classified.correct", 1, "is not correct / samples"),
        ("accuracy", "classified.confusion", [[1, 2], [3, 4]], "confusion has 5 right of 10 samples"),
        ("accuracy", "classified.confusion", [[1, 2]], "confusion is not square"),
        ("accuracy", "classified", None, "status 'ok' needs one score"),
        ("accuracy", "status", "unlabelled", "needs a reason"),
        ("accuracy", "fidelity.agreement", None, "agreement comes with its interval"),
        ("accuracy", "float_tflite_sha256", None, "fidelity needs float_tflite_sha256"),
        ("accuracy", "nature", "fake", "nature: "),
        ("detection", "detected.ci_high", 0.1, "lies outside its interval"),
        ("detection", "detected.anomalous", 100, "100 anomalous of 100 recordings"),
        ("detection", "target", 2.0, "target: "),
    ],
)
def test_a_broken_accuracy_is_refused(record, path, value, message, tmp_path):
    content = getattr(records, record)("mlp_fashion", "int8").model_dump()
    *owner, last = path.split(".")
    (content[owner[0]] if owner else content)[last] = value
    file = tmp_path / "int8.accuracy.json"
    file.write_text(json.dumps(content))
    with pytest.raises(results.ResultError) as error:
        results.read(file, Accuracy)
    assert message in str(error.value)


def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order():
    scores = np.array([0.1, 0.4, 0.35, 0.8, 0.35])
    positive = np.array([False, False, True, True, False])
    auc, low, high = stats.auc_interval(scores, positive)
    assert auc == pytest.approx((1 + 0 + 0.5 + 3) / 6)
    assert 0 <= low < auc < high <= 1


def test_delongs_interval_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(1)
    positive = np.arange(100) % 2 == 1
    truth, covered = 0.76025, 0  # of two normal distributions one deviation apart: Phi(1 / sqrt 2)
    for _ in range(400):
        _, low, high = stats.auc_interval(random.normal(size=100) + positive, positive)
        covered += low <= truth <= high
    assert 0.91 < covered / 400 < 0.98


def test_an_area_needs_two_samples_of_each_kind():
    with pytest.raises(ValueError, match="1 positive and 2 negative"):
        stats.auc_interval(np.arange(3.0), np.array([True, False, False]))


def test_the_mean_of_seeds_has_students_interval():
    mean, low, high = stats.mean_interval([1.0, 2.0, 3.0])
    assert (mean, low, high) == pytest.approx((2, 2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5))
    with pytest.raises(ValueError, match="two values or more, got 1"):
        stats.mean_interval([1.0])
