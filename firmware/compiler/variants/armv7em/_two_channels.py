"""The weights of firmware/kernels/armv7em/two_pixels.h."""

import numpy as np

# How SXTB16 takes four bytes apart: 0 and 2, then 1 and 3.
_ORDER = [0, 2, 1, 3]


def two_channels(weights: np.ndarray) -> np.ndarray:
    """Return words of shape (pairs of channels, groups of four inputs, 2) for int8 weights (channels, inputs)."""
    weights = np.pad(weights, ((0, len(weights) % 2), (0, -weights.shape[1] % 4)))
    groups = weights.reshape(len(weights) // 2, 2, -1, 4).transpose(0, 2, 1, 3)[..., _ORDER]
    return np.ascontiguousarray(groups).view("<u4")[..., 0]
