"""int8 fully connected layers, four outputs at a time."""

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.blocked._constants import constants, in_32_bits
from firmware.core import Core

REPLACES = ("bw_fully_connected_s8",)

_KERNEL = "bw_fully_connected_s8_blocked"
_CODE_BYTES = 500
_ABOVE = np.array([128, 128, 128, 0])


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with a word of weights for each input and four outputs."""
    fields = step.params.fields
    rows, inputs, outputs = fields["rows"], fields["inputs"], fields["outputs"]
    weights = fields["weights"].reshape(outputs, inputs).astype(np.int64)
    reach = (np.abs(fields["bias"].astype(np.int64)) + 128 * np.abs(weights).sum(axis=1)).max()
    found = constants(fields, outputs, fields["bias"])
    if not in_32_bits(found, reach):
        return None
    blocks = np.pad(weights, ((0, -outputs % 4), (0, 0))).reshape(-1, 4, inputs).transpose(0, 2, 1)
    words = np.ascontiguousarray(blocks + _ABOVE).astype(np.uint8).view("<u4").reshape(-1)
    params = {"rows": rows, "inputs": inputs, "outputs": outputs, "weights": words, **found, "out": fields["out"]}
    return Step(
        step.operator,
        _KERNEL,
        Struct(f"{_KERNEL}_t", params),
        step.reads,
        step.writes,
        macs=step.macs,
        overlap=step.overlap,
        header="blocked/fully_connected_s8.h",
        estimated_cycles=step.macs * 9 // 2 + rows * (40 * outputs + 5 * inputs),
        code_bytes=_CODE_BYTES,
    )
