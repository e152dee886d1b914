"""int8 sums of two tensors of one shape: the coarser input needs no multiplication."""

from firmware.compiler.step import Step, Struct
from firmware.core import Core

REPLACES = ("bw_add_s8",)

_KERNEL = "bw_add_s8_dsp"
_CODE_BYTES = 1390
_HALF = (1 << 30, 0)
_LEFT_SHIFT = 20
_LARGEST_SHIFT = 22


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with its coarser input second, where nothing is repeated or subtracted."""
    f = step.params.fields
    elements = step.writes[0].elements
    if f["b_sign"] != 1 or any(tensor.elements != elements for tensor in step.reads):
        return None
    order = [0, 1] if (f["b_multiplier"], f["b_shift"]) == _HALF else [1, 0]
    a, b = ("ab"[i] for i in order)
    equal = (f[f"{a}_multiplier"], f[f"{a}_shift"]) == _HALF
    shifts = [-f["out_shift"]] if equal else [-f["out_shift"], -f[f"{a}_shift"]]
    if (f[f"{b}_multiplier"], f[f"{b}_shift"]) != _HALF or f["left_shift"] != _LEFT_SHIFT:
        return None
    if not all(1 <= shift <= _LARGEST_SHIFT for shift in shifts):
        return None
    params = {"elements": elements, "a_zero": f[f"{a}_zero"], "a_multiplier": f[f"{a}_multiplier"]}
    params |= {"a_shift": -1 if equal else shifts[1] - 1, "b_zero": f[f"{b}_zero"]}
    params |= {"out_multiplier": f["out_multiplier"], "out_shift": shifts[0] - 1}
    params |= {"out_rounding": (2 * f["out_zero"] + 1) << (shifts[0] - 1)}
    params |= {"out_min": f["out_min"], "out_max": f["out_max"]}
    return Step(
        step.operator,
        _KERNEL,
        Struct(f"{_KERNEL}_t", params),
        [step.reads[i] for i in order],
        step.writes,
        overlap={order.index(i): distance for i, distance in step.overlap.items()},
        header="armv7em/add_s8.h",
        estimated_cycles=20 * elements + 50,
        code_bytes=_CODE_BYTES,
    )
