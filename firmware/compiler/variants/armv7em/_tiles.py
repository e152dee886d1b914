"""The weights of firmware/kernels/armv7em/tile.h: for some channels at a time, those of an input side by side."""

import numpy as np


def tiled(fields: dict, channels: int, columns: int) -> dict | None:
    """Return weights, bias and range of a float layer in tiles of `columns` channels, or None if not all are finite."""
    weights, bias = fields["weights"].reshape(channels, -1), fields["bias"]
    numbers = weights.view(np.float16) if weights.dtype == np.uint16 else weights
    if not np.isfinite(numbers).all():
        return None  # outside of the input, zeros would count as more than nothing
    padded = np.pad(weights, ((0, -channels % columns), (0, 0)))
    return {
        "weights": np.ascontiguousarray(padded.reshape(-1, columns, weights.shape[1]).transpose(0, 2, 1)),
        "bias": np.pad(bias, (0, -channels % columns)),
        "out_min": fields["out_min"],
        "out_max": fields["out_max"],
    }
