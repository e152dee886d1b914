"""MLPerf Tiny's protocol, each side of ours against another implementation of the other side."""

import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest

from scripts.device.link import DeviceError, open_port
from scripts.device.protocol import Device
from tests.mlperf_device import INFERENCE_S, ReferenceDevice
from tests.mlperf_runner import Runner
from tests.unit.test_measure_cell import BOARD, kernels, make_cell  # noqa: F401 (kernels is a fixture)


@pytest.fixture(scope="module")
def cell(tmp_path_factory, kernels):  # noqa: F811
    """(image, inputs, expected outputs) of a small int8 classifier."""
    elf, _, vectors = make_cell(tmp_path_factory.mktemp("cell"), kernels)
    with np.load(vectors) as data:
        return elf, data["input_0"], data["output_0"]


@contextmanager
def runner(elf, *options):
    """Give a runner at the other end of a virtual board that runs the image."""
    command = [sys.executable, "-m", "firmware.emulator", elf, "--board", BOARD.name, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        with Runner(process.stdout.readline().removeprefix("port: ").strip()) as talk:
            yield talk
        process.terminate()


@pytest.fixture(scope="module")
def device(cell):
    """A runner connected to our image, in real time; its start was as described."""
    with runner(cell[0], "--realtime") as talk:
        mode, lap, done = talk.boot()
        assert (mode, done) == ("m-timestamp-mode-performance", "m-init-done")
        assert lap.startswith("m-lap-us-")
        yield talk


def test_our_image_says_who_it_is(device):
    assert device.identify() == {"name": "boardwalk", "profile": "boardwalk", "model": "small"}


def test_our_timestamps_go_on_and_never_ahead_of_the_host(device):
    started, first = time.monotonic(), device.timestamp_us()
    time.sleep(0.3)
    elapsed_us = device.timestamp_us() - first
    assert 0.25e6 < elapsed_us <= (time.monotonic() - started) * 1e6


def test_our_performance_loop(cell, device):
    rate = device.performance(cell[1][0].tobytes(), loops=2, least_s=0.3)
    assert 100 < rate < 168e6 / 464  # two layers of 464 multiply-accumulates


def test_our_accuracy_run(cell, device):
    _, inputs, outputs = cell
    labels = [int(output.argmax()) for output in outputs]
    assert device.accuracy([sample.tobytes() for sample in inputs], labels) == 1.0
    wrong = [(label + 1) % outputs.shape[-1] for label in labels]
    assert device.accuracy([sample.tobytes() for sample in inputs], wrong) == 0.0


def test_our_results_are_those_of_the_oracle(cell, device):
    _, inputs, outputs = cell
    device.load(inputs[0].tobytes())
    results = device.infer(3, 2).results
    assert results == pytest.approx((outputs[0].reshape(-1).astype(int) + 128) / 256, abs=0.0006)
    (line,) = device.ask("results")
    assert line == f"m-results-[{','.join(f'{value:.3f}' for value in results)}]"


def test_help_names_every_command_and_ours_beside_them(device):
    text = "\n".join(device.ask("help"))
    for word in ("name", "profile", "timestamp", "db load", "infer", "results", "help", "layers", "memory", "version"):
        assert f"{word}" in text


@pytest.mark.parametrize(
    "command",
    ["nonsense", "db load", "db load 7", "db load x", "infer", "infer 0", "infer x", "infer 1 x", "db 00", "x" * 200],
)
def test_our_image_refuses_with_an_error_and_stays_ready(command, device):
    if command == "db 00":
        device.ask_anything("db load 0")  # nothing is expected
    (line,) = device.ask_anything(command)
    assert line.startswith("e-[") and line.endswith("]")
    assert device.identify()["name"] == "boardwalk"


def test_a_load_that_is_broken_off_can_be_started_again(cell, device):
    _, inputs, outputs = cell
    sample = inputs[1].tobytes()
    assert device.ask(f"db load {len(sample)}")
    assert device.ask("db 0102") == []
    assert device.ask_anything("db 0z")[0].startswith("e-[not hexadecimal")
    device.load(sample)
    assert np.argmax(device.infer(1, 0).results) == outputs[1].argmax()


def test_our_host_drives_a_device_without_our_extensions():
    sample = bytes(range(100))
    with ReferenceDevice(len(sample)) as other, open_port(other.port, 115200) as port:
        device = Device(port, "reference")
        device.synchronise()
        assert device.version() is None
        device.load(sample)
        inference = device.infer(runs=20, warmups=2)
        assert inference.elapsed_us >= 20 * INFERENCE_S * 1e6
        assert inference.results == ["0.096", "0.291"]


@pytest.mark.parametrize("call", ["output", "timing", "memory"])
def test_our_extensions_are_an_error_where_they_are_missing(call):
    with ReferenceDevice(4) as other, open_port(other.port, 115200) as port:
        device = Device(port, "reference")
        device.synchronise()
        with pytest.raises(DeviceError, match="Unknown command"):
            getattr(device, call)()


def test_input_of_another_size_is_refused_by_name():
    with ReferenceDevice(4) as other, open_port(other.port, 115200) as port:
        device = Device(port, "reference")
        device.synchronise()
        with pytest.raises(DeviceError, match="'db load 5' was refused"):
            device.load(bytes(5))
