"""QEMU, which shares no counting with us, as witness: an image gives the same outputs in as many instructions."""

import shutil

import numpy as np
import pytest

from firmware.board import CORES
from firmware.build import compile_kernels
from tests.kernels.random_graphs import TYPES, build_graph, random_recipe
from tests.models import small_classifier
from tests.witness.machine import build, on_qemu, on_virtual_board

QEMU = "qemu-system-arm"
# QEMU has no Cortex-M0+; its code is a part of what a Cortex-M4 runs.
MACHINES = {"cortex-m0plus": "mps2-an386", "cortex-m4": "mps2-an386", "cortex-m7": "mps2-an500"}
GRAPHS_PER_TYPE = 4

pytestmark = pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"{QEMU} is not installed (Debian: qemu-system-arm)")


def models():
    """Return (.tflite, input) of a classifier in two types, and of random graphs in all."""
    rng = np.random.default_rng(1)
    chosen = [
        (small_classifier(), rng.integers(-128, 128, 24).astype(np.int8)),
        (small_classifier(scheme="float32"), rng.normal(size=24).astype(np.float32)),
    ]
    for dtype in TYPES:
        graphs = (build_graph(random_recipe(seed, dtype)) for seed in range(100))
        found = [(graph.content, graph.sample) for graph in graphs if graph is not None]
        chosen += found[:GRAPHS_PER_TYPE]
    return chosen


@pytest.mark.parametrize("core", MACHINES)
def test_same_outputs_and_same_instructions(core, tmp_path):
    image, kernels = tmp_path / "image.elf", tmp_path / "libkernels.a"
    compile_kernels(CORES[core], kernels)
    chosen = models()
    build(core, kernels, chosen, image)
    ours, theirs = on_virtual_board(core, image), on_qemu(QEMU, MACHINES[core], image)
    assert len(ours) == len(chosen)
    assert [outputs for _, outputs in ours] == [outputs for _, outputs in theirs]
    assert [steps for steps, _ in ours] == [steps for steps, _ in theirs]
    assert sum(sum(steps) for steps, _ in ours) > 100_000
