"""Writes results/manifest.json: what the results were made from, with what, where, and how long each step took.

The costs of its steps by rule go into results/host_cost.csv and .md. These are the only results with a date, the state
of git or times of this machine in them; all others are the same bytes for the same inputs.
"""

import csv
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from firmware import settings
from firmware.files import whole
from scripts.lib import table
from scripts.lib.digest import sha256_of
from scripts.lib.job import cpu_s_of, logged
from scripts.lib.machine import cpu_name
from scripts.report import host_cost

INPUTS = (
    *("config/**/*.yaml", "envs/*.lock.txt", "data/raw/*/SHA256SUMS", "data/published/*.csv"),
    "results/stamps/**/*",
)
ARTIFACTS = ("results/table.*", "results/figures/*", "results/report/*", "data/prepared/*", "results/images/*/*")


class ManifestError(ValueError):
    """A benchmark file that cannot be read."""


def manifest(root: Path = Path()) -> dict[str, Any]:
    """Return the manifest of the checkout at `root`."""
    return {
        "schema_version": 1,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "git": git_state(root),
        "machine": machine(),
        "packages": {item.name: item.version for item in sorted(metadata.distributions(), key=lambda item: item.name)},
        "training_threads": {
            path.stem: settings.read_yaml(path).get("threads") for path in sorted(root.glob("config/models/*.yaml"))
        },
        "inputs": hashes(root, INPUTS),
        "artifacts": hashes(root, [*ARTIFACTS, *cell_patterns(root / "results/table.csv")]),
        "steps": steps(root),
    }


def cell_patterns(path: Path) -> list[str]:
    """Return where the files of the table's cells and models lie; what earlier runs left is not part of this one."""
    rows = table.read(path)
    models = {f"results/models/{row.model}/*" for row in rows}
    return sorted(models | {f"results/cells/{row.model}/{row.scheme}/{row.board}/*" for row in rows})


def git_state(root: Path) -> dict[str, Any]:
    """Return the commit, and the files that differ from it; nulls where there is no git or no repository."""
    try:
        commit = _git(root, "rev-parse", "HEAD").strip()
        changed = [line[3:] for line in _git(root, "status", "--porcelain").splitlines()]
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None, "changed": []}
    return {"commit": commit, "dirty": bool(changed), "changed": changed}


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def machine() -> dict[str, Any]:
    """Return the processor, its threads, the memory, the system and Python."""
    return {
        "cpu": cpu_name(),
        "threads": os.cpu_count(),
        "threads_usable": len(os.sched_getaffinity(0)),
        "memory_bytes": psutil.virtual_memory().total,
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def hashes(root: Path, patterns: Iterable[str]) -> dict[str, str]:
    """Return SHA-256 by path for all files under `root` that match, without hidden ones."""
    files = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    return {
        path.relative_to(root).as_posix(): sha256_of(path) for path in sorted(files) if not path.name.startswith(".")
    }


def steps(root: Path) -> dict[str, dict[str, float | None]]:
    """Return wall time and peak memory of each job, from Snakemake's benchmark files, and CPU time, from its log."""
    found, folder = {}, root / "benchmarks"
    for path in sorted(folder.rglob("*.tsv")):
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        if not rows or not {"s", "max_rss"} <= set(rows[0]):
            raise ManifestError(f"{path}: expected one line with s and max_rss")
        name = path.relative_to(folder).with_suffix("")
        found[name.as_posix()] = {
            "wall_s": _number(rows[0]["s"]),
            "cpu_s": cpu_s_of(root / "logs" / f"{name}.log"),
            "peak_mib": _number(rows[0]["max_rss"]),
        }
    return found


def _number(text: str) -> float | None:
    """A job that ends before it was looked at has no memory: NA or -."""
    return None if text in ("NA", "-", "") else float(text)


def write_manifest(path: Path, csv_path: Path, page_path: Path) -> None:
    """Write the manifest of this checkout, and what its steps cost."""
    content = manifest()
    steps = [host_cost.Step(name, **numbers) for name, numbers in content["steps"].items()]
    cpu = "{cpu}, {threads_usable} threads, {0:.0f} GiB.".format(
        content["machine"]["memory_bytes"] / 2**30, **content["machine"]
    )
    texts = {
        path: json.dumps(content, indent=1, ensure_ascii=False) + "\n",
        csv_path: host_cost.to_csv(steps),
        page_path: host_cost.to_markdown(steps, cpu),
    }
    for file, text in texts.items():
        with whole(file) as part:
            part.write_text(text, encoding="utf-8", newline="\n")


if job := globals().get("snakemake"):
    with logged(job):
        write_manifest(*map(Path, job.output))
