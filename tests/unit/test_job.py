"""The last block of a script: its output is the log, our own errors are one line, and no half-written file stays."""

import subprocess
import sys
from pathlib import Path

import pytest

from firmware.files import whole
from scripts.lib.job import cpu_s_of

SCRIPT = """
import subprocess, sys
from types import SimpleNamespace
from firmware.settings import SettingsError
from scripts.lib.job import logged
with logged(SimpleNamespace(log=[sys.argv[1]], output=[])):
    print("begin")
    subprocess.run(["echo", "child"])
    {last}
"""


def run(tmp_path: Path, last: str) -> tuple[int, str, str]:
    command = [sys.executable, "-c", SCRIPT.format(last=last), str(tmp_path / "log")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, (tmp_path / "log").read_text(), done.stdout + done.stderr


def test_all_output_goes_to_the_log(tmp_path):
    code, log, terminal = run(tmp_path, "print('end')")
    assert (code, terminal) == (0, "") and log.startswith("begin\nchild\nend\n")


def test_the_log_ends_with_the_cpu_time_of_the_job_and_of_children_that_are_gone(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    run(tmp_path, f"subprocess.run([sys.executable, '-c', {busy!r}])")
    assert 0.5 <= cpu_s_of(tmp_path / "log") < 5
    run(tmp_path, "raise SettingsError(['x'])")
    assert cpu_s_of(tmp_path / "log") is None and cpu_s_of(tmp_path / "no log") is None


def test_an_error_of_ours_is_one_line(tmp_path):
    last = "raise SettingsError(['a.yaml: x: missing key'])"
    assert run(tmp_path, last) == (1, "begin\nchild\nerror: a.yaml: x: missing key\n", "")


def test_a_defect_keeps_its_traceback(tmp_path):
    code, log, terminal = run(tmp_path, "1 / 0")
    assert code == 1 and "Traceback" in log and "ZeroDivisionError" in log and terminal == ""


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    with whole(tmp_path / "new/a.bin") as part:
        part.write_bytes(b"whole")
        assert not (tmp_path / "new/a.bin").exists()
    with pytest.raises(RuntimeError), whole(tmp_path / "new/a.bin") as part:
        part.write_bytes(b"ha")
        raise RuntimeError
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.bin"]
    assert (tmp_path / "new/a.bin").read_bytes() == b"whole"
