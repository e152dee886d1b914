"""int8 convolutions, four pixels and two channels at a time."""

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.armv7em._paired import paired
from firmware.core import Core

REPLACES = ("bw_conv_2d_s8",)

_CODE_BYTES = 1700
# Pixels of a group, and how many groups are worth a larger arena: all of them use a pair's constants.
_GROUP_PIXELS, _GROUPS = 4, 2
# Up to which the kernel can make outputs whose lowest is the zero point in fewer instructions.
_LARGEST_SHIFT_FROM_ZERO = 16


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with the kernel for its window, if it has one group."""
    fields = step.params.fields
    window = Struct("bw_window_t", dict(fields["shape"].fields["window"].fields))
    w = window.fields
    if fields["shape"].fields["group_c"] != w["in_c"]:
        return None
    kernel, weights, columns, group_bytes = _kernel(w, fields["weights"])
    found = paired({**fields, "weights": weights}, w["out_c"], fields["in_zero"])
    if found is None:
        return None
    words, pairs = found
    if kernel == "bw_conv_2d_s8_rgb_dsp":
        words = np.ascontiguousarray(words[:, : 5 * w["k_h"]])
    pixels = w["out_h"] * w["out_w"]
    most_groups = max(1, w["out_w"] // _GROUP_PIXELS) if columns else -(-pixels // _GROUP_PIXELS)
    groups = 1 if columns else min(most_groups, _GROUPS)
    params = {"window": window, "weights": words, "pair_bytes": 4 * words.shape[1], **_outputs(pairs)}
    params |= {"in_zero": fields["in_zero"], "groups": groups, "out": fields["out"]}
    return Step(
        step.operator,
        kernel,
        Struct("bw_conv_2d_s8_dsp_t", params),
        step.reads,
        step.writes,
        macs=step.macs,
        scratch_bytes=groups * group_bytes,
        group_bytes=group_bytes,
        most_groups=most_groups,
        overlap=step.overlap,
        backward_overlap=step.backward_overlap,
        walked=window,
        header="armv7em/conv_2d_s8.h",
        estimated_cycles=step.macs * 11 // 10 + pixels * (12 * w["out_c"] + 2 * w["k_h"] * w["k_w"] * w["in_c"]),
        code_bytes=_CODE_BYTES,
    )


def _kernel(w: dict, weights: np.ndarray) -> tuple[str, np.ndarray, int, int]:
    """Return (kernel for a window, its weights as it reads them, columns or 0, bytes of a group of pixels).

    A kernel with columns walks along a row, and takes groups of one row only.
    """
    if (w["k_h"], w["k_w"]) == (1, 1) and _reach(w) == (1, 1) and w["in_c"] % 4 == 0 and _whole(w):
        return "bw_conv_2d_s8_1x1_dsp", weights, 0, 8 * w["in_c"]
    if w["k_w"] == 3 and w["dilation_w"] == 1 and w["stride_w"] in (1, 2) and w["in_c"] % 4 == 0:
        kernel = "bw_conv_2d_s8_3_dsp" if w["stride_w"] == 1 else "bw_conv_2d_s8_3_stride_2_dsp"
        columns = 3 + 3 * w["stride_w"]
        grouped = weights.reshape(w["out_c"], w["k_h"], 3, w["in_c"] // 4, 4)
        ordered = np.ascontiguousarray(grouped.transpose(0, 1, 3, 2, 4))
        return kernel, ordered, columns, 2 * w["k_h"] * columns * w["in_c"]
    if (w["in_c"], w["k_w"], w["stride_w"], w["dilation_w"]) == (3, 3, 2, 1):
        return "bw_conv_2d_s8_rgb_dsp", _neighbours(weights.reshape(w["out_c"], w["k_h"], 9)), 9, 56 * w["k_h"]
    inputs = -(-weights[0].size // 4) * 4
    return "bw_conv_2d_s8_dsp", weights, 0, 9 * inputs


def _neighbours(weights: np.ndarray) -> np.ndarray:
    """Return rows of weights (channels, k_h, 9) in the order of which `paired` makes words of two neighbours."""
    channels = len(weights)
    flat = np.pad(weights, ((0, 0), (0, 0), (0, 1))).reshape(channels, -1)
    flat = np.pad(flat, ((0, 0), (0, -flat.shape[1] % 4)))
    return np.ascontiguousarray(flat.reshape(channels, -1, 4)[:, :, [0, 2, 1, 3]].reshape(channels, -1))


def _reach(w: dict) -> tuple[int, int]:
    return w["stride_h"], w["stride_w"]


def _whole(w: dict) -> bool:
    """Whether each output pixel lies at the place of its input."""
    return (w["in_h"], w["in_w"]) == (w["out_h"], w["out_w"])


def _outputs(pairs: Struct) -> dict:
    """Return constants, shift and plain of bw_conv_2d_s8_dsp_t."""
    f = pairs.fields
    channels, out = f["channels"], f["out"].fields
    count = len(f["bias"])
    per_channel = [np.broadcast_to(f[key], channels) for key in ("multiplier", "shift")]
    multiplier, shift = (np.pad(values, (0, channels % 2), mode="edge") for values in per_channel)
    constants = np.concatenate([f["bias"], multiplier.reshape(count, 2)], axis=1).astype(np.int32)
    plain = f["right"] and channels % 2 == 0 and (out["min"], out["max"]) == (-128, 127)
    from_zero = out["zero"] == out["min"] and shift.min() >= -_LARGEST_SHIFT_FROM_ZERO
    return {
        "constants": constants,
        "shift": (-shift.astype(np.int32) - 1).astype(np.int8).view(np.uint8),
        "plain": int(plain) + int(plain and from_zero),
    }
