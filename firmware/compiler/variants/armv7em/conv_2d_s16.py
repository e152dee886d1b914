"""int16x8 convolutions and fully connected layers, two pixels (rows) and two channels at a time."""

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.armv7em._outputs_s16 import outputs
from firmware.core import Core

REPLACES = ("bw_conv_2d_s16", "bw_fully_connected_s16")

_KERNEL = "bw_conv_2d_s16_dsp"
_CODE_BYTES = 900
# How SXTB16 takes four bytes apart: 0 and 2, then 1 and 3.
_ORDER = [0, 2, 1, 3]


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with weights as the kernel streams them, if it has one group."""
    fields = step.params.fields
    rows = "rows" in fields
    window = Struct("bw_window_t", _rows(fields) if rows else dict(fields["shape"].fields["window"].fields))
    w = window.fields
    found = outputs(fields, w["out_c"]) if rows or fields["shape"].fields["group_c"] == w["in_c"] else None
    if found is None:
        return None
    weights = fields["weights"].reshape(w["out_c"], -1)
    weights = np.pad(weights, ((0, w["out_c"] % 2), (0, -weights.shape[1] % 4)))
    words = np.ascontiguousarray(weights.reshape(len(weights) // 2, 2, -1, 4).transpose(0, 2, 1, 3)[..., _ORDER])
    params = {"window": window, "inputs": weights.shape[1], "weights": words.view("<u4").reshape(-1), "outputs": found}
    pixels = w["out_h"] * w["out_w"]
    return Step(
        step.operator,
        _KERNEL,
        Struct(f"{_KERNEL}_t", params),
        step.reads,
        step.writes,
        macs=step.macs,
        scratch_bytes=4 * weights.shape[1],
        overlap=step.overlap,
        backward_overlap=step.backward_overlap,
        walked=None if rows else window,
        header="armv7em/conv_2d_s16.h",
        estimated_cycles=step.macs * 3 // 2 + pixels * (25 * w["out_c"] + 2 * weights.shape[1] + 100),
        code_bytes=_CODE_BYTES,
    )


def _rows(fields: dict) -> dict:
    """Return the window of a fully connected layer: its rows are pixels."""
    one = ("k_h", "k_w", "in_w", "out_w", "stride_h", "stride_w", "dilation_h", "dilation_w")
    sizes = {"in_h": fields["rows"], "out_h": fields["rows"], "in_c": fields["inputs"], "out_c": fields["outputs"]}
    return {**dict.fromkeys(one, 1), **dict.fromkeys(("pad_h", "pad_w", "backward"), 0), **sizes}
