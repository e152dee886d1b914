"""What dies half-way leaves nothing wrong behind: a plain rerun completes, with the same table."""

import os
import subprocess
import sys
import time

import pytest

from tests import kills
from tests.conftest import NO_PROFILE


@pytest.fixture(scope="module")
def bench(matrix, tmp_path_factory):
    return kills.Bench.make(matrix, tmp_path_factory.mktemp("crashes"), kills.BOARDS[:1])


@pytest.mark.parametrize("target", kills.TARGETS)
def test_a_rerun_completes_what_was_killed(bench, target):
    kills.kill_and_rerun(bench, seed=3, target=target)


@pytest.fixture
def small_disk(bench):
    """The folder of the cells is a disk of its own; small_disk(options) mounts it anew with them."""
    folder = bench.checkout.root / "results/cells"
    kills.again(bench.checkout)
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield lambda options: subprocess.run([*mount[:1], "-o", f"remount,{options}", str(folder)], check=True)
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(("refusing", "reason"), [("size=40k", "No space left"), ("ro", "Read-only file system")])
def test_a_disk_that_refuses_is_named_and_a_rerun_completes(bench, small_disk, refusing, reason):
    small_disk(refusing)
    run = bench.checkout.snakemake(kills.TABLE, "--cores", "2", *NO_PROFILE, "--show-failed-logs")
    assert run.returncode != 0
    assert reason in run.stdout and "Traceback" not in run.stdout
    small_disk("size=50m,rw")
    kills.finish(bench.checkout)
    assert (bench.checkout.root / kills.TABLE).read_bytes() == bench.table


def test_a_second_run_in_the_folder_is_refused_and_a_dry_run_is_not(bench):
    kills.again(bench.checkout)
    first = kills.start(bench.checkout)
    lock = bench.checkout.root / ".snakemake/run.lock"
    while f"process {first.pid} " not in (lock.read_text() if lock.exists() else ""):
        assert first.poll() is None
        time.sleep(0.05)
    second = bench.checkout.snakemake(kills.TABLE, "--cores", "1", *NO_PROFILE)
    assert second.returncode != 0
    assert f"another run works here (process {first.pid} on " in second.stdout
    assert bench.checkout.planned(kills.TABLE, "--rerun-incomplete")  # as the profile says; the first run writes
    said = first.communicate(timeout=600)[0]
    assert first.returncode == 0, said


def test_a_job_ends_with_the_run_that_it_belongs_to(tmp_path):
    """Also one whose Snakemake was killed while the job was still importing."""
    (tmp_path / "job.py").write_text(
        "import time\nfrom types import SimpleNamespace\nfrom scripts.lib.job import logged\n"
        "with logged(SimpleNamespace(log=['log'], output=[])):\n    print('runs', flush=True)\n    time.sleep(60)\n"
    )
    owner = subprocess.Popen(["sleep", "60"])
    environment = {**os.environ, "BOARDWALK_RUN_PID": str(owner.pid)}
    job = subprocess.Popen([sys.executable, "job.py"], cwd=tmp_path, env=environment)
    while not (tmp_path / "log").exists() or not (tmp_path / "log").read_text():
        assert job.poll() is None
        time.sleep(0.05)
    owner.kill()
    owner.wait()
    assert job.wait(10) == 1
    assert (
        subprocess.run([sys.executable, "job.py"], cwd=tmp_path, env=environment, timeout=30, check=False).returncode
        == 1
    )
    assert (tmp_path / "log").read_text() == ""
