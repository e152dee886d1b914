"""Writes the four MLPerf Tiny topologies, untrained, in every scheme: `python -m scripts.build_topologies FOLDER`.

The shapes are the benchmark's own; weights and calibration samples are random with a fixed seed, which is enough to
measure code: memory and instructions of these networks do not depend on the values of weights.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from firmware.files import whole
from scripts.convert_model import convert
from scripts.lib.declared import plugin
from scripts.lib.schemes import SCHEMES

_SEED = 1
_SAMPLES = 32


@dataclass(frozen=True)
class Topology:
    """A network of the benchmark: its builder in scripts/models, what goes in and how many classes come out."""

    builder: str
    input_shape: tuple[int, ...]
    classes: int
    macs: int


TOPOLOGIES = {
    "kws_dscnn": Topology("dscnn", (49, 10, 1), 12, 2_656_768),
    "ic_resnet8": Topology("resnet8", (32, 32, 3), 10, 12_501_632),
    "vww_mobilenet": Topology("mobilenet_v1", (96, 96, 3), 2, 7_489_664),
    "ad_autoencoder": Topology("autoencoder", (640,), 640, 264_192),
}


def build_untrained(topology: Topology) -> Any:
    """Return the Keras model with random weights, the statistics of batch normalisation included."""
    import keras

    keras.utils.set_random_seed(_SEED)
    module = plugin("models", topology.builder)
    model = module.build(topology.input_shape, topology.classes, module.Parameters())
    random = np.random.default_rng(_SEED)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            count = layer.gamma.shape[0]
            layer.set_weights(
                [random.uniform(low, high, count) for low, high in ((0.5, 2), (-1, 1), (-1, 1), (0.5, 2))]
            )
    return model


def build_topologies(folder: Path) -> None:
    """Write FOLDER/<topology>/<scheme>.tflite for every topology and scheme."""
    for name, topology in TOPOLOGIES.items():
        model = build_untrained(topology)
        samples = np.random.default_rng(_SEED).normal(size=(_SAMPLES, *topology.input_shape)).astype(np.float32)
        for scheme in SCHEMES.values():
            path = folder / name / f"{scheme.name}.tflite"
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole(path) as part:
                part.write_bytes(convert(model, scheme, samples))
            print(f"{path}: {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    build_topologies(Path(sys.argv[1]))
