"""The weights of firmware/kernels/armv7em/two_pixels.h."""

import numpy as np

# How SXTB16 takes four bytes apart: 0 and 2, then 1 and 3.
_ORDER = [0, 2, 1, 3]


def two_channels(weights: np.ndarray) -> np.ndarray:
    """Return words of shape (pairs of channels, groups of four inputs, 2) for int8 weights (channels, inputs)."""
    weights = np.pad(weights, ((0, len(weights) % 2), (0, -weights.shape[1] % 4)))
    groups = weights.reshape(len(weights) // 2, 2, -1, 4).transpose(0, 2, 1, 3)[..., _ORDER]
    return np.ascontiguousarray(groups).view("<u4")[..., 0]


def rows_as_pixels(fields: dict) -> dict:
    """Return the window of a fully connected layer: its rows are pixels."""
    one = ("k_h", "k_w", "in_w", "out_w", "stride_h", "stride_w", "dilation_h", "dilation_w")
    sizes = {"in_h": fields["rows"], "out_h": fields["rows"], "in_c": fields["inputs"], "out_c": fields["outputs"]}
    return {**dict.fromkeys(one, 1), **dict.fromkeys(("pad_h", "pad_w", "backward"), 0), **sizes}
