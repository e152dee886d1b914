"""The constants of firmware/kernels/armv7em/paired.h: weights of two channels in one stream of 16-bit numbers."""

import numpy as np

from firmware.compiler.step import Struct

RIGHT_SHIFTS = (-22, -1)


def paired(fields: dict, channels: int, in_zero: int) -> tuple[np.ndarray, Struct] | None:
    """Return (words, bw_paired_t without weights) of an int8 layer, or None where sums might not fit.

    `fields` are those of the portable kernel, weights (channels, …); words has shape (pairs, inputs / 2), with
    inputs rounded up to a multiple of four. All of them count, whatever the padding: outside lies `in_zero`.
    """
    flat = fields["weights"].reshape(channels, -1).astype(np.int64)
    flat = np.pad(flat, ((0, channels % 2), (0, -flat.shape[1] % 4)))
    bias = np.pad(fields["bias"].astype(np.int64), (0, channels % 2)) - in_zero * flat.sum(axis=1)
    even, odd = flat[0::2], flat[1::2]
    both = 256 * odd + even
    low = bias + np.minimum(127 * flat, -128 * flat).sum(axis=1)
    high = bias + np.maximum(127 * flat, -128 * flat).sum(axis=1)
    reach = np.maximum(-low, high)
    if max(reach) >= 1 << 30 or max(reach[1::2]) >= 1 << 23 or max(-both.min(), both.max() + 1) > 1 << 15:
        return None
    halves = both.astype(np.int16).view(np.uint16).astype(np.uint32)
    words = np.stack([halves[:, 0::4] | halves[:, 2::4] << 16, halves[:, 1::4] | halves[:, 3::4] << 16], axis=-1)
    starts = np.stack([256 * bias[1::2] + bias[0::2], bias[0::2]], axis=-1)
    lowest, highest = RIGHT_SHIFTS
    shift = fields["shift"]
    struct = {
        "channels": channels,
        "bias": (starts & 0xFFFF_FFFF).astype(np.uint32).view(np.int32),
        "multiplier": fields["multiplier"],
        "shift": shift,
        "channel_step": fields["channel_step"],
        "right": int(lowest <= shift.min() and shift.max() <= highest),
        "out": fields["out"],
    }
    return words.reshape(len(words), -1), Struct("bw_paired_t", struct)
