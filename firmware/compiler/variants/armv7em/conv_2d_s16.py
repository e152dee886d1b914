"""int16x8 convolutions and fully connected layers, two pixels (rows) and two channels at a time."""

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.armv7em._outputs_s16 import outputs
from firmware.compiler.variants.armv7em._two_channels import rows_as_pixels, two_channels
from firmware.core import Core

REPLACES = ("bw_conv_2d_s16", "bw_fully_connected_s16")

_KERNEL = "bw_conv_2d_s16_dsp"
_CODE_BYTES = 900


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with weights as the kernel streams them, if it has one group."""
    fields = step.params.fields
    rows = "rows" in fields
    window = Struct("bw_window_t", rows_as_pixels(fields) if rows else dict(fields["shape"].fields["window"].fields))
    w = window.fields
    found = outputs(fields, w["out_c"]) if rows or fields["shape"].fields["group_c"] == w["in_c"] else None
    if found is None:
        return None
    words = two_channels(fields["weights"].reshape(w["out_c"], -1))
    inputs = 4 * words.shape[1]
    params = {"window": window, "inputs": inputs, "weights": words.reshape(-1), "outputs": found}
    pixels = w["out_h"] * w["out_w"]
    return Step(
        step.operator,
        _KERNEL,
        Struct(f"{_KERNEL}_t", params),
        step.reads,
        step.writes,
        macs=step.macs,
        scratch_bytes=4 * inputs,
        overlap=step.overlap,
        backward_overlap=step.backward_overlap,
        walked=None if rows else window,
        header="armv7em/conv_2d_s16.h",
        estimated_cycles=step.macs * 3 // 2 + pixels * (25 * w["out_c"] + 2 * inputs + 100),
        code_bytes=_CODE_BYTES,
    )
