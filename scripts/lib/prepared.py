"""A dataset ready for training: data/prepared/<dataset>.npz.

Holds no pickled objects, and equal arrays give equal bytes. Refuses samples of another type or shape than agreed,
values that are not finite, and classes without samples.
"""

import zipfile
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from firmware.files import whole

CLASSES, ANOMALY = "classification", "anomaly detection"


class DataError(ValueError):
    """A data file that is damaged or not of the declared form."""


@dataclass(frozen=True)
class Prepared:
    """x: float32 (n, *sample shape); y: int64 (n,), an index into class_names, a unicode array (classes,).

    task: with `anomaly detection` there are two classes, normal and anomalous; training has normal samples alone.
    group_train, group_test: int64 (n,); samples of one group (a subject, a voice, a recording) are not independent of
    each other. Without them each sample is a group of its own.
    mean, deviation: float32, broadcast to a sample; what was subtracted from raw features and what they were then
    divided by, for a device that makes its own (0 and 1 where nothing was done).
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: np.ndarray
    task: np.ndarray = field(default_factory=lambda: np.array(CLASSES))
    group_train: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    group_test: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    mean: np.ndarray = field(default_factory=lambda: np.zeros((), np.float32))
    deviation: np.ndarray = field(default_factory=lambda: np.ones((), np.float32))

    def __post_init__(self):
        for split in ("train", "test"):
            x, y = getattr(self, f"x_{split}"), getattr(self, f"y_{split}")
            if x.dtype != np.float32 or y.dtype != np.int64 or len(x) != len(y) or not len(x):
                raise DataError(
                    f"{split}: expected as many float32 samples as int64 labels, got {_form(x)} and {_form(y)}"
                )
            if not np.isfinite(x).all():
                raise DataError(f"{split}: samples hold values that are not finite")
            classes = 1 if self.task == ANOMALY and split == "train" else len(self.class_names)
            if set(np.unique(y)) != set(range(classes)):
                empty = [str(self.class_names[label]) for label in range(classes) if label not in y]
                raise DataError(
                    f"{split}: labels {np.unique(y)} do not cover the {classes} classes"
                    + (f": no sample of {', '.join(empty)}" if empty else "")
                )
            if not len(getattr(self, f"group_{split}")):
                object.__setattr__(self, f"group_{split}", np.arange(len(y)))
            if getattr(self, f"group_{split}").shape != y.shape:
                raise DataError(f"{split}: expected a group for each of the {len(y)} samples")
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise DataError(f"samples differ in shape: {_form(self.x_train)} and {_form(self.x_test)}")


def normalised(x_train: np.ndarray, x_test: np.ndarray, axes: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return x_train, x_test, mean and deviation of a Prepared: statistics of the training samples over `axes`."""
    mean, deviation = (f(x_train, axis=axes).astype(np.float32) for f in (np.mean, np.std))
    if not deviation.all():
        raise DataError(f"{np.sum(deviation == 0)} of {deviation.size} features never change in training")
    x_train, x_test = (((x - mean) / deviation).astype(np.float32) for x in (x_train, x_test))
    return {"x_train": x_train, "x_test": x_test, "mean": mean, "deviation": deviation}


def labelled(y: dict[str, list[int]], groups: dict[str, list[str]]) -> dict[str, np.ndarray]:
    """Return y and group of a Prepared, of lists by split: groups are numbered by their names' order."""
    numbers = {name: number for number, name in enumerate(sorted({*groups["train"], *groups["test"]}))}
    return {
        **{f"y_{split}": np.array(labels, np.int64) for split, labels in y.items()},
        **{f"group_{split}": np.array([numbers[n] for n in names], np.int64) for split, names in groups.items()},
    }


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


@dataclass(frozen=True)
class Labelled:
    """What a model is scored on: x, y and group as in Prepared; `classes` how many, None where only y tells."""

    x: np.ndarray
    y: np.ndarray
    group: np.ndarray
    task: str
    classes: int | None


def load_test(path: Path) -> Labelled:
    """Return the test split of a prepared dataset, or the labelled samples x and y of an .npz; raises DataError."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            own = {name: archive[name] for name in ("x", "y")} if "x" in archive.files else None
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: expected an .npz with arrays x and y: {error}") from error
    if own is None:
        data = load_prepared(path)
        return Labelled(data.x_test, data.y_test, data.group_test, str(data.task), len(data.class_names))
    x, y = own["x"], own["y"]
    if x.dtype != np.float32 or y.dtype != np.int64 or y.ndim != 1 or len(x) != len(y) or not len(y):
        raise DataError(f"{path}: expected float32 x and as many int64 labels y, got {_form(x)} and {_form(y)}")
    if not np.isfinite(x).all():
        raise DataError(f"{path}: x holds values that are not finite")
    if y.min() < 0:
        raise DataError(f"{path}: y holds the label {y.min()}")
    return Labelled(x, y, np.arange(len(y)), CLASSES, None)
