"""Shared files are taken over only if they are whole and what they were made from is the same here."""

import json
import os

import pytest

from scripts.lib import origins
from scripts.lib.origins import Origin, OriginsError, md5_of

RECORD = {"rule": "convert", "input": ["a.yaml", "model.keras"], "input_checksums": None, "starttime": 1.0}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """raw.txt → (train) model.keras → (convert) out.tflite, with Snakemake's records of both jobs."""
    monkeypatch.chdir(tmp_path)
    for name in ("raw.txt", "a.yaml", "scripts/train.py", "scripts/convert.py", "model.keras", "out.tflite"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    for name, record in (("model.keras", {**RECORD, "rule": "train", "input": ["raw.txt"]}), ("out.tflite", RECORD)):
        path = origins._record_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))
    return tmp_path


def collected(checkout):
    return origins.collect([checkout.relative_to(checkout) / "out.tflite"], {})


def test_the_origins_of_a_file_reach_back_to_what_no_job_made(checkout):
    found = collected(checkout)
    assert set(found) == {"out.tflite", "model.keras"}
    assert found["out.tflite"].inputs == {n: md5_of(n) for n in ("a.yaml", "model.keras", "scripts/convert.py")}
    assert "starttime" not in found["out.tflite"].record  # or equal results would not be equal files
    origins.write(checkout / "origins.json", found)
    assert origins.read(checkout / "origins.json") == found


def test_a_file_older_than_its_input_has_no_origin(checkout):
    os.utime("out.tflite", (1, 1))
    assert "out.tflite" not in collected(checkout)


def test_what_was_made_from_the_same_is_taken_over_with_its_record(checkout):
    known = collected(checkout)
    origins._record_path("out.tflite").unlink()
    os.utime("out.tflite", (1, 1))
    (checkout / "model.keras").unlink()  # a job would make it, from the same
    assert origins.adopt([checkout.relative_to(checkout) / "out.tflite"], known) == {}
    assert os.stat("out.tflite").st_mtime > os.stat("a.yaml").st_mtime
    assert json.loads(origins._record_path("out.tflite").read_text())["rule"] == "convert"


@pytest.mark.parametrize("changed", ("a.yaml", "raw.txt", "scripts/train.py"))
def test_what_was_made_from_something_else_is_removed_however_far_back(checkout, changed):
    known = collected(checkout)
    (checkout / changed).write_text("another")
    problems = origins.adopt([checkout.relative_to(checkout) / "out.tflite"], known)
    assert problems == {"out.tflite": f"made from another {changed}"}
    assert not (checkout / "out.tflite").exists()


def test_damaged_and_unknown_files_are_removed(checkout):
    known = collected(checkout)
    (checkout / "out.tflite").write_text("half")
    (checkout / "stray.tflite").write_text("stray")
    here = checkout.relative_to(checkout)
    problems = origins.adopt([here / "out.tflite", here / "stray.tflite"], known)
    assert problems["out.tflite"].startswith("damaged: expected MD5")
    assert problems["stray.tflite"] == "nothing says what it was made from"


def test_a_broken_file_of_origins_is_refused(tmp_path):
    (tmp_path / "origins.json").write_text('{"a": {"md5": 1}}')
    with pytest.raises(OriginsError, match="expected the origins of shared files"):
        origins.read(tmp_path / "origins.json")
    assert Origin(md5="0", inputs={}, record={})
