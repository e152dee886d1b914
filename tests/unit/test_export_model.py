"""make export takes what the workflow made, tells the cell's own numbers, and refuses what would not work."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from firmware.compiler.host import HostModel
from scripts import export_model
from scripts.lib import table
from scripts.lib.prepared import Prepared, save_prepared
from scripts.lib.vectors import Vectors, load_vectors, save_vectors
from tests.exported import classifier
from tests.unit import records

ROOT = Path(__file__).parents[2]
MODELS = Path("results/models/mlp_fashion")
ASK = ["--model", "mlp_fashion", "--as", "c", "--scheme"]
CELL = ("mlp_fashion", "int8", "stm32f4_disco")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A checkout in which the workflow has made what an export of some cells needs."""
    root = tmp_path_factory.mktemp("checkout")
    (root / "config").symlink_to(ROOT / "config")
    (root / MODELS).mkdir(parents=True)
    for scheme in records.SCHEMES:
        (root / MODELS / f"{scheme}.tflite").write_bytes(classifier((784, 8, 10)))
    inputs = np.random.default_rng(0).integers(-128, 128, (3, 784)).astype(np.int8)
    (outputs,) = HostModel(root / MODELS / "int8.tflite").run(inputs)
    for scheme in records.SCHEMES:
        save_vectors(root / MODELS / f"{scheme}.vectors.npz", Vectors([inputs], [outputs], "tflm", 0.0))
    x, names = np.zeros((10, 784), np.float32), np.array([f"garment {index}" for index in range(10)])
    save_prepared(Prepared(x, np.arange(10), x, np.arange(10), names), root / "data/prepared/fashion_mnist.npz")
    records.measured_cells(root / "results")
    return root


@pytest.fixture
def asked(made, monkeypatch, capsys, tmp_path):
    """asked(scheme, more options…) is (exit code, stdout, stderr) of an export to tmp_path/out."""
    monkeypatch.chdir(made)

    def ask(scheme: str, *options: str) -> tuple[int, str, str]:
        code = export_model.main([*ASK, scheme, "--out", str(tmp_path / "out"), *options])
        return (code, *capsys.readouterr())

    return ask


def test_export_without_a_board_is_portable_and_says_so(asked, tmp_path):
    assert asked("int8") == (0, f"{tmp_path / 'out'}\n", "")
    readme = (tmp_path / "out/README.md").read_text()
    assert "portable kernels, any 32-bit core" in readme
    assert "No cell measured" in readme
    assert (tmp_path / "out/src/mlp_fashion_int8.h").is_file()


def test_a_cell_that_does_not_fit_is_refused_with_its_numbers_unless_forced(asked, tmp_path):
    code, _, error = asked("float32", "--board", "arduino_zero")
    assert code == 1
    assert "mlp_fashion/float32/arduino_zero: needs 406.6 KiB flash, board has 256.0 KiB; FORCE=1" in error
    assert not (tmp_path / "out").exists()
    assert asked("float32", "--board", "arduino_zero", "--force")[0] == 0
    assert "No cell measured" in (tmp_path / "out/README.md").read_text()  # the table's row is of another .tflite


def test_the_readme_has_the_numbers_of_the_very_cell_and_model(made):
    rows = table.read(made / "results/table.csv")
    (row,) = [row for row in rows if (row.model, row.scheme, row.board) == CELL]
    text = export_model.figures_of(rows, CELL, row.tflite_sha256)
    for expected in (
        f"{row.latency_ms:.3f} ms | modelled at 168 MHz, its error is not known",
        f"flash | {row.flash_bytes} bytes | of {row.flash_capacity_bytes}",
        f"RAM | {row.ram_bytes} bytes | of {row.ram_capacity_bytes}; arena {row.ram_arena_bytes}",
        "estimated at 3.3 V",
        "10000 test samples",
        "Outputs compared with tflite-micro 0.dev1 on 20 samples.",
    ):
        assert expected in text
    assert "No cell measured" in export_model.figures_of(rows, CELL, "0" * 64)
    foreign = [replace(row, engine="another")]
    assert "No cell measured" in export_model.figures_of(foreign, CELL, row.tflite_sha256)


def test_a_cell_without_latency_says_why(made):
    rows = table.read(made / "results/table.csv")
    (row,) = [row for row in rows if row.cell == "mlp_fashion/float32/arduino_zero"]
    text = export_model.figures_of(rows, ("mlp_fashion", "float32", "arduino_zero"), row.tflite_sha256)
    assert text == "No latency, does not fit: needs 406.6 KiB flash, board has 256.0 KiB."


def test_outputs_that_are_not_the_oracles_are_refused(made):
    vectors = load_vectors(made / MODELS / "int8.vectors.npz")
    wrong = replace(vectors, outputs=[vectors.outputs[0] ^ np.int8(1)])
    with pytest.raises(export_model.ExportError, match=r"output differs from tflm by 1, tolerance 0"):
        export_model.golden_vectors(made / MODELS / "int8.tflite", wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "mlp_fashon"], "unknown model 'mlp_fashon' (did you mean 'mlp_fashion'?)"),
        (["--scheme", "int9"], "SCHEME: unknown 'int9' (did you mean 'int8'?)"),
        (["--as", "ardiuno"], "AS: unknown 'ardiuno' (did you mean 'arduino'?)"),
        (["--board", "arduino_zeo"], "unknown board 'arduino_zeo' (did you mean 'arduino_zero'?)"),
        (["--name", "my-model"], "NAME: 'my-model' is not a C identifier"),
        (["--scheme", "int16x8"], "results/models/mlp_fashion/int16x8.vectors.npz: missing"),
    ],
)
def test_mistakes_are_named_before_anything_is_written(asked, tmp_path, options, message):
    code, said, error = asked("int8", *options)
    assert (code, said) == (1, "")
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_needs_names_what_the_workflow_must_make(asked):
    code, said, _ = asked("int8", "--needs", "--board", "arduino_zero")
    expected = [f"{MODELS}/int8.tflite", f"{MODELS}/int8.vectors.npz", "data/prepared/fashion_mnist.npz"]
    assert (code, said.split()) == (0, [*expected, "results/cells/mlp_fashion/int8/arduino_zero/build.json"])
