"""int8 depthwise convolutions with 3x3 taps, one channel after the other."""

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.armv7em._paired import RIGHT_SHIFTS
from firmware.core import Core

REPLACES = ("bw_conv_2d_s8",)

_CODE_BYTES = 1060
_KERNELS = {1: "bw_depthwise_3x3_s8_dsp", 2: "bw_depthwise_3x3_stride_2_s8_dsp"}
_TAPS = 3
# Two planes of the largest layer that this kernel should take, as a part of its input.
_SCRATCH_SHARE = 0.7


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with all constants of a channel side by side."""
    fields = step.params.fields
    w = fields["shape"].fields["window"].fields
    stride, channels = w["stride_w"], w["in_c"]
    if fields["shape"].fields["group_c"] != 1 or channels != w["out_c"] or channels % 2:
        return None
    if (w["k_h"], w["k_w"]) != (_TAPS, _TAPS) or w["stride_h"] != stride or stride not in _KERNELS:
        return None
    if (w["dilation_h"], w["dilation_w"]) != (1, 1):
        return None
    # Blocks of two rows and, with stride 1, two columns may reach behind the last output.
    rows = (-(-w["out_h"] // 2) * 2 - 1) * stride + _TAPS
    columns = -(-w["out_w"] // 2) + 1 if stride == 1 else w["out_w"] + 1
    scratch_bytes = 2 * 4 * rows * columns
    if scratch_bytes > max(_SCRATCH_SHARE * step.reads[0].size_bytes, 1024):
        return None
    weights = fields["weights"].reshape(channels, _TAPS * _TAPS).astype(np.int64)
    bias = fields["bias"].astype(np.int64) - fields["in_zero"] * weights.sum(axis=1)
    if np.abs(bias).max() + 128 * np.abs(weights).sum(axis=1).max() >= 1 << 30:
        return None
    pixels = w["out_h"] * w["out_w"]
    return Step(
        step.operator,
        _KERNELS[stride],
        Struct(
            "bw_depthwise_3x3_s8_t",
            {
                "window": Struct("bw_window_t", dict(w)),
                "rows": rows,
                "columns": columns,
                **_channels(fields, weights, bias),
                "in_zero": fields["in_zero"],
                "out": fields["out"],
            },
        ),
        step.reads,
        step.writes,
        macs=step.macs,
        scratch_bytes=scratch_bytes,
        overlap={0: None},
        header="armv7em/depthwise_3x3_s8.h",
        estimated_cycles=channels * (pixels * (22 if stride == 1 else 34) + 200),
        code_bytes=_CODE_BYTES,
    )


def _channels(fields: dict, weights: np.ndarray, bias: np.ndarray) -> dict:
    """Return channels and shift of bw_depthwise_3x3_s8_t."""
    count, out = len(weights), fields["out"].fields
    multiplier, shift = (np.broadcast_to(fields[key], count).astype(np.int64) for key in ("multiplier", "shift"))
    lowest, highest = RIGHT_SHIFTS
    plain = lowest <= shift.min() and shift.max() <= highest and (out["min"], out["max"]) == (-128, 127)
    rows = np.zeros((count, _TAPS, 4), np.int64)
    rows[:, :, :_TAPS] = weights.reshape(count, _TAPS, _TAPS)
    rows[:, 0, 3] = -shift - 1 if plain else 255
    words = rows.astype(np.uint8).reshape(count, _TAPS * 4).view("<u4").astype(np.int64)
    constants = np.concatenate([words, bias[:, None], multiplier[:, None]], axis=1)
    return {"channels": (constants & 0xFFFF_FFFF).astype(np.uint32), "shift": shift.astype(np.int8)}
