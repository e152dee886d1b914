"""The matrix through a real Slurm: jobs fail, are cancelled and lose their node, and the table stays the same."""

import os
import signal
import subprocess
import time

import psutil
import pytest

from tests import kills, slurm_cluster
from tests.conftest import NO_PROFILE, Checkout

CONFIG = kills.CONFIG.format(", ".join(kills.BOARDS))
TABLE = "results/table.csv"
CELLS = "results/cells/har_cnn1d/int8"
UNMADE = ("arduino_zero/build.json", "arduino_zero/measurement.json", "stm32f4_disco/measurement.json")
MADE = (TABLE, *(f"{CELLS}/{name}" for name in UNMADE))

pytestmark = pytest.mark.skipif(bool(slurm_cluster.why_not()), reason=slurm_cluster.why_not() or "runs")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with slurm_cluster.Cluster(tmp_path_factory.mktemp("slurm"), nodes=3) as running:
        yield running


@pytest.fixture(scope="module")
def finished(matrix, tmp_path_factory):
    """Two cells of the matrix, with the table that a local run makes of them."""
    checkout = matrix.copy(tmp_path_factory.mktemp("finished"))
    (checkout.root / "config/config.yaml").write_text(CONFIG)
    run = checkout.snakemake(TABLE, "--cores", "2", *NO_PROFILE)
    assert run.returncode == 0, run.stdout
    return checkout


@pytest.fixture
def unfinished(finished, tmp_path):
    """The same with one image still to be built, and two to be measured."""
    checkout = finished.copy(tmp_path)
    for name in MADE:
        (tmp_path / name).unlink()
    return checkout


def start(checkout: Checkout, *arguments: str) -> subprocess.Popen:
    """Snakemake with the profile, and with checks often enough for a test."""
    profile = ("--profile", "profiles/slurm", "--workflow-profile", "none", "--jobs", "3", "--retries", "3")
    hurry = ("--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "1")
    command = ["snakemake", *profile, *hurry, TABLE, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(checkout.root)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=checkout.root, env=environment, text=True, **pipes)


def test_the_table_is_that_of_a_local_run_whatever_happens_to_jobs(finished, cluster, unfinished):
    snakemake = start(unfinished)
    try:
        seen = disturb(cluster, snakemake)
        said = snakemake.communicate(timeout=300)[0]
    finally:
        snakemake.kill()
    assert snakemake.returncode == 0, said
    assert len(seen) == 3, f"{seen}\n{said}"
    for name in MADE:
        assert (unfinished.root / name).read_bytes() == (finished.root / name).read_bytes()


def disturb(cluster: slurm_cluster.Cluster, snakemake: subprocess.Popen) -> list[str]:
    """Kill the first job that runs, cancel the second, take the node of the third down; returns their numbers."""
    seen: list[str] = []
    while snakemake.poll() is None and len(seen) < 3:
        for job, node in cluster.running().items():
            if job in seen or len(seen) == 3:
                continue
            if not seen:
                if not (processes := processes_of(job)):
                    continue
                for process in processes:
                    process.send_signal(signal.SIGKILL)
            elif len(seen) == 1:
                subprocess.run(["scancel", job], check=True)
            else:
                down = ["scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test"]
                subprocess.run(down, check=True)
            seen.append(job)
        time.sleep(0.2)
    return seen


def processes_of(job: str) -> list[psutil.Process]:
    """What runs as a Slurm job: processes whose environment says so."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("SLURM_JOB_ID") == job:
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_partition_that_is_not_there_is_one_line_before_any_job_is_sent(cluster, unfinished):
    snakemake = start(unfinished, "--default-resources", "slurm_partition=mian")
    said = snakemake.communicate(timeout=120)[0]
    assert snakemake.returncode != 0
    assert "slurm_partition=mian: no such partition (did you mean 'main'?)" in said.splitlines()
    assert "Job" not in said and "Traceback" not in said
