"""What one finite test set says about a proportion or about a difference of outputs."""

import math

import numpy as np

Z_95 = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


def wilson_interval(successes: int, samples: int, z: float = Z_95) -> tuple[float, float]:
    """Return the 95 % score interval (low, high) of a proportion of independent trials, within 0..1.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), pages 209-212.
    Unlike p ± z·SE it keeps its coverage near 0 and 1 and has a width there. Refuses impossible counts.
    """
    if samples <= 0 or not 0 <= successes <= samples:
        raise ValueError(f"expected 0 <= successes <= samples and samples > 0, got {successes} of {samples}")
    proportion = successes / samples
    shrink = 1 + z * z / samples
    centre = (proportion + z * z / (2 * samples)) / shrink
    half = z / shrink * math.sqrt(proportion * (1 - proportion) / samples + z * z / (4 * samples * samples))
    # The bounds at 0 and 1 are exact in theory; rounding must not move them past the proportion.
    return max(0.0, min(centre - half, proportion)), min(1.0, max(centre + half, proportion))


def sqnr_db(reference: np.ndarray, actual: np.ndarray) -> float | None:
    """Return the signal to quantization noise ratio 10·log10(Σ reference² / Σ (reference - actual)²) in dB.

    None means that there is no ratio: the outputs are equal, or the reference is all zero. Refuses different shapes.
    """
    if reference.shape != actual.shape:
        raise ValueError(f"expected outputs of equal shape, got {reference.shape} and {actual.shape}")
    reference = reference.astype(np.float64)
    signal = float(np.sum(reference**2))
    noise = float(np.sum((reference - actual.astype(np.float64)) ** 2))
    return 10 * math.log10(signal / noise) if signal and noise else None


def pareto_front(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the (cost, gain) points that no other point beats in both, in order of rising cost and gain."""
    front: list[tuple[float, float]] = []
    for cost, gain in sorted(set(points), key=lambda point: (point[0], -point[1])):
        if not front or gain > front[-1][1]:
            front.append((cost, gain))
    return front
