"""QEMU, which shares no counting with us, as witness: an image gives the same outputs in as many instructions."""

import shutil
from itertools import islice

import numpy as np
import pytest

from firmware.build import compile_kernels
from firmware.core import CORES, MODELLED_CORES
from tests.kernels.random_graphs import TYPES, build_graph, random_recipe
from tests.models import small_classifier
from tests.witness.machine import MACHINES, build, on_qemu, on_virtual_board

GRAPHS_PER_TYPE = 4


def models():
    """Return (.tflite, input) of a classifier in two types, and of random graphs in all."""
    rng = np.random.default_rng(1)
    chosen = [
        (small_classifier(), rng.integers(-128, 128, 24).astype(np.int8)),
        (small_classifier(scheme="float32"), rng.normal(size=24).astype(np.float32)),
    ]
    for dtype in TYPES:
        graphs = (build_graph(random_recipe(seed, dtype)) for seed in range(100))
        found = ((graph.content, graph.sample) for graph in graphs if graph is not None)
        chosen += islice(found, GRAPHS_PER_TYPE)
    return chosen


@pytest.mark.parametrize("core", MODELLED_CORES)
def test_same_outputs_and_same_instructions(core, tmp_path):
    program = MACHINES[core].program
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (Debian: qemu-system-arm, qemu-system-misc)")
    image, kernels = tmp_path / "image.elf", tmp_path / "libkernels.a"
    compile_kernels(CORES[core], kernels)
    chosen = models()
    build(core, kernels, chosen, image)
    ours, theirs = on_virtual_board(core, image), on_qemu(core, image)
    assert len(ours) == len(chosen)
    assert [outputs for _, outputs in ours] == [outputs for _, outputs in theirs]
    assert [steps for steps, _ in ours] == [steps for steps, _ in theirs]
    assert sum(sum(steps) for steps, _ in ours) > 100_000
