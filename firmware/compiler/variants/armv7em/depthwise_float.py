"""Float depthwise convolutions, four channels at a time; weights of 32 or 16 bits."""

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.core import Core

REPLACES = ("bw_conv_2d_f32", "bw_conv_2d_f16")

_CODE_BYTES = 600


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with the weights of four channels side by side."""
    fields = step.params.fields
    window = Struct("bw_window_t", dict(fields["shape"].fields["window"].fields))
    channels = window.fields["in_c"]
    one_each = fields["shape"].fields["group_c"] == 1 and channels == window.fields["out_c"]
    if not core.has_fpu or not one_each or channels % 4:
        return None
    weights = fields["weights"].reshape(channels // 4, 4, -1).transpose(0, 2, 1)
    params = {"window": window, "weights": np.ascontiguousarray(weights)}
    params |= {key: fields[key] for key in ("bias", "out_min", "out_max")}
    return Step(
        step.operator,
        step.kernel.replace("conv_2d", "depthwise") + "_fpu",
        Struct("bw_depthwise_float_t", params),
        step.reads,
        step.writes,
        macs=step.macs,
        overlap=step.overlap,
        backward_overlap=step.backward_overlap,
        walked=window,
        header="armv7em/depthwise_float.h",
        estimated_cycles=6 * step.macs + 30 * step.writes[0].elements,
        code_bytes=_CODE_BYTES,
    )
