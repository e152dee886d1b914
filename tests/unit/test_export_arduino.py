"""An exported Arduino library obeys the rules of its format, and its sketches run on virtual boards."""

import re
import time
from pathlib import Path

import numpy as np
import pytest

from firmware.board import load_board
from firmware.export import Golden, export
from scripts import measure_port
from scripts.build_firmware import build_firmware
from scripts.device.link import open_port
from scripts.device.virtual_board import VirtualBoard
from scripts.lib.vectors import Vectors, save_vectors
from scripts.measure_cell import measure_cell
from scripts.try_model import cached_kernels
from tests.exported import build_library, build_sketch, classifier, package

# Arduino library specification, format 1.5 rev. 2.2, "library.properties file format".
REQUIRED = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
OPTIONAL = {"depends", "dot_a_linkage", "includes", "precompiled", "ldflags"}
CATEGORIES = {
    *("Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing"),
    *("Data Storage", "Data Processing", "Other"),
}
ARENA_LIMIT_BYTES = {"ImageClassifier": 16384, "AudioClassifier": 8192}
SIZES = {"ImageClassifier": (784, 12, 10), "AudioClassifier": (13, 32, 16, 5)}


class Exported:
    """One model as a library, with what it was made from."""

    def __init__(self, folder: Path, sketch: str, board: str):
        self.folder, self.sketch, self.board = folder, sketch, load_board(board)
        self.tflite, self.library = folder / f"{sketch.lower()}.tflite", folder / sketch.lower()
        self.tflite.write_bytes(classifier(SIZES[sketch]))
        self.package = package(self.tflite, sketch.lower(), board)
        export(self.package, "arduino", self.library)
        self.compiled = build_library(self.library, self.board)

    def image(self, sketch: str) -> Path:
        """Return the image of one of its sketches, built once."""
        image = self.folder / f"build-{sketch}" / f"{sketch}.elf"
        return image if image.exists() else build_sketch(self.library, self.compiled, sketch, self.board, image.parent)


@pytest.fixture(scope="module")
def image_on_m4(tmp_path_factory) -> Exported:
    """The image classifier for a Cortex-M4."""
    return Exported(tmp_path_factory.mktemp("m4"), "ImageClassifier", "stm32f4_disco")


@pytest.fixture(scope="module")
def audio_on_m0(tmp_path_factory) -> Exported:
    """The audio classifier for a Cortex-M0+."""
    return Exported(tmp_path_factory.mktemp("m0"), "AudioClassifier", "arduino_zero")


@pytest.fixture(scope="module")
def image_on_m0(tmp_path_factory) -> Exported:
    """The image classifier for a Cortex-M0+."""
    return Exported(tmp_path_factory.mktemp("image-m0"), "ImageClassifier", "arduino_zero")


@pytest.fixture(scope="module")
def audio_on_m4(tmp_path_factory) -> Exported:
    """The audio classifier for a Cortex-M4."""
    return Exported(tmp_path_factory.mktemp("audio-m4"), "AudioClassifier", "stm32f4_disco")


@pytest.fixture(params=["image_on_m4", "image_on_m0", "audio_on_m4", "audio_on_m0"])
def on_either_core(request) -> Exported:
    """Each sketch on each core."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["image_on_m4", "audio_on_m0"])
def exported(request) -> Exported:
    """Each of them."""
    return request.getfixturevalue(request.param)


def test_library_properties_follow_the_specification(image_on_m4):
    lines = (image_on_m4.library / "library.properties").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines]
    fields = dict(pairs)
    assert len(fields) == len(pairs)
    assert set(fields) >= REQUIRED
    assert set(fields) <= REQUIRED | OPTIONAL
    assert all(value.strip() for value in fields.values())
    assert re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}", fields["name"])
    assert not fields["name"].startswith("Arduino")
    assert re.fullmatch(r"\d+\.\d+\.\d+", fields["version"])
    assert re.fullmatch(r".+ <.+@.+>", fields["maintainer"])
    assert fields["category"] in CATEGORIES
    assert fields["url"].startswith("https://")
    assert (image_on_m4.library / "src" / fields["includes"]).is_file()


def test_library_folders_follow_the_specification(exported):
    """As its sections "Library Root folder" to "Keywords" say; and the sketch specification."""
    library, name = exported.library, exported.package.name
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,62}", name)
    assert not list(library.glob("*.[ch]"))  # sources in the root would make it a library of the 1.0 format
    assert {path.name for path in (library / "src").glob("*.h")} == {f"{name}.h", f"{name}_golden.h"}
    sketches = sorted((library / "examples").iterdir())
    assert [path.name for path in sketches] == sorted([exported.sketch, "Benchmark"])
    for sketch in sketches:
        assert (sketch / f"{sketch.name}.ino").is_file()
        assert {path.name for path in sketch.iterdir()} <= {f"{sketch.name}.ino", "src"}  # all else is not compiled
    for line in (library / "keywords.txt").read_text().splitlines():
        assert re.fullmatch(r"\w+\t(KEYWORD[123]|LITERAL[12])", line)
    assert all(path.is_dir() or path.stat().st_size for path in library.rglob("*"))


def test_sketch_prints_class_and_probability_of_the_host(on_either_core):
    exported = on_either_core
    assert exported.package.model.plan.arena_bytes <= ARENA_LIMIT_BYTES[exported.sketch]
    scores = [[byte - 256 * (byte > 127) + 128 for byte in sample] for sample in exported.package.golden.outputs]
    best = [sample.index(max(sample)) for sample in scores]
    expected = [
        f"class {index} (class {index}), probability {sample[index] / 256 + 1e-9:.3f}"
        for index, sample in zip(best, scores, strict=True)
    ]
    image = exported.image(exported.sketch)
    with VirtualBoard(image, exported.board.name) as board, board.explaining(), open_port(board.port, 115200) as link:
        deadline, said = time.monotonic() + 60, b""
        while said.count(b"\n") < len(expected) and time.monotonic() < deadline:
            said += link.read_until(b"\n")
    assert said.decode().splitlines() == expected


def test_benchmark_sketch_is_measured_like_any_image(exported, tmp_path):
    golden, board = exported.package.golden, exported.board
    record = build_firmware(
        exported.tflite, board, cached_kernels(board.target), tmp_path / "own.elf", exported.package.name, "int8"
    )
    save_vectors(tmp_path / "vectors.npz", _vectors(golden))
    measured = measure_cell(exported.image("Benchmark"), record, board, tmp_path / "vectors.npz")
    assert (measured.status, measured.reason) == ("ok", None)
    assert measured.parity.max_abs_diff == 0
    assert measured.memory.ram.arena == exported.package.model.plan.arena_bytes
    assert 0 < measured.memory.ram.stack_peak < 1536
    own = measure_cell(tmp_path / "own.elf", record, board, tmp_path / "vectors.npz")
    assert measured.latency.cycles == pytest.approx(own.latency.cycles, rel=0.5)


def test_any_port_with_the_benchmark_sketch_can_be_measured(audio_on_m0, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    models = tmp_path / "results/models"
    for name, content in (("kws", audio_on_m0.tflite.read_bytes()), ("other", classifier((13, 8, 5)))):
        (models / name).mkdir(parents=True)
        (models / name / "int8.tflite").write_bytes(content)
        save_vectors(models / name / "int8.vectors.npz", _vectors(audio_on_m0.package.golden))
    wrong = _vectors(audio_on_m0.package.golden)
    wrong.outputs[0][0] ^= 1
    (models / "wrong").mkdir()
    (models / "wrong/int8.tflite").write_bytes((models / "kws/int8.tflite").read_bytes())
    save_vectors(models / "wrong/int8.vectors.npz", wrong)

    def measured(model: str, port: str) -> tuple[int, str, str]:
        return (measure_port.main(["--port", port, "--model", model, "--scheme", "int8"]), *capsys.readouterr())

    with VirtualBoard(audio_on_m0.image("Benchmark"), "arduino_zero") as board:
        code, said, error = measured("kws", board.port)
        assert (code, error) == (0, "")
        assert re.fullmatch(
            r"boardwalk arduino_zero [0-9a-f]{16}: \d+ cycles, [\d.]+ us; "
            r"2 outputs differ from this machine by 0 at most\n",
            said,
        )
        code, said, error = measured("wrong", board.port)
        assert (code, said) == (1, "")
        assert "differ from this machine by 1 at most, tolerance 0" in error
        code, said, error = measured("other", board.port)
        assert (code, said) == (1, "")
        assert "expected the model" in error
    code, said, error = measured("none", "loop://")
    assert (code, said) == (1, "")
    assert "not a whole file of test vectors" in error


def _vectors(golden: Golden) -> Vectors:
    inputs, outputs = ([np.frombuffer(sample, np.int8) for sample in side] for side in (golden.inputs, golden.outputs))
    return Vectors([np.stack(inputs)], [np.stack(outputs)], golden.oracle, golden.tolerance)
