"""Recording from a sensor: every window is whole and in order, a gap is seen, and a second call goes on."""

import json

import numpy as np
import pytest

from firmware.board import load_board
from firmware.emulator.sensors import lis3dsh
from firmware.settings import SettingsError
from firmware.stream import build_stream
from scripts import collect_data
from scripts.datasets import class_folders
from scripts.device.link import DeviceError, open_port
from scripts.device.sensor import SamplesLost, SensorInfo, SensorStream
from scripts.device.virtual_board import VirtualBoard
from scripts.lib.prepared import DataError

BOARD = load_board("stm32f4_disco")
SAMPLES = [(index, -index, 16000 - 7 * index) for index in range(400)]
# The emulator with a sensor that makes a sample every 0.25 ms, faster than the image asks for one.
FAST = "from firmware.emulator.sensors import lis3dsh; lis3dsh._RATES_HZ[6] = 4000; " + (
    "from firmware.emulator.__main__ import main; import sys; sys.exit(main(sys.argv[1:]))"
)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    path = tmp_path_factory.mktemp("stream") / "stream.elf"
    build_stream(BOARD, path)
    return path


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text("".join(f"{x},{y},{z}\n" for x, y, z in SAMPLES))
    return path


@pytest.fixture
def connect(image):
    """connect(source) is a stream of a virtual board whose sensor gives the samples of `source`."""
    opened = []

    def start(source, fast=False):
        virtual = VirtualBoard(image, BOARD.name, timed=False, sensor=source)
        if fast:
            virtual._command[1:3] = ["-c", FAST]
        port = open_port(virtual.__enter__().port, BOARD.console.baud)
        opened.append((virtual, port))
        stream = SensorStream(port, "virtual")
        stream.synchronise()
        return stream

    yield start
    for virtual, port in opened:
        port.close()
        virtual.__exit__(None, None, None)


def test_windows_are_the_sensors_samples_in_order(connect, source, tmp_path):
    stream = connect(source)
    info = stream.sensor()
    assert info == SensorInfo("lis3dsh", 100, 3, "0.00006 g")
    assert collect_data.collect(stream, tmp_path / "mine", "walk", 2, 20, BOARD.name) == (2, 0)
    windows = [np.loadtxt(tmp_path / f"mine/walk/0000{n}.csv", delimiter=",", dtype=int) for n in (0, 1)]
    for window in windows:
        assert [tuple(row) for row in window] == SAMPLES[window[0, 0] : window[0, 0] + 20]
    assert windows[0][-1, 0] < windows[1][0, 0]
    manifest = json.loads((tmp_path / "mine/manifest.json").read_text())
    assert (manifest["sensor"], manifest["rate_hz"], manifest["samples"]) == ("lis3dsh", 100, 20)
    first = (tmp_path / "mine/walk/00000.csv").read_bytes()
    assert collect_data.collect(stream, tmp_path / "mine", "walk", 3, 20, BOARD.name) == (1, 0)  # goes on
    assert (tmp_path / "mine/walk/00000.csv").read_bytes() == first
    assert collect_data.collect(stream, tmp_path / "mine", "rest", 2, 20, BOARD.name) == (2, 0)
    data = class_folders.load(tmp_path / "mine", class_folders.Parameters(files="csv"))
    assert data.x_train.shape == (3, 20, 3) and data.class_names.tolist() == ["rest", "walk"]
    with pytest.raises(DataError, match=r"manifest.json: begun with .*'samples': 20.*'samples': 30"):
        collect_data.collect(stream, tmp_path / "mine", "walk", 4, 30, BOARD.name)


def test_samples_that_the_board_is_too_slow_for_are_noticed(connect, source):
    stream = connect(source, fast=True)
    with pytest.raises(SamplesLost, match="the sensor overwrote 9 of 10 samples before they were read"):
        stream.record(stream.sensor(), 10)


def test_a_sensor_that_does_not_answer_is_an_error(connect):
    with pytest.raises(DeviceError, match="the sensor does not answer: lis3dsh"):
        connect(None).sensor()


class Scripted(SensorStream):
    """Answers "record" with given lines, for one reading after the other; an error stands for a broken checksum."""

    def __init__(self, answers):
        super().__init__(None, "scripted")
        self.answers = list(answers)

    def sensor(self):
        return SensorInfo("lis3dsh", 100, 3, "g")

    def command(self, text, expected, timeout_s=None):
        return self.answers.pop(0)

    def _verify(self, command, lines):
        if lines is None:
            raise DeviceError("wrong checksum")
        return lines


def lines(*numbers):
    return [f"m-sample-[{number},1,2,-3]" for number in numbers]


@pytest.mark.parametrize("bad", [None, lines(0, 2)], ids=["bytes lost", "sample lost"])
def test_a_window_with_a_gap_is_recorded_again_and_counted(tmp_path, bad):
    stream = Scripted([lines(0, 1), bad, bad, lines(0, 1)])
    assert collect_data.collect(stream, tmp_path, "walk", 2, 2, "b") == (2, 2)
    windows = json.loads((tmp_path / "manifest.json").read_text())["windows"]
    assert [window["lost_before"] for window in windows] == [0, 2]


def test_a_stream_of_gaps_ends_with_an_error(tmp_path):
    with pytest.raises(SamplesLost):
        collect_data.collect(Scripted([None] * 50), tmp_path, "walk", 1, 2, "b")
    assert not (tmp_path / "walk").exists()


@pytest.mark.parametrize(
    "answer", [lines(0), lines(0, 1, 2), ["m-sample-[0,1,2]", "m-sample-[1,1,2]"], ["nonsense"] * 2]
)
def test_an_answer_of_another_form_is_refused(tmp_path, answer):
    with pytest.raises(DeviceError, match="expected 2 samples of 3 axes"):
        collect_data.collect(Scripted([answer]), tmp_path, "walk", 1, 2, "b")


def test_a_window_that_changed_is_refused(tmp_path):
    collect_data.collect(Scripted([lines(0, 1)]), tmp_path, "walk", 1, 2, "b")
    (tmp_path / "walk/00000.csv").write_text("1,2,3\n")
    with pytest.raises(DataError, match=r"00000.csv: missing, or not what .*manifest.json says"):
        collect_data.collect(Scripted([lines(0, 1)]), tmp_path, "walk", 2, 2, "b")


@pytest.mark.parametrize("content", ["", "[]", '{"sensor": "lis3dsh"}'])
def test_a_damaged_manifest_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(DataError, match=r"manifest\.json: not a manifest"):
        collect_data.collect(Scripted([lines(0, 1)]), tmp_path, "walk", 1, 2, "b")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no samples"),
        ("1,2\n", r":1: expected 3"),
        ("1,2,3\n1,2,40000\n", ":2: expected"),
        ("a,b,c\n", "whole num"),
    ],
)
def test_a_file_that_is_no_sensor_is_refused(tmp_path, text, reason):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(SettingsError, match=reason):
        lis3dsh.read_samples(tmp_path / "s.csv")


def test_a_board_without_a_sensor_and_names_that_are_paths_are_refused(tmp_path, capsys):
    arguments = ["--board", "rpi_pico", "--dataset", "mine", "--label", "walk", "--seconds", "1"]
    assert collect_data.main(arguments) == 1
    assert "rpi_pico: the board's file names no sensor" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        collect_data.main([*arguments[:3], "../mine", *arguments[4:]])
    assert "--dataset: expected lower-case letters" in capsys.readouterr().err
