"""What one finite test set says about a proportion or about a difference of outputs."""

import math

import numpy as np

Z_95 = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


def wilson_interval(successes: int, samples: int) -> tuple[float, float]:
    """Return the 95 % score interval (low, high) of a proportion of independent trials, within 0..1.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), pages 209-212.
    Unlike p ± z·SE it keeps its coverage near 0 and 1 and has a width there. Refuses impossible counts.
    """
    if samples <= 0 or not 0 <= successes <= samples:
        raise ValueError(f"expected 0 <= successes <= samples and samples > 0, got {successes} of {samples}")
    proportion, z = successes / samples, Z_95
    shrink = 1 + z * z / samples
    centre = (proportion + z * z / (2 * samples)) / shrink
    half = z / shrink * math.sqrt(proportion * (1 - proportion) / samples + z * z / (4 * samples * samples))
    # The bounds at 0 and 1 are exact in theory; rounding must not move them past the proportion.
    return max(0.0, min(centre - half, proportion)), min(1.0, max(centre + half, proportion))


def auc_interval(scores: np.ndarray, positive: np.ndarray) -> tuple[float, float, float]:
    """Return area under the ROC curve and its 95 % interval (auc, low, high), within 0..1.

    `scores` (n,) should be higher where `positive` (n,) is true; equal scores count half. The variance is that of
    DeLong, DeLong, Clarke-Pearson, "Comparing the areas under two or more correlated ROC curves", Biometrics 44 (1988),
    pages 837-845. Refuses fewer than two samples of a kind.
    """
    hits, misses = scores[positive], scores[~positive]
    if min(len(hits), len(misses)) < 2:
        raise ValueError(f"expected two samples of each kind, got {len(hits)} positive and {len(misses)} negative")
    wins = (hits[:, None] > misses) + 0.5 * (hits[:, None] == misses)
    auc = float(wins.mean())
    variance = wins.mean(axis=1).var(ddof=1) / len(hits) + wins.mean(axis=0).var(ddof=1) / len(misses)
    half = Z_95 * math.sqrt(variance)
    return auc, max(0.0, auc - half), min(1.0, auc + half)


# 97.5 % quantiles of Student's t distribution with 1, 2, ... degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
_T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
         2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045,
         2.042)  # fmt: skip


def mean_interval(values: list[float]) -> tuple[float, float, float]:
    """Return the mean of independent values and Student's 95 % interval of it (mean, low, high); two at least."""
    if len(values) < 2:
        raise ValueError(f"expected two values or more, got {len(values)}")
    quantile = _T_95[len(values) - 2] if len(values) <= len(_T_95) + 1 else Z_95
    mean, half = float(np.mean(values)), quantile * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean, mean - half, mean + half


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
