"""Test vectors: a few inputs of a model and the oracle's outputs for them, in <scheme>.vectors.npz.

Refuses a file that is not a whole set: inputs and outputs for the same number of samples, the oracle and its tolerance.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firmware.files import whole


class VectorsError(ValueError):
    """A file of test vectors that cannot be used."""


@dataclass(frozen=True)
class Vectors:
    """`inputs` and `outputs` have one array (n, *shape) per tensor, in its own dtype; `tolerance` is in its unit."""

    inputs: list[np.ndarray]
    outputs: list[np.ndarray]
    oracle: str
    tolerance: float

    def __len__(self) -> int:
        return len(self.inputs[0])

    def first(self, count: int) -> "Vectors":
        """Return the first samples, `count` at most."""
        inputs, outputs = ([batch[:count] for batch in part] for part in (self.inputs, self.outputs))
        return Vectors(inputs, outputs, self.oracle, self.tolerance)

    def content(self, sample: int) -> bytes:
        """Return the bytes of all inputs of a sample, as a board's input buffer holds them."""
        return b"".join(np.ascontiguousarray(batch[sample]).tobytes() for batch in self.inputs)

    def difference(self, sample: int, content: bytes) -> float:
        """Return the largest absolute difference of a board's output bytes; NaN or a wrong size counts as infinite."""
        references = [batch[sample] for batch in self.outputs]
        if len(content) != sum(reference.nbytes for reference in references):
            return float("inf")
        worst = 0.0
        for reference in references:
            worst = max(worst, apart(np.frombuffer(content[: reference.nbytes], reference.dtype), reference))
            content = content[reference.nbytes :]
        return worst


def apart(values: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest absolute difference of the elements; NaN or another number of them counts as infinite."""
    if values.size != reference.size:
        return float("inf")
    worst = np.abs(values.astype(np.float64) - reference.reshape(-1).astype(np.float64)).max()
    return float(worst) if np.isfinite(worst) else float("inf")


def save_vectors(path: Path, vectors: Vectors) -> None:
    """Write the vectors, whole or not at all."""
    arrays = {f"input_{index}": batch for index, batch in enumerate(vectors.inputs)}
    arrays |= {f"output_{index}": batch for index, batch in enumerate(vectors.outputs)}
    with whole(path) as part, part.open("wb") as file:
        np.savez(file, **arrays, oracle=np.array(vectors.oracle), tolerance=np.array(vectors.tolerance))


def load_vectors(path: Path) -> Vectors:
    """Return the vectors in `path`; raises VectorsError."""
    try:
        with np.load(path) as data:
            content = dict(data)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise VectorsError(f"{path}: not a whole file of test vectors: {error}") from error
    inputs, outputs = (_numbered(content, kind) for kind in ("input", "output"))
    missing = [name for name in ("input_0", "output_0", "oracle", "tolerance") if name not in content]
    if missing:
        raise VectorsError(f"{path}: {', '.join(missing)} missing")
    counts = {len(batch) if batch.ndim else 0 for batch in [*inputs, *outputs]}
    if len(counts) > 1 or 0 in counts:
        raise VectorsError(f"{path}: inputs and outputs have {sorted(counts)} samples")
    return Vectors(inputs, outputs, str(content["oracle"]), float(content["tolerance"]))


def _numbered(content: dict[str, np.ndarray], kind: str) -> list[np.ndarray]:
    names = [f"{kind}_{index}" for index in range(len(content))]
    return [content[name] for name in names if name in content]
