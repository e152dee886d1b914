"""int8 averages over a whole image, four channels at a time."""

from firmware.compiler.step import Step, Struct
from firmware.core import Core

REPLACES = ("bw_average_pool_2d_s8",)

_KERNEL = "bw_average_s8_dsp"
_CODE_BYTES = 270
_MOST_PIXELS = 255


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step if its window covers the input, once."""
    w = step.params.fields["window"].fields
    pixels, channels = w["in_h"] * w["in_w"], w["in_c"]
    covered = (w["out_h"], w["out_w"], w["k_h"], w["k_w"]) == (1, 1, w["in_h"], w["in_w"])
    if not covered or w["pad_h"] or w["pad_w"] or channels % 4 or pixels > _MOST_PIXELS:
        return None
    limits = {key: step.params.fields[key] for key in ("out_min", "out_max")}
    return Step(
        step.operator,
        _KERNEL,
        Struct("bw_average_s8_t", {"pixels": pixels, "channels": channels, **limits}),
        step.reads,
        step.writes,
        overlap={0: 0},
        header="armv7em/average_s8.h",
        estimated_cycles=channels * (pixels * 3 // 2 + 20),
        code_bytes=_CODE_BYTES,
    )
