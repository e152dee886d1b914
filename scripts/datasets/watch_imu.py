"""Loads the smartwatch series of seglearn as windows, with whole subjects held out for the test.

The file is a pickle inside a .npy. It is read by an unpickler that can make arrays and plain containers and nothing
else, so a manipulated file cannot run code.
"""

import pickle
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pydantic

from firmware import settings
from scripts.lib.prepared import DataError, Prepared, normalised

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
AXES = ["ax", "ay", "az", "wx", "wy", "wz"]
ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),  # as numpy 1 wrote it
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),
}


class Parameters(settings.Settings):
    """How the series are cut, and who is held out."""

    window: Positive  #: samples of a window, at 50 Hz
    train_stride: Positive  #: samples from one training window to the next; those of the test do not overlap
    test_subjects: Annotated[list[Positive], pydantic.Field(min_length=1)]  #: participants seen in the test only


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"holds {module}.{name}, and only numpy arrays are allowed")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def load(folder: Path, parameters: Parameters) -> Prepared:
    """Return windows as float32 (n, window, 6), each axis normalised by mean and deviation of the training windows."""
    data = read_objects(folder / "watch_dataset.npy")
    if data["X_labels"] != AXES:
        raise DataError(f"{folder / 'watch_dataset.npy'}: expected axes {AXES}, got {data['X_labels']}")
    held_out = np.isin(data["subject"], parameters.test_subjects)
    missing = set(parameters.test_subjects) - set(data["subject"].tolist())
    if missing or held_out.all():
        raise DataError(f"test_subjects: expected some of {np.unique(data['subject']).tolist()}, got {sorted(missing)}")
    train = _windows(data, ~held_out, parameters.window, parameters.train_stride)
    test = _windows(data, held_out, parameters.window, parameters.window)
    x = normalised(train[0], test[0], axes=(0, 1))
    labels = {"y_train": train[1], "y_test": test[1], "group_train": train[2], "group_test": test[2]}
    return Prepared(**x, **labels, class_names=np.array(data["y_labels"]))


def read_objects(path: Path) -> dict[str, Any]:
    """Return the dictionary pickled in a .npy file of one object; raises DataError for anything but arrays in it."""
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            np.lib.format.read_array_header_1_0(file)
            return _ArrayUnpickler(file, encoding="latin1").load().item()
    except (pickle.UnpicklingError, ValueError, AttributeError, EOFError, OSError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _windows(data: dict[str, Any], chosen: np.ndarray, window: int, stride: int) -> tuple[np.ndarray, ...]:
    """Cut the chosen series into windows: float64 (n, window, 6), and int64 (n,) classes and subjects."""
    cut, labels, subjects = [], [], []
    for index in np.flatnonzero(chosen):
        series = data["X"][index]
        starts = range(0, len(series) - window + 1, stride)
        cut += [series[start : start + window] for start in starts]
        labels += [data["y"][index]] * len(starts)
        subjects += [data["subject"][index]] * len(starts)
    return np.stack(cut), np.array(labels, np.int64), np.array(subjects, np.int64)
