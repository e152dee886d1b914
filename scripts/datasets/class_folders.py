"""Loads a folder of class-named folders with one kind of file: .wav, .png or .csv, a sample each.

So a folder of one's own, such as data/recorded/<dataset>, is a dataset with a YAML file and nothing else. Other files
in it, such as a manifest, are left alone. Refuses, by the file's name: another sampling rate, shape or number of
channels than the first file's or the declared one, values that are not finite, damaged files, and empty classes.
"""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pydantic

from firmware import settings
from firmware.frontend.spectrum import FrontEnd
from scripts.lib.prepared import DataError, Prepared, labelled, normalised
from scripts.lib.sound import read_wav

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]


class Parameters(settings.Settings):
    """What the files are, and how they are split; a file's side depends on its name alone."""

    files: Literal["wav", "png", "csv"]  #: their kind
    rate_hz: Positive = 16_000  #: samples a second that sound must have
    coefficients: Positive | None = None  #: of the MFCC of sound; without them samples are the sound itself
    test_share: Annotated[float, pydantic.Field(gt=0, lt=1)] = 0.2  #: of each class
    #: a regular expression whose one group names the subject, or the recording, in a file's name; none is on both sides
    group: str | None = None

    @pydantic.field_validator("group")
    @classmethod
    def _one_group(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                groups = re.compile(pattern).groups
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
            if groups != 1:
                raise ValueError(f"expected one group in parentheses, got {groups}")
        return pattern


def load(folder: Path, parameters: Parameters) -> Prepared:
    """Return float32 samples: pictures (n, height, width, channels) in 0..1; all else normalised by the training split.

    Sound is (n, samples, 1) or (n, frames, coefficients, 1), tables are (n, lines, columns).
    """
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(classes) < 2:
        raise DataError(f"{folder}: expected a folder for each of two classes or more, got {classes}")
    files = {name: sorted((folder / name).glob(f"*.{parameters.files}")) for name in classes}
    for name, found in files.items():
        if not found:
            raise DataError(f"{folder / name}: no .{parameters.files} file in it")
    x: dict[str, list[np.ndarray]] = {"train": [], "test": []}
    labels: dict[str, list[int]] = {"train": [], "test": []}
    groups: dict[str, list[str]] = {"train": [], "test": []}
    first: tuple[Path, np.ndarray] | None = None
    for label, name in enumerate(classes):
        for path, group, split in _split(files[name], parameters):
            sample = read_sample(path, parameters)
            first = first or (path, sample)
            if sample.shape != first[1].shape:
                raise DataError(f"{path}: expected the shape {first[1].shape} of {first[0]}, got {sample.shape}")
            x[split].append(sample)
            labels[split].append(label)
            groups[split].append(group)
    if not x["train"] or not x["test"]:
        raise DataError(f"{folder}: {len(x['train'])} training and {len(x['test'])} test samples; more files or groups")
    return _prepared(x, labels, groups, classes, pictures=parameters.files == "png")


def _prepared(x, labels, groups, classes: list[str], pictures: bool) -> Prepared:
    arrays = {split: np.stack(samples) for split, samples in x.items()}
    axes = tuple(range(arrays["train"].ndim - 1)) if arrays["train"].ndim < 4 else (0, 1)
    return Prepared(
        **({f"x_{s}": a for s, a in arrays.items()} if pictures else normalised(arrays["train"], arrays["test"], axes)),
        **labelled(labels, groups),
        class_names=np.array(classes),
    )


def _split(files: list[Path], parameters: Parameters) -> list[tuple[Path, str, str]]:
    """Return (file, group, split) for each file of a class."""
    grouped = [(path, _group(path, parameters.group)) for path in files]
    if parameters.group is not None:  # a group is on the same side in every class
        return [(path, g, "test" if _place(g) < parameters.test_share else "train") for path, g in grouped]
    by_place = sorted(files, key=lambda path: _place(path.name))
    test = set(by_place[: max(1, round(parameters.test_share * len(files)))]) if len(files) > 1 else set()
    return [(path, g, "test" if path in test else "train") for path, g in grouped]


def _group(path: Path, pattern: str | None) -> str:
    if pattern is None:
        return f"{path.parent.name}/{path.name}"
    match = re.search(pattern, path.name)
    if not match:
        raise DataError(f"{path}: the name does not match group: {pattern!r}")
    return match[1]


def _place(name: str) -> float:
    """A number in 0..1 that depends on nothing but the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big") / 2**48


def read_sample(path: Path, parameters: Parameters) -> np.ndarray:
    """Return one file as float32; raises DataError that names it."""
    return {"wav": _read_sound, "png": _read_picture, "csv": _read_table}[parameters.files](path, parameters)


def _read_sound(path: Path, parameters: Parameters) -> np.ndarray:
    sound = read_wav(path.read_bytes(), str(path), parameters.rate_hz)
    if parameters.coefficients is None:
        return sound[:, None].astype(np.float32)
    front_end = FrontEnd(rate_hz=parameters.rate_hz, coefficients=parameters.coefficients)
    if len(sound) < front_end.window:
        raise DataError(f"{path}: expected {front_end.window} samples or more, got {len(sound)}")
    return front_end.mfcc(sound)[..., None].astype(np.float32)


def _read_picture(path: Path, _parameters: Parameters) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            if picture.mode not in ("L", "RGB"):
                raise DataError(f"{path}: expected 8 bits of grey or of each of three colours, got mode {picture.mode}")
            pixels = np.asarray(picture)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path}: not a picture: {error}") from error
    return pixels.reshape(*pixels.shape[:2], -1).astype(np.float32) / np.float32(255)


def _read_table(path: Path, _parameters: Parameters) -> np.ndarray:
    try:
        rows = [[float(cell) for cell in line.split(",")] for line in path.read_text().split()]
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected lines of numbers: {error}") from error
    if not rows or len({len(row) for row in rows}) != 1:
        raise DataError(f"{path}: expected as many numbers in every line, got {sorted({len(row) for row in rows})}")
    table = np.array(rows, np.float32)
    if not np.isfinite(table).all():
        raise DataError(f"{path}:{1 + int(np.argmin(np.isfinite(table).all(axis=1)))}: a value that is not finite")
    return table
