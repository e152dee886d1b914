"""What the kernels of firmware/kernels/blocked take for each channel."""

import numpy as np

_RIGHT_SHIFTS = (1, 22)
# Sums must be smaller for 32 bits to be enough on the way to outputs.
_SUMS = 1 << 29


def constants(fields: dict, count: int, bias: np.ndarray) -> dict:
    """Return `constants` and `shift` of `count` channels."""
    multiplier, shift = (np.broadcast_to(fields[key], count).astype(np.int32) for key in ("multiplier", "shift"))
    return {
        "constants": np.stack([bias.astype(np.int32), multiplier], axis=1),
        "shift": (-shift).astype(np.int8),
    }


def in_32_bits(found: dict, reach: int) -> bool:
    """True if the `constants` scale sums up to `reach` with 32 bits."""
    lowest, highest = _RIGHT_SHIFTS
    return bool(lowest <= found["shift"].min() and found["shift"].max() <= highest and reach < _SUMS)
