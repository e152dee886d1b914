"""int8 convolutions, four pixels at a time, two of them in one multiplication."""

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.blocked._constants import constants, in_32_bits
from firmware.core import Core

REPLACES = ("bw_conv_2d_s8",)

_KERNEL = "bw_conv_2d_s8_blocked"
_CODE_BYTES = 1700


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with padded weights, if it has one group and two products fit 16 bits."""
    fields = step.params.fields
    window = Struct("bw_window_t", dict(fields["shape"].fields["window"].fields))
    w = window.fields
    if fields["shape"].fields["group_c"] != w["in_c"]:
        return None
    weights = fields["weights"].reshape(w["out_c"], -1).astype(np.int64)
    weights = np.pad(weights, ((0, 0), (0, -weights.shape[1] % 4)))
    start = fields["bias"].astype(np.int64) - fields["in_zero"] * weights.sum(axis=1)
    reach = (np.abs(start) + 128 * np.abs(weights).sum(axis=1)).max()
    if np.abs(weights).reshape(w["out_c"], -1, 2).sum(axis=2).max() > 255 or reach >= 1 << 30:
        return None
    count, out = w["out_c"], fields["out"].fields
    found = constants(fields, count, start)
    params = {
        "window": window,
        "weights": weights.astype(np.int8).view("<u4").reshape(-1),
        "channel_bytes": weights.shape[1],
        **found,
        "plain": int(in_32_bits(found, reach) and (out["min"], out["max"]) == (-128, 127)),
        "in_zero": fields["in_zero"],
        "out": fields["out"],
    }
    pixels = w["out_h"] * w["out_w"]
    return Step(
        step.operator,
        _KERNEL,
        Struct(f"{_KERNEL}_t", params),
        step.reads,
        step.writes,
        macs=step.macs,
        scratch_bytes=8 * weights.shape[1],
        overlap=step.overlap,
        backward_overlap=step.backward_overlap,
        walked=window,
        header="blocked/conv_2d_s8.h",
        estimated_cycles=3 * step.macs + pixels * (40 * count + 7 * weights.shape[1] + 100),
        code_bytes=_CODE_BYTES,
    )
