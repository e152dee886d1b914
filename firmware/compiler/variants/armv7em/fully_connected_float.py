"""Float fully connected layers, sixteen outputs at a time; weights of 32 or 16 bits."""

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.armv7em._tiles import tiled
from firmware.core import Core

REPLACES = ("bw_fully_connected_f32", "bw_fully_connected_f16")

_CODE_BYTES = 1200
_COLUMNS = 16


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with weights in tiles, unless that would be mostly padding."""
    fields = step.params.fields
    rows, inputs, outputs = fields["rows"], fields["inputs"], fields["outputs"]
    found = tiled(fields, outputs, _COLUMNS) if core.has_fpu and outputs * 2 >= _COLUMNS else None
    if found is None:
        return None
    return Step(
        step.operator,
        f"{step.kernel}_fpu",
        Struct("bw_fully_connected_float_t", {"rows": rows, "inputs": inputs, "outputs": outputs, **found}),
        step.reads,
        step.writes,
        macs=step.macs,
        overlap=step.overlap,
        header="armv7em/fully_connected_float.h",
        estimated_cycles=rows * (-(-outputs // _COLUMNS) * (55 * inputs + 200)),
        code_bytes=_CODE_BYTES,
    )
