"""Whether what a device sees still is what its model was validated on: population stability index of its classes.

The index is the sum over classes of (seen - expected) * ln(seen / expected), with shares; half a sample is added to
each class, so that an empty one has a share. Below 0.1 is called stable and from 0.25 on shifted (N. Siddiqi, Credit
Risk Scorecards, 2006). Of few samples it is large by chance: about (1/n + 1/m) * chi square with one degree of freedom
less than there are classes (B. Yurdakul, Statistical Properties of Population Stability Index, 2018), so an alarm also
needs more than chance gives once in a thousand times.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import results
from scripts.lib.accuracy import Accuracy

SHIFTED = 0.25
_Z = 3.0902  # 99.9 % quantile of the standard normal distribution


@dataclass(frozen=True)
class Validation:
    """What the model answered on the samples of its test split: a count for each class."""

    model: str
    scheme: str
    classes: tuple[int, ...]


@dataclass(frozen=True)
class Drift:
    """The index, what it must exceed for an alarm, and of how many inferences it was taken."""

    index: float
    limit: float
    inferences: int

    @property
    def alarm(self) -> bool:
        """True if the classes are no longer those of the validation."""
        return self.index > self.limit


def stability_index(expected: Sequence[int], seen: Sequence[int]) -> float:
    """Return the index of two histograms of the same classes; raises ValueError for others or for empty ones."""
    if len(expected) != len(seen) or len(seen) < 2 or not sum(expected) or not sum(seen):
        raise ValueError(f"expected two histograms of the same two or more classes, got {expected} and {seen}")
    shares = [[(count + 0.5) / (sum(counts) + 0.5 * len(counts)) for count in counts] for counts in (expected, seen)]
    return sum((s - e) * math.log(s / e) for e, s in zip(*shares, strict=True))


def drift(expected: Sequence[int], seen: Sequence[int]) -> Drift:
    """Return how far `seen` is from `expected`."""
    degrees = len(expected) - 1
    part = 2 / (9 * degrees)
    chi_square = degrees * (1 - part + _Z * math.sqrt(part)) ** 3  # Wilson and Hilferty, PNAS 17 (1931), pages 684-688
    chance = (1 / sum(expected) + 1 / max(1, sum(seen))) * chi_square
    return Drift(stability_index(expected, seen), max(SHIFTED, chance), sum(seen))


def validation(model: str, folder: Path = Path("results/models")) -> Validation | None:
    """Return the histogram of the model whose .tflite has a SHA-256 that begins so; None where there is none."""
    for path in sorted(folder.glob("*/*.accuracy.json")):
        record = results.read(path, Accuracy)
        if record.tflite_sha256.startswith(model) and record.classified:
            predicted = tuple(map(sum, zip(*record.classified.confusion, strict=True)))
            return Validation(record.model, record.scheme, predicted)
    return None
