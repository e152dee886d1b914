"""Images of other engines: measured through the common protocol alone, compared to three decimals."""

import numpy as np
import pytest

from firmware.formats import write_image
from firmware.settings import SettingsError
from scripts.collect_results import collect_results
from scripts.lib import results
from scripts.lib.accuracy import Accuracy
from scripts.lib.config import Image, load_image
from scripts.measure_cell import measure_cell
from scripts.measure_image import measure_image
from tests.unit.test_measure_cell import BOARD, kernels, make_cell  # noqa: F401 (kernels is a fixture)

IMAGE = Image(
    name="other", title="t", file="x.elf", model="small", scheme="int8", board=BOARD.name, engine="another 1.0"
)


@pytest.fixture(scope="module")
def cell(tmp_path_factory, kernels):  # noqa: F811
    """(ELF, .tflite, vectors, ours): an image used through the protocol alone, and our record of the same."""
    elf, build, vectors = make_cell(tmp_path_factory.mktemp("cell"), kernels)
    return elf, elf.with_name("m.tflite"), vectors, measure_cell(elf, build, BOARD, vectors)


@pytest.fixture(params=["elf", "bin"])
def foreign(request, cell, tmp_path):
    """The same, as either kind of file."""
    elf, *rest = cell
    if request.param == "elf":
        return cell
    write_image(elf, BOARD, tmp_path / "other.bin")
    return tmp_path / "other.bin", *rest


def test_foreign_image_is_measured_like_ours(foreign):
    file, tflite, vectors, ours = foreign
    record = measure_image(IMAGE, file, BOARD, tflite, vectors)
    assert record.status == "ok", record.reason
    assert (record.engine, record.layers) == ("another 1.0", [])
    assert record.parity.oracle.endswith("(decimal3)")
    # Laps bracket the copying of the input too, and are whole microseconds.
    assert ours.latency.us <= record.latency.us < 1.5 * ours.latency.us + 5
    assert record.memory.flash.total == ours.memory.flash.total
    assert (record.memory.ram is None) == (file.suffix == ".bin")


def test_foreign_image_with_wrong_outputs_is_a_mismatch(foreign, tmp_path):
    file, tflite, vectors, _ = foreign
    with np.load(vectors) as data:
        content = dict(data)
    content["output_0"][0, 0] ^= 1  # one step of 1/256
    np.savez(tmp_path / "wrong.npz", **content)
    record = measure_image(IMAGE, file, BOARD, tflite, tmp_path / "wrong.npz")
    assert (record.status, record.latency) == ("mismatch", None)


def test_foreign_image_that_stops_the_board_is_a_result(tmp_path, cell):
    _, tflite, vectors, _ = cell
    (tmp_path / "junk.bin").write_bytes(bytes(1000))
    record = measure_image(IMAGE, tmp_path / "junk.bin", BOARD, tflite, vectors)
    assert record.status == "failed"


def test_too_large_image_does_not_fit(tmp_path, cell):
    _, tflite, vectors, _ = cell
    (tmp_path / "big.bin").write_bytes(bytes(BOARD.image_region.size_bytes + 1))
    record = measure_image(IMAGE, tmp_path / "big.bin", BOARD, tflite, vectors)
    assert (record.status, record.reason) == ("does_not_fit", "needs 1024.0 KiB flash, board has 1024.0 KiB")


def test_foreign_image_is_a_row_beside_ours(tmp_path, foreign):
    file, tflite, vectors, ours = foreign
    folder, image, score = tmp_path / "small/int8" / BOARD.name, tmp_path / "images/other", tmp_path / "models/small"
    results.write(folder / "measurement.json", ours)
    results.write(image / "measurement.json", measure_image(IMAGE, file, BOARD, tflite, vectors))
    sha256 = ours.provenance.tflite_sha256
    nothing = dict.fromkeys(
        ("dataset", "nature", "target", "classified", "detected", "fidelity", "float_tflite_sha256")
    )
    accuracy = Accuracy(
        model="small", scheme="int8", status="unlabelled", reason="no labels", tflite_sha256=sha256, **nothing
    )
    results.write(score / "int8.accuracy.json", accuracy)
    rows = collect_results(
        [("small", "int8", BOARD.name)],
        [folder / "measurement.json"],
        [score / "int8.accuracy.json"],
        [image / "measurement.json"],
    )
    assert [row.engine for row in rows] == ["boardwalk", "another 1.0"]
    assert rows[1].cell == "small/int8/stm32f4_disco (another 1.0)"


def test_mistakes_in_an_image_file_are_all_named(tmp_path):
    for folder in ("images", "models", "boards"):
        (tmp_path / "config" / folder).mkdir(parents=True)
    (tmp_path / "config/models/mlp_fashion.yaml").touch()
    (tmp_path / "config/boards/arduino_zero.yaml").touch()
    (tmp_path / "config/images/x.yaml").write_text(
        "{title: t, file: gone.elf, model: mlp_fashon, scheme: int9, board: arduino_zer, engine: e}"
    )
    with pytest.raises(SettingsError) as caught:
        load_image("x", tmp_path)
    text = str(caught.value)
    assert len(caught.value.messages) == 4
    for word in ("did you mean 'mlp_fashion'", "'int8'", "did you mean 'arduino_zero'", "'gone.elf' does not exist"):
        assert word in text
