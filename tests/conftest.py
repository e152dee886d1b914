"""One run of a small matrix, shared by the workflow tests.

It happens in a copy of the checkout, so that tests may edit sources and break files. What the checkout has already
produced is copied too: Snakemake makes again only what is out of date.
"""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.lib.job import NO_PLUGINS

ROOT = Path(__file__).parent.parent
SOURCES = ("config", "data/published", "firmware", "profiles", "rules", "scripts", "Snakefile")
MATRIX = """models: [mlp_fashion, har_cnn1d]
schemes: [float32, float16, dynamic_range, int8, int16x8]
boards: [arduino_zero, stm32f4_disco]
"""
DATASETS = ("fashion_mnist", "watch_imu")
PRODUCED = ("data", "results", ".snakemake/metadata")
PRODUCED_FOR_MATRIX = (
    *(f"data/{kind}/{dataset}{suffix}" for dataset in DATASETS for kind, suffix in (("raw", ""), ("prepared", ".npz"))),
    *(f"results/{kind}/{model}" for model in ("mlp_fashion", "har_cnn1d") for kind in ("models", "cells")),
    "results/kernels",
    "results/stamps",
    ".snakemake/metadata",
)
os.environ |= NO_PLUGINS  # for the virtual boards, as in a run
NO_PROFILE = ("--profile", "none", "--workflow-profile", "none")  # plain log lines, which tests can read


@dataclass(frozen=True)
class Checkout:
    """A working copy of the project."""

    root: Path

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run Snakemake here; stdout holds both of its streams."""
        environment = {**os.environ, "PYTHONPATH": str(self.root)}  # scripts and firmware of this copy
        return subprocess.run(
            ["snakemake", *arguments],
            cwd=self.root,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=1200,
            check=False,
        )

    def planned(self, *arguments: str) -> set[str]:
        """The message of every job that a dry run announces, such as "Train har_cnn1d"."""
        run = self.snakemake("--dry-run", *NO_PROFILE, *arguments)
        assert run.returncode == 0, run.stdout
        return set(re.findall(r"^Job \d+: (.+)$", run.stdout, re.MULTILINE))

    def copy(self, root: Path, *parts: str) -> "Checkout":
        """A second copy at `root`, of `parts` only (of everything if none are named)."""
        for part in parts or (*SOURCES, *PRODUCED):
            if (self.root / part).is_dir():
                ignore = shutil.ignore_patterns(".part")
                shutil.copytree(self.root / part, root / part, ignore=ignore, dirs_exist_ok=True)
            elif (self.root / part).exists():
                (root / part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.root / part, root / part)
        _share_compiler_cache(root)
        return Checkout(root)

    def with_small_matrix(self) -> "Checkout":
        """This copy, with MATRIX instead of the default one."""
        (self.root / "config/config.yaml").write_text(MATRIX)
        return self


def _share_compiler_cache(root: Path) -> None:
    """Let the C compiler find in a copy what it has built before, such as its own runtime: 12 s for each core."""
    (ROOT / ".cache/zig").mkdir(parents=True, exist_ok=True)
    (root / ".cache").mkdir(exist_ok=True)
    if not (root / ".cache/zig").exists():
        (root / ".cache/zig").symlink_to(ROOT / ".cache/zig")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: one makes the matrix, and those of deployment, which need none, keep the other worker busy."""
    first = ("tests/workflow/test_boards.py", "tests/deployment/", "tests/workflow/")
    items.sort(key=lambda item: next((i for i, name in enumerate(first) if item.nodeid.startswith(name)), len(first)))


@pytest.fixture
def fresh(tmp_path: Path) -> Checkout:
    """The sources alone, as after a clone, with the small matrix."""
    return Checkout(ROOT).copy(tmp_path, *SOURCES).with_small_matrix()


@pytest.fixture(scope="session")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy in which the small matrix has run, once for all workers; tests must leave it as it is."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    checkout, made = Checkout(folder / "matrix"), folder / "matrix.made"
    with (folder / "matrix.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _run_matrix(checkout)
            made.touch()
    return checkout


def _run_matrix(checkout: Checkout) -> None:
    shutil.rmtree(checkout.root, ignore_errors=True)  # of a worker that failed
    Checkout(ROOT).copy(checkout.root, *SOURCES, *PRODUCED_FOR_MATRIX).with_small_matrix()
    run = checkout.snakemake("--cores", "2", *NO_PROFILE, "--scheduler", "greedy", "--show-failed-logs")
    assert run.returncode == 0, run.stdout


@pytest.fixture
def edited(matrix: Checkout, tmp_path: Path) -> Callable[[str, str], Checkout]:
    """edited(file, line) is a copy of the finished matrix with `line` added to one of its files."""

    def edit(file: str, line: str) -> Checkout:
        checkout = matrix.copy(tmp_path)
        with (checkout.root / file).open("a") as source:
            source.write(line)
        return checkout

    return edit
