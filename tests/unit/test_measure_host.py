"""The host as a row: proven like a board's, timed, and without what only boards have."""

import numpy as np
import pytest

from scripts.lib import results
from scripts.lib.config import load_config
from scripts.measure_host import measure_host
from tests import oracles
from tests.conftest import ROOT
from tests.models import small_classifier

SAMPLES = 4


def make_model(folder, scheme="int8", **options):
    """Write a small model and its test vectors; return (tflite, vectors)."""
    content, rng = small_classifier(scheme=scheme, **options), np.random.default_rng(11)
    tflite, vectors = folder / "small.tflite", folder / "vectors.npz"
    tflite.write_bytes(content)
    if scheme == "int8":
        inputs, oracle = rng.integers(-128, 128, (SAMPLES, 24)).astype(np.int8), oracles.tflm
    else:
        inputs, oracle = rng.normal(size=(SAMPLES, 24)).astype(np.float32), oracles.litert
    if not options:
        outputs = np.concatenate([oracle(content, sample[None])[0] for sample in inputs])
        np.savez(vectors, input_0=inputs, output_0=outputs, oracle="o", tolerance=0.0 if scheme == "int8" else 1e-5)
    return tflite, vectors


@pytest.mark.parametrize("scheme", ["int8", "float32"])
def test_host_is_measured_and_proven(scheme, tmp_path):
    record = measure_host(*make_model(tmp_path, scheme), "small", scheme)
    assert (record.status, record.board, record.parity.samples) == ("ok", "host", SAMPLES)
    assert record.latency.provenance == "measured"
    assert 0 < record.latency.us < 1000
    assert record.latency.runs > 100
    assert record.memory.ram.total > record.memory.ram.arena > 0


def test_host_has_nothing_that_only_boards_have(tmp_path):
    record = measure_host(*make_model(tmp_path), "small", "int8")
    assert (record.latency.cycles, record.latency.clock_hz, record.memory.flash) == (None, None, None)
    with pytest.raises(ValueError, match="cycles and clock_hz belong to boards"):
        results.Measurement.model_validate({**dict(record), "board": "stm32f4_disco"})


def test_wrong_output_is_a_mismatch_without_latency(tmp_path):
    tflite, vectors = make_model(tmp_path)
    with np.load(vectors) as data:
        content = dict(data)
    content["output_0"][1, 0] ^= 1
    np.savez(vectors, **content)
    record = measure_host(tflite, vectors, "small", "int8")
    assert record.status == "mismatch" and "differs from o by 1" in record.reason
    assert record.latency is None


def test_unsupported_model_is_a_result(tmp_path):
    record = measure_host(*make_model(tmp_path, kind="HASHTABLE_FIND"), "small", "int8")
    assert record.status == "unsupported" and "HASHTABLE_FIND" in record.reason


def test_host_may_stand_among_the_boards_but_is_not_in_the_default():
    content = {"models": ["har_cnn1d"], "schemes": ["int8"], "boards": ["host", "arduino_zero"]}
    config = load_config(content, [], ROOT)
    assert ("har_cnn1d", "int8", "host") in config.cells
    assert list(config.boards) == ["arduino_zero"]
    assert "host" not in (ROOT / "config/config.yaml").read_text()


def test_host_has_a_rule_of_its_own(fresh):
    target = "results/cells/har_cnn1d/int8/host/measurement.json"
    jobs = fresh.planned(target, "--config", "boards=[host]")
    assert "Measure har_cnn1d on this machine" in jobs
    assert not any(job.startswith(("Build", "Compile")) for job in jobs)
