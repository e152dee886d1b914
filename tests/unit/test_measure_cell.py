"""One cell from .tflite to record, on the real virtual board; and every way in which that can end without numbers."""

import hashlib
import time
from importlib.metadata import version

import numpy as np
import pytest

from firmware.board import load_board
from firmware.build import compile_kernels
from firmware.emulator.program import build_program
from scripts import measure_cell as measuring
from scripts.build_firmware import build_firmware
from scripts.device.link import DeviceError
from scripts.device.protocol import Device
from scripts.device.virtual_board import VirtualBoard
from scripts.lib.vectors import load_vectors
from scripts.measure_cell import WrongImage, measure_cell
from tests import oracles
from tests.models import small_classifier

BOARD = load_board("stm32f4_disco")
SAMPLES = 3


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """The kernel library of the board's core."""
    library = tmp_path_factory.mktemp("kernels") / "libkernels.a"
    compile_kernels(BOARD.target, library)
    return library


def write_vectors(path, content, scheme):
    rng = np.random.default_rng(3)
    if scheme == "int8":
        inputs, run, oracle = rng.integers(-128, 128, (SAMPLES, 24)).astype(np.int8), oracles.tflm, "tflite-micro"
    else:
        inputs, run, oracle = rng.normal(size=(SAMPLES, 24)).astype(np.float32), oracles.litert, "litert"
    outputs = np.concatenate([run(content, sample[None])[0] for sample in inputs])
    np.savez(path, input_0=inputs, output_0=outputs, oracle=oracle, tolerance=0.0 if scheme == "int8" else 1e-5)


def make_cell(tmp_path, kernels, scheme="int8", **model):
    """Build a small cell; return (elf, build record, vectors)."""
    content = small_classifier(scheme=scheme, **model)
    tflite, elf, vectors = tmp_path / "m.tflite", tmp_path / "firmware.elf", tmp_path / "vectors.npz"
    tflite.write_bytes(content)
    build = build_firmware(tflite, BOARD, kernels, elf, "small", scheme)
    if build.status == "ok":
        write_vectors(vectors, content, scheme)
    return elf, build, vectors


@pytest.mark.parametrize("scheme", ["int8", "float32"])
def test_cell_is_measured_and_proven(tmp_path, kernels, scheme):
    elf, build, vectors = make_cell(tmp_path, kernels, scheme)
    record = measure_cell(elf, build, BOARD, vectors)
    assert record.status == "ok", record.reason
    assert record.parity.samples == SAMPLES
    assert record.latency.provenance == "modelled"
    assert record.latency.us == pytest.approx(record.latency.cycles / 168)
    # Two fully connected layers of 464 multiply-accumulates: at least one cycle each, at most a hundred.
    assert 464 < record.latency.cycles < 100 * 464
    # Within a few lines of the flash cache, which are a part of so small a model.
    assert sum(layer.cycles for layer in record.layers) == pytest.approx(record.latency.cycles, rel=0.01, abs=100)
    assert 0 < record.memory.ram.stack_peak < build.memory.ram.stack
    assert record.provenance.elf_sha256 == hashlib.sha256(elf.read_bytes()).hexdigest()
    assert record.provenance.emulator == f"unicorn {version('unicorn')}"


def test_slow_board_runs_fewer_samples(tmp_path, kernels, monkeypatch):
    monkeypatch.setattr(measuring, "_PROVING_S", 0.0)
    monkeypatch.setattr(measuring, "_LEAST_PROVEN", 2)
    monkeypatch.setattr(measuring, "_SLOW_S", 0.0)
    record = measure_cell(*make_cell(tmp_path, kernels)[:2], BOARD, tmp_path / "vectors.npz")
    assert (record.parity.samples, record.latency.runs) == (2, 1)


def test_a_board_switched_on_again_as_timed_counts_like_one_that_always_was(tmp_path, kernels):
    elf, _, vectors = make_cell(tmp_path, kernels)
    sample, found = load_vectors(vectors).content(0), []
    for timed in (True, False):
        with (
            VirtualBoard(elf, BOARD.name, timed=timed) as virtual,
            Device.behind(virtual.port, BOARD.console.baud, BOARD.name) as device,
        ):
            found.append(device.measure(sample))
            if not timed:
                virtual.make_timed()
                device.synchronise()
                found.append(device.measure(sample))
    always, before, after = found
    assert after == always and before[0].cycles < always[0].cycles and before[1] == always[1]


def test_a_board_that_stopped_does_not_become_timed(tmp_path, kernels):
    elf, _, _ = make_cell(tmp_path, kernels)
    with VirtualBoard(elf, BOARD.name, timed=False) as virtual:
        virtual._process.kill()
        with pytest.raises(DeviceError, match=BOARD.name):
            virtual.make_timed()


def test_wrong_output_is_a_mismatch_without_latency(tmp_path, kernels):
    elf, build, vectors = make_cell(tmp_path, kernels)
    with np.load(vectors) as data:
        content = dict(data)
    content["output_0"][1, 0] ^= 1
    np.savez(vectors, **content)
    record = measure_cell(elf, build, BOARD, vectors)
    assert record.status == "mismatch"
    assert record.latency is None
    assert "differs from tflite-micro by 1" in record.reason


def test_unsupported_model_passes_through(tmp_path, kernels):
    elf, build, vectors = make_cell(tmp_path, kernels, kind="EMBEDDING_LOOKUP")
    assert (build.status, elf.stat().st_size) == ("unsupported", 0)
    record = measure_cell(elf, build, BOARD, vectors)
    assert record.status == "unsupported"
    assert "EMBEDDING_LOOKUP" in record.reason


def test_image_of_another_model_is_refused(tmp_path, kernels):
    (tmp_path / "other").mkdir()
    elf, _, _ = make_cell(tmp_path / "other", kernels, seed=1)
    _, build, vectors = make_cell(tmp_path, kernels)
    with pytest.raises(WrongImage, match=r"expected the image 'boardwalk stm32f4_disco [0-9a-f]{16}'"):
        measure_cell(elf, build, BOARD, vectors)


def test_image_that_stops_the_board_is_a_result_with_its_reason(tmp_path, kernels):
    _, build, vectors = make_cell(tmp_path, kernels)
    bad = tmp_path / "bad.elf"
    build_program(BOARD, "int main(void) { return *(volatile int *)0x60000000; }", bad)
    record = measure_cell(bad, build, BOARD, vectors)
    assert record.status == "failed"
    assert "read of 4 bytes at 0x60000000" in record.reason
    assert "(main+0x" in record.reason


def test_image_that_never_answers_is_an_error_in_time(tmp_path, kernels, monkeypatch):
    _, build, vectors = make_cell(tmp_path, kernels)
    silent = tmp_path / "silent.elf"
    build_program(BOARD, "int main(void) { for (volatile int i = 0;; i++) {} }", silent)
    monkeypatch.setattr("scripts.device.protocol.ANSWER_S", 1.0)
    started = time.monotonic()
    with pytest.raises(DeviceError, match=r"stm32f4_disco: expected 'm-name-dut.*got nothing"):
        measure_cell(silent, build, BOARD, vectors)
    assert time.monotonic() - started < 60
