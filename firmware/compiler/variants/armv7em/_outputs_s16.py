"""The constants of bw_outputs_s16_t."""

import numpy as np

from firmware.compiler.step import Struct


def outputs(fields: dict, channels: int) -> Struct | None:
    """Return the structure of an int16x8 layer, or None where sums leave 32 bits or shifts the range of the kernels."""
    weights, bias = fields["weights"].reshape(channels, -1).astype(np.int64), fields["bias"]
    reach = np.abs(bias).astype(np.float64) + 32768.0 * np.abs(weights).sum(axis=1)
    right = 15 - np.broadcast_to(fields["shift"], channels).astype(np.int32)
    if reach.max() >= 1 << 31 or right.min() < 1 or right.max() > 31:
        return None
    values = {
        "bias": bias.astype(np.int32),
        "multiplier": np.ascontiguousarray(np.broadcast_to(fields["multiplier"], channels)),
        "right": right.astype(np.uint8),
    }
    out = fields["out"].fields
    return Struct("bw_outputs_s16_t", {**values, "out_min": out["min"], "out_max": out["max"]})
