"""Compares models, compiled for this machine, with their oracle.

A case is one operator with its own inputs and outputs; many cases go into one model, since every model costs a
run of the C compiler.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from firmware.compiler.host import HostModel
from tests import oracles
from tests.tflite_builder import ModelBuilder


class Cases(ModelBuilder):
    """Collects operators; `compare` runs them all at once."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[tuple[int, np.ndarray]] = []
        self.outputs: list[int] = []

    def input(self, values: np.ndarray, **quantization: Any) -> int:
        """Add an input of the model with the values that it will be given; return its tensor."""
        self.inputs.append((self.tensor(values.shape, values.dtype.name, **quantization), values))
        return self.inputs[-1][0]

    def constant(self, values: np.ndarray, **quantization: Any) -> int:
        """Add a constant; return its tensor."""
        return self.tensor(values.shape, values.dtype.name, **quantization, data=values)

    def case(self, kind: str, inputs: Sequence[int], outputs: Sequence[int], options: str = "", **fields: Any) -> None:
        """Add an operator whose outputs are outputs of the model."""
        self.operator(kind, list(inputs), list(outputs), options, **fields)
        self.outputs += outputs

    def compare(self, folder: Path, oracle=oracles.tflm, tolerance: float = 0.0) -> None:
        """Assert that every output equals the oracle's, byte for byte unless there is a tolerance."""
        content = self.build([index for index, _ in self.inputs], self.outputs)
        compare(folder, content, *(values for _, values in self.inputs), oracle=oracle, tolerance=tolerance)


def compare(folder: Path, content: bytes, *inputs: np.ndarray, oracle=oracles.tflm, tolerance: float = 0.0) -> None:
    """Assert that all outputs of one sample (arrays in the shape of the model's inputs) equal the oracle's."""
    path = folder / "model.tflite"
    path.write_bytes(content)
    model = HostModel(path)
    batches = [value.reshape(1, *tensor.shape) for value, tensor in zip(inputs, model.inputs, strict=True)]
    ours = model.run(*batches)
    extra = {"outputs": len(ours)} if oracle is oracles.tflm else {}
    references = oracle(content, *inputs, **extra)
    for index, (mine, reference) in enumerate(zip(ours, references, strict=True)):
        assert mine.dtype == reference.dtype
        np.testing.assert_allclose(
            mine.reshape(reference.shape), reference, rtol=tolerance, atol=tolerance, err_msg=f"output {index}"
        )
