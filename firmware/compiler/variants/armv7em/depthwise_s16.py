"""int16x8 depthwise convolutions, four channels at a time."""

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.armv7em._outputs_s16 import outputs
from firmware.core import Core

REPLACES = ("bw_conv_2d_s16",)

_KERNEL = "bw_depthwise_s16_dsp"
_CODE_BYTES = 500


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with the weights of four channels side by side, 16 bits each."""
    fields = step.params.fields
    window = Struct("bw_window_t", dict(fields["shape"].fields["window"].fields))
    channels = window.fields["in_c"]
    if fields["shape"].fields["group_c"] != 1 or channels != window.fields["out_c"] or channels % 4:
        return None
    found = outputs(fields, channels)
    if found is None:
        return None
    weights = fields["weights"].reshape(channels // 4, 4, -1).transpose(0, 2, 1).astype(np.int16)
    params = {"window": window, "weights": np.ascontiguousarray(weights), "outputs": found}
    return Step(
        step.operator,
        _KERNEL,
        Struct(f"{_KERNEL}_t", params),
        step.reads,
        step.writes,
        macs=step.macs,
        overlap=step.overlap,
        backward_overlap=step.backward_overlap,
        walked=window,
        header="armv7em/conv_2d_s16.h",
        estimated_cycles=6 * step.macs + 40 * step.writes[0].elements,
        code_bytes=_CODE_BYTES,
    )
