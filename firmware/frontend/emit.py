"""Writes the front end as C: its tables, and a network that takes MFCC as a model that takes a second of sound.

The model's first step is the front end, so the harness needs to know nothing of it: the input is 16-bit samples, and
latency, layers and memory count both. Refuses networks whose input is not the MFCC of one second.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from firmware.compiler.emit import emit_header, emit_source, tensor_table
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import CompiledModel
from firmware.frontend.spectrum import LOG_FLOOR, FrontEnd

FOLDER = Path(__file__).parent


def tables(front_end: FrontEnd) -> str:
    """Return mfcc_tables.h: sizes and tables of `front_end`, each weight of a band once."""
    if front_end.fft & (front_end.fft - 1) or front_end.window > front_end.fft:
        raise ValueError(f"expected an fft of a power of two, not below the window, got {front_end.fft}")
    angles = 2 * np.pi * np.arange(front_end.fft // 2) / front_end.fft
    used = [np.flatnonzero(column) for column in front_end.mel_weights.T]
    # A band may lie between two bins, and then it has no weight at all.
    first = [int(bins[0]) if len(bins) else 0 for bins in used]
    count = [int(bins[-1] - bins[0] + 1) if len(bins) else 0 for bins in used]
    weights = [
        front_end.mel_weights[low : low + bins, band] for band, (low, bins) in enumerate(zip(first, count, strict=True))
    ]
    numbers = {name: getattr(front_end, name) for name in ("window", "stride", "fft", "bands", "coefficients")}
    return "\n".join(
        [
            "/* Tables of the front end; generated from firmware/frontend/spectrum.py. */",
            "#ifndef MFCC_TABLES_H",
            "#define MFCC_TABLES_H",
            "#include <stdint.h>",
            *(f"#define MFCC_{name.upper()} {value}u" for name, value in numbers.items()),
            f"#define MFCC_LOG_FLOOR {_float(LOG_FLOOR)}",
            _array("float", "mfcc_hann", map(_float, front_end.hann)),
            _array("float", "mfcc_cos", map(_float, np.cos(angles))),
            _array("float", "mfcc_sin", map(_float, np.sin(angles))),
            _array("uint16_t", "mfcc_band_first", map(str, first)),
            _array("uint16_t", "mfcc_band_bins", map(str, count)),
            _array("float", "mfcc_band_weights", map(_float, np.concatenate(weights))),
            _array("float", "mfcc_dct", map(_float, front_end.dct.reshape(-1))),
            "#endif",
            "",
        ]
    )


def sound_model(model: CompiledModel, front_end: FrontEnd, mean: np.ndarray, deviation: np.ndarray) -> dict[str, str]:
    """Return the files of the model that takes a second of sound, for `firmware.build.link_model`.

    mean, deviation: what the features of training were normalised by, one value per coefficient. Raises
    UnsupportedModel for a network that takes something else than MFCC frames or their mean over time.
    """
    frames = front_end.frames(front_end.rate_hz)
    inputs = model.graph.inputs
    sizes = {front_end.coefficients: 1, frames * front_end.coefficients: 0}
    found = inputs[0].elements if len(inputs) == 1 else None
    if found not in sizes or inputs[0].dtype.name not in ("int8", "float32"):
        raise UnsupportedModel(f"expected one input of {' or '.join(map(str, sizes))} features, int8 or float32")
    if model.graph.variables:
        raise UnsupportedModel("a network with variables takes no whole seconds")
    mean, deviation = (np.asarray(values, np.float64).reshape(-1) for values in (mean, deviation))
    if len(mean) != front_end.coefficients or len(deviation) != front_end.coefficients:
        raise ValueError(f"expected {front_end.coefficients} means and deviations, got {len(mean)}, {len(deviation)}")
    statistics = (
        _array("float", f"sound_{name}", map(_float, values))
        for name, values in (("mean", mean), ("deviation", deviation))
    )
    outputs = tensor_table(model, model.graph.outputs, "model_outputs", "MODEL_OUTPUTS", behind="SOUND_BYTES")
    source = (FOLDER / "sound_model.c").read_text()
    return {
        "model.h": _header(model, front_end, mean_over_time=bool(sizes[found])),
        "model.c": "\n".join(['#include "model.h"', *statistics, outputs, source]),
        "network.h": emit_header(model, "network"),
        "network.c": emit_source(model, "network"),
        "mfcc.h": (FOLDER / "mfcc.h").read_text(),
        "mfcc.c": (FOLDER / "mfcc.c").read_text(),
        "mfcc_tables.h": tables(front_end),
    }


def _header(model: CompiledModel, front_end: FrontEnd, mean_over_time: bool) -> str:
    samples, quantized = front_end.rate_hz, model.graph.inputs[0].dtype.name == "int8"
    return f"""\
/* A network that takes a second of sound; generated. */
#ifndef MODEL_H
#define MODEL_H
#include "network.h"

#define SOUND_SAMPLES {samples}u
#define SOUND_BYTES {(2 * samples + 15) // 16 * 16}u
#define SOUND_FRAMES {front_end.frames(samples)}u
#define SOUND_MEAN_OVER_TIME {int(mean_over_time)}
#define SOUND_QUANTIZED {int(quantized)}
#define MODEL_HASH NETWORK_HASH
#define MODEL_ARENA_BYTES (SOUND_BYTES + NETWORK_ARENA_BYTES)
#define MODEL_INPUTS 1
#define MODEL_OUTPUTS NETWORK_OUTPUTS
#define MODEL_INPUT_BYTES {2 * samples}
#define MODEL_STEPS 2
#define MODEL_VARIABLES 0

extern const bw_tensor_t model_inputs[MODEL_INPUTS];
extern const bw_tensor_t model_outputs[MODEL_OUTPUTS];
void model_run(uint8_t *arena);
extern void (*const model_steps[MODEL_STEPS])(uint8_t *arena);
#endif
"""


def _float(value: float) -> str:
    return f"{float(np.float32(value)).hex()}f"


def _array(kind: str, name: str, values: Iterable[str]) -> str:
    content = list(values)
    return f"static const {kind} {name}[{len(content)}] = {{{', '.join(content)}}};"
