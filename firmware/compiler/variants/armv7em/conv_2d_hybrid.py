"""Dynamic-range convolutions and fully connected layers of one row, two pixels and two channels at a time."""

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.armv7em._two_channels import rows_as_pixels, two_channels
from firmware.core import Core

REPLACES = ("bw_conv_2d_hybrid", "bw_fully_connected_hybrid")

_KERNEL = "bw_conv_2d_hybrid_dsp"
_CODE_BYTES = 700


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with weights as the kernel streams them, if it has one group and the core has an FPU.

    A fully connected layer gives each of its rows a range of its own, a convolution has one for all of its pixels.
    """
    fields = step.params.fields
    row = fields.get("rows") == 1
    if not core.has_fpu or ("rows" in fields and not row):
        return None
    window = Struct("bw_window_t", rows_as_pixels(fields) if row else dict(fields["shape"].fields["window"].fields))
    w = window.fields
    if not row and fields["shape"].fields["group_c"] != w["in_c"]:
        return None
    words = two_channels(fields["weights"].reshape(w["out_c"], -1))
    inputs, elements, pixels = 4 * words.shape[1], step.reads[0].elements, w["out_h"] * w["out_w"]
    params = {"window": window, "inputs": inputs, "weights": words.reshape(-1)}
    params |= {key: fields[key] for key in ("bias", "scale", "channel_step", "asymmetric", "out_min", "out_max")}
    return Step(
        step.operator,
        _KERNEL,
        Struct(f"{_KERNEL}_t", params),
        step.reads,
        step.writes,
        macs=step.macs,
        scratch_bytes=-(-elements // 4) * 4 + 4 * inputs,
        overlap=step.overlap,
        header="armv7em/conv_2d_hybrid_dsp.h",
        estimated_cycles=step.macs * 3 // 2 + 30 * elements + pixels * (20 * w["out_c"] + 6 * inputs + 100),
        code_bytes=_CODE_BYTES,
    )
