"""Loads Fashion-MNIST from its four IDX files; the split is the authors' own."""

import gzip
from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic

from firmware import settings
from scripts.lib.prepared import DataError, Prepared

# Order of the labels: the dataset's README, section "Labels".
CLASS_NAMES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


class Parameters(settings.Settings):
    """The form of the pictures, and how many are taken; all of them, if nothing is said."""

    size: Annotated[int, pydantic.Field(ge=28, strict=True)] = 28  #: pixels of a side, padded with black from 28
    channels: Annotated[int, pydantic.Field(gt=0, strict=True)] = 1  #: equal copies
    train: Annotated[int, pydantic.Field(gt=0, strict=True)] | None = None  #: samples, from the first on
    test: Annotated[int, pydantic.Field(gt=0, strict=True)] | None = None  #: likewise


def load(folder: Path, parameters: Parameters) -> Prepared:
    """Return images as float32 (n, size, size, channels) in [0, 1]."""
    before = (parameters.size - 28) // 2
    margin = (before, parameters.size - 28 - before)
    arrays = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        count = getattr(parameters, split)
        images = np.pad(images[:count], ((0, 0), margin, margin))[..., None].repeat(parameters.channels, axis=-1)
        arrays[f"x_{split}"] = images.astype(np.float32) / np.float32(255)
        arrays[f"y_{split}"] = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")[:count].astype(np.int64)
    return Prepared(**arrays, class_names=np.array(CLASS_NAMES))


def read_idx(path: Path) -> np.ndarray:
    """Return the uint8 array in a gzipped IDX file (bytes 0 0 8 rank, big-endian sizes, data); raises DataError."""
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: not a gzip file: {error}") from error
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DataError(f"{path}: expected the IDX magic 00 00 08, got {content[:3].hex(' ')}")
    header = 4 + 4 * content[3]
    shape = np.frombuffer(content[4:header], ">u4").astype(int)
    if len(content) != header + shape.prod():
        raise DataError(
            f"{path}: expected {header + shape.prod()} bytes for shape {shape.tolist()}, got {len(content)}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
