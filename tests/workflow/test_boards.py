"""Two trained models in two schemes on every modelled board and on this machine: proven outputs, or why not."""

import functools
import re

import pytest

from firmware.board import load_board, modelled_boards
from firmware.build import compile_kernels
from scripts.build_firmware import build_firmware
from scripts.lib import results
from scripts.lib.vectors import load_vectors, save_vectors
from scripts.measure_cell import measure_cell
from scripts.measure_host import measure_host

BOARDS = modelled_boards()
CELLS = [(model, scheme) for model in ("mlp_fashion", "har_cnn1d") for scheme in ("float32", "int8")]
SAMPLES = 2
NO_FIT = {("mlp_fashion", "float32", "arduino_zero")}


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """kernels(core) is the library of a core, compiled once for all of its boards."""
    folder = tmp_path_factory.mktemp("kernels")

    @functools.cache
    def library(core):
        path = folder / f"{core.name}.a"
        compile_kernels(core, path)
        return path

    return library


def few(path, folder):
    """Write the first test vectors only: every cell has run all of them on the boards of the matrix."""
    every = load_vectors(path)
    save_vectors(folder / "vectors.npz", every.first(SAMPLES))
    return folder / "vectors.npz"


@pytest.mark.parametrize(("model", "scheme"), CELLS)
@pytest.mark.parametrize("name", BOARDS)
def test_a_trained_model_on_every_board(name, model, scheme, matrix, kernels, tmp_path):
    board, files, elf = load_board(name), matrix.root / f"results/models/{model}", tmp_path / "firmware.elf"
    build = build_firmware(files / f"{scheme}.tflite", board, kernels(board.target), elf, model, scheme)
    record = measure_cell(elf, build, board, few(files / f"{scheme}.vectors.npz", tmp_path))
    if (model, scheme, name) in NO_FIT:
        assert record.status == "does_not_fit" and elf.stat().st_size == 0
        assert re.fullmatch(r"needs [\d.]+ KiB flash, board has [\d.]+ KiB", record.reason)
        assert record.memory.flash.total > record.memory.flash.capacity
        return
    check_proven(record, scheme)
    assert record.latency.us == pytest.approx(record.latency.cycles * 1e6 / board.clock_hz)
    # A multiply-accumulate takes a part of a cycle at best, some hundred in software floats.
    assert 0.3 < record.latency.cycles / build.macs < 500


@pytest.mark.parametrize(("model", "scheme"), CELLS)
def test_a_trained_model_on_this_machine(model, scheme, matrix, tmp_path):
    files = matrix.root / f"results/models/{model}"
    vectors = few(files / f"{scheme}.vectors.npz", tmp_path)
    record = measure_host(files / f"{scheme}.tflite", vectors, model, scheme)
    check_proven(record, scheme)
    assert record.board == results.HOST


def check_proven(record, scheme):
    assert record.status == "ok", record.reason
    assert record.parity.samples == SAMPLES
    assert record.parity.max_abs_diff <= record.parity.tolerance <= (0 if scheme == "int8" else 1e-3)
