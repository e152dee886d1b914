"""Trains models anew and compares every scheme's .tflite with the one in results/: python -m scripts.retrain MODEL…

The exit code is 1 if one differs. Refuses models that have not been trained here, or were given as .tflite.
"""

import argparse
import multiprocessing
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware.settings import SettingsError
from scripts.convert_model import convert_model
from scripts.lib.declared import GivenModel, load_model
from scripts.lib.digest import sha256_of
from scripts.lib.prepared import load_prepared
from scripts.lib.schemes import SCHEMES
from scripts.train_model import train_model

RESULTS = Path("results/models")


class RetrainError(RuntimeError):
    """A model that cannot be compared."""


def retrain(name: str, scratch: Path) -> list[str]:
    """Return the schemes of `name` whose bytes differ from those in results/models; raises RetrainError."""
    model = load_model(name)
    if isinstance(model, GivenModel):
        raise RetrainError(f"{name}: was given, not trained")
    present = [scheme for scheme in SCHEMES if (RESULTS / name / f"{scheme}.tflite").is_file()]
    if not present:
        raise RetrainError(f"{RESULTS / name}: no .tflite to compare with; train it first")
    data = Path(f"data/prepared/{model.dataset}.npz")
    _apart(_train, name, data, scratch)
    _apart(convert_model, scratch / "model.keras", None, data, scratch)  # as in the workflow, in a process of its own
    return [s for s in present if sha256_of(scratch / f"{s}.tflite") != sha256_of(RESULTS / name / f"{s}.tflite")]


def _train(name: str, data: Path, scratch: Path) -> None:
    model = load_model(name)
    teacher = RESULTS / model.teacher / "model.keras" if model.teacher else None
    train_model(model, load_prepared(data), scratch / "model.keras", scratch / "curves.csv", teacher=teacher)


def _apart(function: Callable[..., None], *arguments: Any) -> None:
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise RetrainError(f"{function.__name__} ended with status {process.exitcode}")


def main(arguments: list[str] | None = None) -> int:
    """Compare, print a line per model, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.retrain", description=__doc__.split(":")[0])
    parser.add_argument("models", nargs="+", metavar="MODEL", help="that was trained here")
    differing = False
    for name in parser.parse_args(arguments).models:
        try:
            with tempfile.TemporaryDirectory(prefix="boardwalk-retrain-") as scratch:
                found = retrain(name, Path(scratch))
        except (RetrainError, SettingsError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        print(f"{name}: {'other bytes in ' + ', '.join(found) if found else 'the same bytes'}", flush=True)
        differing |= bool(found)
    return int(differing)


if __name__ == "__main__":
    sys.exit(main())
