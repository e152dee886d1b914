"""./try tells for any .tflite what it would do on each board, or in one line why it cannot tell."""

import json
import subprocess
from pathlib import Path

import pytest

from firmware.compiler.read import read_model
from scripts.lib.schemes import scheme_of
from scripts.try_model import main
from tests.models import small_classifier

TRY = Path(__file__).parents[2] / "try"


@pytest.fixture
def model(tmp_path):
    """Write the small classifier, changed as asked, and return its file."""

    def write(**changes):
        path = tmp_path / "small net.tflite"
        path.write_bytes(small_classifier(**changes))
        return path

    return write


def test_from_any_folder_without_a_terminal(model, tmp_path):
    path = model(scheme="int8")
    command = [TRY, path.name, "--boards", "stm32f4_disco", "arduino_zero"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    title, _, *boards = done.stdout.splitlines()
    assert title.startswith("small net.tflite: int8, outputs proven against tflite-micro")
    assert [line.split()[:2] for line in boards] == [["stm32f4_disco", "fits"], ["arduino_zero", "fits"]]
    assert all("FULLY_CONNECTED" in line for line in boards)


def test_records_as_json(model, capsys):
    assert main([str(model(scheme="float32")), "--boards", "stm32f4_disco", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["model"], record["scheme"], record["status"]) == ("small_net", "float32", "ok")
    assert record["latency"]["cycles"] == pytest.approx(sum(layer["cycles"] for layer in record["layers"]), rel=0.05)


def test_scheme_is_told_by_the_types():
    for scheme in ("float32", "int8"):
        assert scheme_of(read_model(small_classifier(scheme=scheme))).name == scheme


@pytest.mark.parametrize(
    ("changes", "arguments", "messages"),
    [
        ({"kind": "GELU"}, [], ["operator", "GELU", "instead of GELU: HARD_SWISH"]),
        ({}, ["--boards", "arduino_zer"], ["unknown board 'arduino_zer' (did you mean 'arduino_zero'?)"]),
    ],
)
def test_refusals_name_what_is_wrong(model, capsys, changes, arguments, messages):
    assert main([str(model(**changes)), *arguments]) == 1
    error = capsys.readouterr().err
    assert all(message in error for message in messages) and "Traceback" not in error


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"<html>", "not a .tflite"), (b"", "not a .tflite"), (None, "No such file or directory")],
)
def test_what_is_no_model_is_one_line(tmp_path, capsys, content, message):
    path = tmp_path / "x.tflite"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path)]) == 1
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error


def test_a_model_that_fits_nowhere_says_what_is_short(model, capsys):
    path = model(scheme="float32", hidden_width=4000)
    assert main([str(path), "--boards", "arduino_zero"]) == 1
    assert "KiB flash, board has 248.0 KiB" in capsys.readouterr().out
