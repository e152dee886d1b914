"""A dataset ready for training: data/prepared/<dataset>.npz.

Holds no pickled objects, and equal arrays give equal bytes.
"""

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from scripts.lib.job import whole


class DataError(ValueError):
    """A data file that is damaged or not of the declared form."""


@dataclass(frozen=True)
class Prepared:
    """x: float32 (n, *sample shape); y: int64 (n,), an index into class_names, a unicode array (classes,)."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: np.ndarray

    def __post_init__(self):
        for split in ("train", "test"):
            x, y = getattr(self, f"x_{split}"), getattr(self, f"y_{split}")
            if x.dtype != np.float32 or y.dtype != np.int64 or len(x) != len(y) or not len(x):
                raise DataError(
                    f"{split}: expected as many float32 samples as int64 labels, got {_form(x)} and {_form(y)}"
                )
            if not np.isfinite(x).all():
                raise DataError(f"{split}: samples hold values that are not finite")
            if set(np.unique(y)) != set(range(len(self.class_names))):
                raise DataError(f"{split}: labels {np.unique(y)} do not cover the {len(self.class_names)} classes")
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise DataError(f"samples differ in shape: {_form(self.x_train)} and {_form(self.x_test)}")


def _form(array: np.ndarray) -> str:
    return f"{array.dtype}{list(array.shape)}"


def save_prepared(data: Prepared, path: Path) -> None:
    """Write `data` to `path`; numpy dates every member 1980-01-01, so the bytes depend on the data only."""
    with whole(path) as part:
        np.savez(part, **{field.name: getattr(data, field.name) for field in fields(data)})


def load_prepared(path: Path) -> Prepared:
    """Return what `save_prepared` wrote; raises DataError naming the file if it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return Prepared(**{field.name: archive[field.name] for field in fields(Prepared)})
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a prepared dataset: {error}") from error
