"""Renders pictures with and without a garment for the upper body: a proxy for "is there a person in the picture?".

No pictures of persons with an open licence are within reach of the package archives, so items of Fashion-MNIST stand
for them: a picture of 96 x 96 x 3 shows one or two items in random colours, sizes and places on a background of random
colour; it belongs to the class `garment` if one of them is a T-shirt, pullover, dress, coat or shirt. The split is that
of Fashion-MNIST.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic

from firmware import settings
from scripts.datasets import fashion_mnist
from scripts.lib.prepared import Prepared

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
SIZE = 96
UPPER_BODY = (0, 2, 3, 4, 6)  # labels of Fashion-MNIST
ITEM_SIZE = (56, 97)  # pixels: persons of Visual Wake Words, too, fill a good part of the picture
PATCHES = 8  # colours of the background along each side; between them it changes gradually
_BLEND = np.maximum(0, 1 - np.abs(np.linspace(0, PATCHES - 1, SIZE)[:, None] - np.arange(PATCHES)))


class Parameters(settings.Settings):
    """How much is rendered."""

    train: Positive  #: pictures, half of them with a garment
    test: Positive  #: likewise
    seed: Annotated[int, pydantic.Field(ge=0, strict=True)] = 1  #: of all that is random


def load(folder: Path, parameters: Parameters) -> Prepared:
    """Return pictures as float32 (n, 96, 96, 3) in [0, 1]."""
    items = fashion_mnist.load(folder, fashion_mnist.Parameters())
    arrays = {}
    for split in ("train", "test"):
        images, labels = getattr(items, f"x_{split}")[..., 0], getattr(items, f"y_{split}")
        garment = np.isin(labels, UPPER_BODY)
        kinds = [np.flatnonzero(~garment), np.flatnonzero(garment)]
        y = np.arange(getattr(parameters, split)) % 2
        x = np.empty((len(y), SIZE, SIZE, 3), np.float32)
        for index, label in enumerate(y):
            random = np.random.default_rng([parameters.seed, split == "test", index])
            chosen = [random.choice(kinds[0]) for _ in range(random.integers(2))] + [random.choice(kinds[label])]
            x[index] = render(images[chosen], random)
        arrays |= {f"x_{split}": x, f"y_{split}": y.astype(np.int64)}
        print(f"{split}: {len(y)} pictures", flush=True)
    return Prepared(**arrays, class_names=np.array(["no garment", "garment"]))


def render(items: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return one picture with the grey `items` (n, 28, 28) on it, the last in front."""
    texture = np.einsum("ri,cj,ijk->rck", _BLEND, _BLEND, random.uniform(0, 1, (PATCHES, PATCHES, 3)))
    picture = 0.3 * texture + 0.7 * random.uniform(0, 1, 3)
    picture += random.normal(0, 0.05, picture.shape)
    for item in items:
        size = int(random.integers(*ITEM_SIZE))
        pixels = np.arange(size) * 28 // size
        shape = item[np.ix_(pixels, pixels)]
        row, column = random.integers(0, SIZE - size + 1, 2)
        place = picture[row : row + size, column : column + size]
        colour = random.uniform(0.2, 1, 3)
        opaque = (shape > 0.05)[..., None]
        place[:] = np.where(opaque, colour * (0.3 + 0.7 * shape[..., None]), place)
    return np.clip(picture, 0, 1).astype(np.float32)
