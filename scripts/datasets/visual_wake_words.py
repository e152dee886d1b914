"""Loads the Visual Wake Words pictures of MLPerf Tiny: an archive of folders person and non_person, 96 x 96 JPEG files.

MLPerf Tiny names no split. Here a picture is in the test by the hash of its name, so the split stays the same whatever
is left out.
"""

import hashlib
import io
from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic

from firmware import settings
from scripts.lib.archives import member_names, read_members
from scripts.lib.prepared import DataError, Prepared

CLASSES = ["non_person", "person"]
SIZE = 96


class Parameters(settings.Settings):
    """How much is taken: 4,000 pictures of 96 x 96 x 3 floats take 440 MB."""

    #: pictures of each class at most, by the hash of the name
    train: Annotated[int, pydantic.Field(gt=0, strict=True)] = 4000
    test: Annotated[int, pydantic.Field(gt=0, strict=True)] = 1000  #: likewise


def load(folder: Path, parameters: Parameters) -> Prepared:
    """Return pictures as float32 (n, 96, 96, 3) in 0..1."""
    archive = folder / "vw_coco2014_96.tar.gz"
    names = [n for n in member_names(archive) if n.endswith(".jpg") and Path(n).parent.name in CLASSES]
    chosen: dict[str, str] = {}
    for label in CLASSES:
        of_class = sorted((name for name in names if Path(name).parent.name == label), key=_hash)
        test = min(parameters.test, len(of_class) // 5)
        chosen |= dict.fromkeys(of_class[:test], "test")
        chosen |= dict.fromkeys(of_class[test : test + parameters.train], "train")
    x, y = ({"train": [], "test": []} for _ in range(2))
    for name, content in read_members(archive, chosen.__contains__):
        x[chosen[name]].append(_pixels(content, f"{archive}: {name}"))
        y[chosen[name]].append(CLASSES.index(Path(name).parent.name))
    if not x["train"] or not x["test"]:
        raise DataError(f"{archive}: {len(names)} pictures in folders {' and '.join(CLASSES)}")
    return Prepared(
        **{f"x_{split}": np.stack(pictures).astype(np.float32) / np.float32(255) for split, pictures in x.items()},
        **{f"y_{split}": np.array(labels, np.int64) for split, labels in y.items()},
        class_names=np.array(CLASSES),
    )


def _hash(name: str) -> str:
    return hashlib.sha256(Path(name).name.encode()).hexdigest()


def _pixels(content: bytes, name: str) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.size != (SIZE, SIZE):
                raise DataError(f"{name}: expected {SIZE} x {SIZE} pixels, got {picture.size[0]} x {picture.size[1]}")
            return np.asarray(picture.convert("RGB"))  # a few of COCO are grey
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise DataError(f"{name}: not a picture: {error}") from error
