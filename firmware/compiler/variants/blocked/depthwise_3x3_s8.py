"""int8 depthwise convolutions with 3x3 taps, one channel after the other."""

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.blocked._constants import constants, in_32_bits
from firmware.core import Core

REPLACES = ("bw_conv_2d_s8",)

_KERNEL = "bw_depthwise_3x3_s8_blocked"
_CODE_BYTES = 900
_TAPS = 3


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with all constants of a channel side by side."""
    fields = step.params.fields
    w = fields["shape"].fields["window"].fields
    stride, channels = w["stride_w"], w["in_c"]
    if fields["shape"].fields["group_c"] != 1 or channels != w["out_c"] or (w["k_h"], w["k_w"]) != (_TAPS, _TAPS):
        return None
    if w["stride_h"] != stride or stride not in (1, 2) or (w["dilation_h"], w["dilation_w"]) != (1, 1):
        return None
    weights = fields["weights"].reshape(channels, _TAPS * _TAPS).astype(np.int64)
    bias = fields["bias"] - (fields["in_zero"] + 128) * weights.sum(axis=1)
    reach = (np.abs(bias) + 255 * np.abs(weights).sum(axis=1)).max()
    found = constants(fields, channels, bias)
    if not in_32_bits(found, reach):
        return None
    rows, columns = ((w[f"out_{axis}"] - 1) * stride + _TAPS for axis in "hw")
    params = {"window": Struct("bw_window_t", dict(w)), "rows": rows, "columns": columns}
    params |= {"weights": weights.astype(np.int8), **found, "in_zero": fields["in_zero"], "out": fields["out"]}
    return Step(
        step.operator,
        _KERNEL,
        Struct(f"{_KERNEL}_t", params),
        step.reads,
        step.writes,
        macs=step.macs,
        scratch_bytes=rows * columns,
        overlap={0: None},
        header="blocked/depthwise_3x3_s8.h",
        estimated_cycles=channels * (w["out_h"] * w["out_w"] * 80 + rows * columns * 8 + 100),
        code_bytes=_CODE_BYTES,
    )
