"""Float convolutions, four pixels and four channels at a time; weights of 32 or 16 bits."""

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.armv7em._tiles import tiled
from firmware.core import Core

REPLACES = ("bw_conv_2d_f32", "bw_conv_2d_f16")

_CODE_BYTES = 1500
_COLUMNS = 4


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with weights in tiles, if it has one group."""
    fields = step.params.fields
    window = Struct("bw_window_t", dict(fields["shape"].fields["window"].fields))
    w = window.fields
    if not core.has_fpu or fields["shape"].fields["group_c"] != w["in_c"]:
        return None
    found = tiled(fields, w["out_c"], _COLUMNS)
    if found is None:
        return None
    inputs, pixels = fields["weights"][0].size, w["out_h"] * w["out_w"]
    return Step(
        step.operator,
        f"{step.kernel}_fpu",
        Struct("bw_conv_2d_float_t", {"window": window, **found}),
        step.reads,
        step.writes,
        macs=step.macs,
        scratch_bytes=16 * inputs,
        overlap=step.overlap,
        backward_overlap=step.backward_overlap,
        walked=window,
        header="armv7em/conv_2d_float.h",
        estimated_cycles=3 * step.macs + pixels * (10 * w["out_c"] + 5 * inputs + 50),
        code_bytes=_CODE_BYTES,
    )
