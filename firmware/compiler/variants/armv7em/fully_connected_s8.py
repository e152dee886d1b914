"""int8 fully connected layers, eight outputs at a time."""

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.compiler.variants.armv7em._paired import paired
from firmware.core import Core

REPLACES = ("bw_fully_connected_s8",)

_KERNEL = "bw_fully_connected_s8_dsp"
_CODE_BYTES = 1600
# Of four pairs' words for four inputs: the last load moves the pointer.
_ORDER = [7, 6, 0, 1, 2, 3, 4, 5]


def rewrite(step: Step, core: Core) -> Step | None:
    """Return the step with weights as the kernel streams them."""
    fields = step.params.fields
    rows, inputs, outputs = fields["rows"], fields["inputs"], fields["outputs"]
    found = paired(fields, outputs, in_zero=0)
    if found is None:
        return None
    words, pairs = found
    blocks = len(words) // 4 * 4
    interleaved = words[:blocks].reshape(blocks // 4, 4, words.shape[1]).transpose(0, 2, 1)
    interleaved = interleaved.reshape(-1, len(_ORDER))[:, _ORDER]
    stream = np.concatenate([interleaved.reshape(-1), words[blocks:].reshape(-1)])
    pairs = Struct(pairs.ctype, {**pairs.fields, "weights": stream})
    return Step(
        step.operator,
        _KERNEL,
        Struct(f"{_KERNEL}_t", {"rows": rows, "inputs": inputs, "pairs": pairs}),
        step.reads,
        step.writes,
        macs=step.macs,
        overlap=step.overlap,
        header="armv7em/fully_connected_s8.h",
        estimated_cycles=rows * (step.macs // rows * 7 // 5 + 25 * outputs + 100),
        code_bytes=_CODE_BYTES,
    )
