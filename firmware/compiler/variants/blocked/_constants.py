"""What the kernels of firmware/kernels/blocked take for each channel."""

import numpy as np

RIGHT_SHIFTS = (1, 22)
# Sums must be smaller for 32 bits to be enough on the way to outputs.
SUMS = 1 << 29


def constants(fields: dict, count: int, bias: np.ndarray, reach: int) -> dict | None:
    """Return `constants` and `shift`, or None if shifts or sums, up to `reach`, are not what the kernels can scale."""
    multiplier, shift = (np.broadcast_to(fields[key], count).astype(np.int32) for key in ("multiplier", "shift"))
    if -shift.max() < RIGHT_SHIFTS[0] or -shift.min() > RIGHT_SHIFTS[1] or reach >= SUMS:
        return None
    return {
        "constants": np.stack([bias.astype(np.int32), multiplier], axis=1),
        "shift": (-shift).astype(np.int8),
    }
