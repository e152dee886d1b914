"""One small file per group of sources, so that a rule has one input instead of forty.

A stamp is rewritten only when what it stands for changes, so a rule reruns exactly when a source of the group was
edited, added, removed or renamed.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from firmware.board import board_names
from firmware.files import whole
from scripts.lib.digest import sha256_of
from scripts.lib.lab import Lab

# Patterns relative to the checkout. A file on its own (a model's builder, a dataset's loader) is an input as it is.
GROUPS = {
    "data": (
        "firmware/frontend/spectrum.py",
        "scripts/datasets/fashion_mnist.py",  # other loaders build on it
        *(f"scripts/lib/{name}.py" for name in ("archives", "prepared", "sound", "speech")),
    ),
    "frontend": ("firmware/frontend/*",),
    "compiler": ("firmware/compiler/**/*", "firmware/*.py"),
    "kernels": ("firmware/kernels/**/*", "firmware/*.py"),
    "harness": ("firmware/harness/**/*", "firmware/chips/**/*.[chS]", "firmware/*.py"),
    "emulator": ("firmware/emulator/**/*", "firmware/chips/*/virtual.py", "firmware/*.py"),
    "device": ("scripts/device/**/*.py", "scripts/lib/vectors.py"),
    "records": (
        "data/published/cycle_errors.json",
        *(f"scripts/lib/{name}.py" for name in ("accuracy", "cycle_error", "energy", "quantization")),
        *(f"scripts/lib/{name}.py" for name in ("record", "results", "stats")),
    ),
    "report": (
        "scripts/report/**/*",
        "data/published/*.csv",
        "scripts/collect_results.py",
        *(f"scripts/lib/{name}.py" for name in ("accuracy", "energy", "memory", "record", "results", "stats", "table")),
    ),
}

# Of ten thousand jobs of a kind each has one input for all groups that it is made with.
KINDS = {
    "image": ("compiler", "harness"),
    "sound": ("compiler", "harness", "frontend"),
    "native": ("compiler", "kernels", "records"),
    "run": ("emulator", "device", "records"),
}


def group_hash(group: str, root: Path = Path()) -> str:
    """SHA-256 over the sorted names and contents of the group's files."""
    files = {path for pattern in GROUPS[group] for path in root.glob(pattern) if path.is_file()}
    digest = hashlib.sha256()
    for path in sorted(path for path in files if "__pycache__" not in path.parts):
        content = sha256_of(path)
        digest.update(f"{content} {path.relative_to(root).as_posix()}\n".encode())
    return digest.hexdigest()


def write_stamps(
    cells: list[tuple[str, str, str]], lab: Lab, choices: dict[str, Any], root: Path = Path()
) -> list[str]:
    """Bring results/stamps/ up to date: groups and kinds, the matrix, its other choices, each board with its units.

    Returns the names of what changed.
    """
    hashes = {group: group_hash(group, root) for group in GROUPS}
    for kind, groups in KINDS.items():
        hashes[kind] = hashlib.sha256("".join(hashes[group] for group in groups).encode()).hexdigest()
    contents = {f"{name}.sha256": content for name, content in hashes.items()}
    contents["matrix.json"] = json.dumps(cells)
    contents |= {f"{name}.json": json.dumps(choice) for name, choice in choices.items()}
    for board in board_names(root / "config/boards"):
        declared = sha256_of(root / f"config/boards/{board}.yaml")
        units = [unit.model_dump() for unit in lab.units(board)]
        contents[f"boards/{board}.json"] = json.dumps({"declared": declared, "units": units})
    changed = []
    for name, content in contents.items():
        path = root / "results/stamps" / name
        if not path.is_file() or path.read_text() != content + "\n":
            with whole(path) as part:
                part.write_text(content + "\n")
            changed.append(name)
    return changed
