"""The doctor knows boards by their USB ids, names a fix for everything that is missing, and drafts a lab that loads."""

import json
import stat
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from firmware.board import board_names, load_board
from scripts import doctor
from scripts.lib.lab import load_lab

BOARDS = [load_board(name) for name in board_names()]


def attached(device, vid=None, pid=None, serial_number=None):
    port = ListPortInfo(device)
    port.vid, port.pid, port.serial_number = vid, pid, serial_number
    return port


def known_id():
    """A board and a USB id that only this board has."""
    ids = [(usb.vid, usb.pid) for board in BOARDS for usb in board.usb]
    return next((b, u) for b in BOARDS for u in b.usb if ids.count((u.vid, u.pid)) == 1)


def test_a_board_is_known_by_its_usb_id():
    board, usb = known_id()
    known, unknown = doctor.ports([attached("/dev/a", usb.vid, usb.pid, "17"), attached("/dev/b", 1, 1)], BOARDS)
    assert (known.boards, known.usb) == ([board.name], f"{usb.vid:04x}:{usb.pid:04x}")
    assert unknown.boards == [] and not unknown.writable


def test_a_power_monitor_is_known_by_its_name():
    port = attached("/dev/c", 0x1915, 0xC00A, "42")
    port.product = "PPK2"
    (found,) = doctor.ports([port], BOARDS)
    assert (found.monitor, found.boards) == ("Nordic PPK2", [])
    assert "42" not in doctor.draft([found])


def test_the_draft_is_a_lab_that_loads(tmp_path):
    board, usb = known_id()
    found = doctor.ports([attached("/dev/a", usb.vid, usb.pid, "17"), attached("/dev/b", usb.vid, usb.pid)], BOARDS)
    (tmp_path / "lab.yaml").write_text(doctor.draft(found))
    assert [unit.address for unit in load_lab(tmp_path / "lab.yaml").units(board.name)] == ["usb:17", "/dev/b"]


def test_a_draft_without_boards_loads_too(tmp_path):
    (tmp_path / "lab.yaml").write_text(doctor.draft(doctor.ports([attached("/dev/ttyS0")], BOARDS)))
    assert load_lab(tmp_path / "lab.yaml").boards == []


def test_a_shared_usb_id_names_all_boards_that_have_it():
    ids = [(usb.vid, usb.pid) for board in BOARDS for usb in board.usb]
    shared = next(pair for pair in ids if ids.count(pair) > 1)
    (port,) = doctor.ports([attached("/dev/a", *shared, "17")], BOARDS)
    assert len(port.boards) == ids.count(shared)
    assert all(name in doctor.draft([port]) for name in port.boards)


def test_everything_that_is_missing_comes_with_a_way_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    missing = [check for check in doctor.checks(BOARDS) if not check.ok]
    assert {check.name for check in missing} >= {"qemu-system-arm", "sbatch"}
    assert all(check.fix and check.enables and not check.required for check in missing)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_report_is_written_and_the_exit_code_is_good(elsewhere, capsys):
    assert doctor.main([]) == 0
    report = json.loads(Path("results/doctor.json").read_text())
    assert report["host"]["memory_bytes"] > 0
    assert all(check["ok"] for check in report["checks"] if check["required"])
    assert "to add" in capsys.readouterr().out or all(check["ok"] for check in report["checks"])


def test_a_lab_file_is_never_overwritten(elsewhere, capsys):
    assert doctor.main(["--write"]) == 0
    before = Path("config/lab.yaml").read_text()
    assert doctor.main(["--write"]) == 1
    assert Path("config/lab.yaml").read_text() == before
    assert "stays as it is" in capsys.readouterr().err


def test_a_results_folder_that_cannot_be_made_is_one_line(elsewhere, capsys):
    Path("results").write_text("in the way")
    assert doctor.main([]) == 1
    assert capsys.readouterr().err.startswith("error: results")


def test_try_and_doctor_are_commands():
    assert Path(__file__).parents[2].joinpath("try").stat().st_mode & stat.S_IXUSR
