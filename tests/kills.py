"""A run whose parts are killed at seeded moments: a plain rerun must complete it, and leave nothing else behind."""

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.conftest import SOURCES, Checkout

BOARDS = ("arduino_zero", "stm32f4_disco")
CONFIG = "models: [har_cnn1d]\nschemes: [int8]\nboards: [{}]\n"
PRODUCED = ("data/raw/watch_imu", "data/prepared/watch_imu.npz", "results/models/har_cnn1d", "results/kernels")
PRODUCED += ("results/stamps", ".snakemake/metadata")
TARGETS = ("snakemake", "job", "board")
TABLE = "results/table.csv"
_END_S = 10  # within which what belonged to a killed run must have ended
_RUN_S = 600
_TRIES = 5  # a machine that has less to do than when the bench was timed ends its runs before the moment


@dataclass(frozen=True)
class Bench:
    """A checkout whose cells are built and measured again and again, with the undisturbed table and its time."""

    checkout: Checkout
    table: bytes
    seconds: float

    @classmethod
    def make(cls, source: Checkout, root: Path, boards: tuple[str, ...] = BOARDS) -> "Bench":
        """Copy what the cells are made from, and run undisturbed twice: the first run makes what all others find."""
        checkout = source.copy(root, *SOURCES, *PRODUCED)
        (root / "config/config.yaml").write_text(CONFIG.format(", ".join(boards)))
        finish(checkout)
        again(checkout)
        started = time.monotonic()
        finish(checkout)
        return cls(checkout, (root / TABLE).read_bytes(), time.monotonic() - started)


def start(checkout: Checkout) -> subprocess.Popen:
    """Start a plain run."""
    environment = {**os.environ, "PYTHONPATH": str(checkout.root)}
    command = ["snakemake", "--cores", "2", "--no-hooks", TABLE]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=checkout.root, env=environment, **pipes)


def finish(checkout: Checkout) -> str:
    """Run to the end, which must be a good one; returns what was said."""
    run = start(checkout)
    said = run.communicate(timeout=_RUN_S)[0]
    assert run.returncode == 0, said
    return said


def kill_and_rerun(bench: Bench, seed: int, target: str) -> None:
    """Do one case: kill, look, rerun, look. Raises AssertionError, also if several runs ended before the kill."""
    draw = random.Random(seed)
    killed = any(_killed(bench, draw, target) for _ in range(_TRIES))
    assert killed, f"{_TRIES} runs of {bench.seconds:.1f} s ended before any {target} was killed"
    finish(bench.checkout)
    assert (bench.checkout.root / TABLE).read_bytes() == bench.table
    partial = [path for path in (bench.checkout.root / "results").rglob(".*") if path.is_file()]
    assert partial == [], partial
    check_nothing_left(bench.checkout)


def _killed(bench: Bench, draw: random.Random, target: str) -> bool:
    """Run, and kill at a drawn moment; False if the run ended before."""
    again(bench.checkout)
    run = start(bench.checkout)
    moment = time.monotonic() + draw.uniform(0, bench.seconds)
    victim = None
    while run.poll() is None and victim is None:
        if time.monotonic() >= moment and (found := find(run, target)):
            victim = draw.choice(found)
            victim.send_signal(signal.SIGKILL)
        time.sleep(0.02)
    run.communicate(timeout=_RUN_S)
    check_nothing_left(bench.checkout)
    return victim is not None


def again(checkout: Checkout) -> None:
    """Forget the cells."""
    for path in sorted((checkout.root / "results/cells").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (checkout.root / TABLE).unlink(missing_ok=True)


def find(run: subprocess.Popen, target: str) -> list[psutil.Process]:
    """The processes of a run that are Snakemake, one of its jobs, or a virtual board."""
    try:
        main = psutil.Process(run.pid)
        if target == "snakemake":
            return [main]
        if target == "job":
            return main.children()
        return [child for child in main.children(recursive=True) if "firmware.emulator" in child.cmdline()]
    except psutil.Error:
        return []


def check_nothing_left(checkout: Checkout) -> None:
    """Wait until no process works in the checkout."""
    deadline = time.monotonic() + _END_S
    while left := [process for process in psutil.process_iter() if _works_in(process, checkout.root)]:
        assert time.monotonic() < deadline, [process.info for process in left]
        time.sleep(0.1)


def _works_in(process: psutil.Process, root: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == root
    except psutil.Error:
        return False
