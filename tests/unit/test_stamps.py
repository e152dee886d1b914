"""A stamp changes when its sources change, and only then."""

import pytest

from scripts.lib.lab import Lab
from scripts.lib.stamps import GROUPS, KINDS, group_hash, write_stamps

CELLS = [("model", "int8", "board")]
CHOICES = {"duty_cycle": {"battery_v": 3.0}, "accuracy_budget_points": 1.0}


@pytest.fixture
def sources(tmp_path):
    for name in (
        "firmware/core.py",
        "firmware/kernels/portable/a.c",
        "firmware/compiler/ops/b.py",
        "scripts/device/d.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    write_stamps(CELLS, Lab(), CHOICES, tmp_path)
    return tmp_path


def test_nothing_is_written_when_nothing_changed(sources):
    before = {path: path.stat().st_mtime_ns for path in (sources / "results/stamps").iterdir()}
    assert len(before) == len(GROUPS) + len(KINDS) + 3
    assert write_stamps(CELLS, Lab(), CHOICES, sources) == []
    assert before == {path: path.stat().st_mtime_ns for path in (sources / "results/stamps").iterdir()}


def test_an_edit_changes_the_groups_of_that_file(sources):
    (sources / "firmware/kernels/portable/a.c").write_text("y")
    assert write_stamps(CELLS, Lab(), CHOICES, sources) == ["kernels.sha256", "native.sha256"]


def test_adding_renaming_and_removing_count_as_edits(sources):
    seen = {group_hash("compiler", sources)}
    (sources / "firmware/compiler/c.py").write_text("")
    seen.add(group_hash("compiler", sources))
    (sources / "firmware/compiler/c.py").rename(sources / "firmware/compiler/d.py")
    seen.add(group_hash("compiler", sources))
    (sources / "firmware/compiler/ops/b.py").unlink()
    assert len(seen | {group_hash("compiler", sources)}) == 4


def test_bytecode_does_not_count(sources):
    (sources / "firmware/compiler/__pycache__").mkdir()
    (sources / "firmware/compiler/__pycache__/c.pyc").write_text("")
    assert write_stamps(CELLS, Lab(), CHOICES, sources) == []


def test_another_matrix_changes_the_matrix_alone(sources):
    assert write_stamps([*CELLS, ("model", "int8", "other")], Lab(), CHOICES, sources) == ["matrix.json"]


def test_another_choice_changes_its_stamp_alone(sources):
    changed = write_stamps(CELLS, Lab(), {**CHOICES, "accuracy_budget_points": 2.0}, sources)
    assert changed == ["accuracy_budget_points.json"]
