"""Loads CIFAR-10 from its binary version, an archive of records of a label and 3 x 32 x 32 bytes; the authors' split.

The other version, for Python, is made of pickles, which are not read here.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic

from firmware import settings
from scripts.lib.archives import read_members
from scripts.lib.prepared import DataError, Prepared

RECORD = 1 + 3 * 32 * 32
# batches.meta.txt of the archive
CLASS_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
FILES = {"train": [f"data_batch_{number}.bin" for number in range(1, 6)], "test": ["test_batch.bin"]}


class Parameters(settings.Settings):
    """How much is taken; all of it, if nothing is said."""

    train: Annotated[int, pydantic.Field(gt=0, strict=True)] | None = None  #: samples, from the first on
    test: Annotated[int, pydantic.Field(gt=0, strict=True)] | None = None  #: likewise


def load(folder: Path, parameters: Parameters) -> Prepared:
    """Return pictures as float32 (n, 32, 32, 3) in 0..1."""
    archive = folder / "cifar-10-binary.tar.gz"
    wanted = [name for names in FILES.values() for name in names]
    found = {Path(name).name: data for name, data in read_members(archive, lambda name: Path(name).name in wanted)}
    missing = [name for name in wanted if name not in found]
    if missing:
        raise DataError(f"{archive}: {', '.join(missing)} missing")
    arrays = {}
    for split, names in FILES.items():
        records = np.concatenate([_records(found[name], f"{archive}: {name}") for name in names])
        records = records[: getattr(parameters, split)]
        pictures = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        arrays[f"x_{split}"] = np.ascontiguousarray(pictures, np.float32) / np.float32(255)
        arrays[f"y_{split}"] = records[:, 0].astype(np.int64)
    return Prepared(**arrays, class_names=np.array(CLASS_NAMES))


def _records(content: bytes, name: str) -> np.ndarray:
    if not content or len(content) % RECORD:
        raise DataError(f"{name}: expected records of {RECORD} bytes, got {len(content)} bytes")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    if records[:, 0].max() >= len(CLASS_NAMES):
        raise DataError(f"{name}: record {int(records[:, 0].argmax())} has the label {records[:, 0].max()}")
    return records
