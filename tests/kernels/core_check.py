"""Checks random graphs with the fast kernels: compiled for a core, run on its virtual CPU, compared with the oracle."""

import tempfile
from pathlib import Path

import numpy as np

from firmware.compiler.model import CompiledModel, compile_model
from firmware.core import CORES
from tests.kernels.graph_check import compiled_graphs
from tests.kernels.random_graphs import Recipe, difference
from tests.witness.machine import build, on_virtual_board


def check_on_core(recipes: list[Recipe], core: str, kernels: Path, optimize: str = "speed") -> list[str | None]:
    """Return for each recipe None, "empty" where no operator suits, or what is wrong; `kernels` are the core's."""
    graphs, models, results = compiled_graphs(recipes, lambda content: compile_model(content, CORES[core], optimize))
    if not models:
        return results
    with tempfile.TemporaryDirectory(prefix="boardwalk-cores-") as folder:
        image = Path(folder) / "image.elf"
        build(core, kernels, [(graphs[index].content, graphs[index].sample) for index in models], image, optimize)
        said = on_virtual_board(core, image)
    assert len(said) == len(models), f"the image stopped after {len(said)} of {len(models)} graphs"
    for (index, model), (_, outputs) in zip(models.items(), said, strict=True):
        results[index] = difference(graphs[index], _outputs(model, outputs))
    return results


def _outputs(model: CompiledModel, said: str) -> list[np.ndarray]:
    tensors = model.graph.outputs
    return [
        np.frombuffer(bytes.fromhex(text), tensor.dtype).reshape(tensor.shape)
        for tensor, text in zip(tensors, said.split(), strict=True)
    ]
