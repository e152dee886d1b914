"""The model between reading and emitting: tensors and operators, in execution order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firmware.compiler.errors import UnsupportedModel


@dataclass(eq=False)
class Tensor:
    """A tensor; `data` is None for activations.

    `scale` (float32) and `zero_point` (int64) have one entry, or one per channel along `axis`. A view shares the bytes
    of another tensor under a different shape. A variable keeps its value from one run to the next, beginning with
    `initial`.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    data: np.ndarray | None = None
    scale: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    zero_point: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    axis: int = 0
    view_of: "Tensor | None" = None
    initial: np.ndarray | None = None

    @property
    def storage(self) -> "Tensor":
        """The tensor whose memory this one uses: itself, or what it is a view of."""
        return self.view_of.storage if self.view_of else self

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape without a leading batch dimension of 1."""
        return self.shape[1:] if self.shape[:1] == (1,) else self.shape

    @property
    def elements(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def size_bytes(self) -> int:
        """Bytes of a dense copy."""
        return self.elements * self.dtype.itemsize

    def quantized_like(self, other: "Tensor") -> bool:
        """Whether scale and zero point equal the other's; two without are equal."""
        return np.array_equal(self.scale, other.scale) and np.array_equal(self.zero_point, other.zero_point)

    @property
    def is_constant(self) -> bool:
        """Whether the value is known at compile time."""
        return self.data is not None


@dataclass(eq=False)
class Operator:
    """One operator of the .tflite; `index` is its position in the file, an absent optional input is None."""

    kind: str
    index: int
    inputs: list[Tensor | None]
    outputs: list[Tensor]
    options: dict[str, Any] = field(default_factory=dict)

    def refuse(self, reason: str) -> UnsupportedModel:
        """Return the error that names this operator and says why it cannot be compiled."""
        return UnsupportedModel(f"operator {self.index} ({self.kind}): {reason}")


@dataclass(eq=False)
class Graph:
    """One subgraph, batch 1; the first of the file knows all of them in `subgraphs`, and the model's variables."""

    inputs: list[Tensor]
    outputs: list[Tensor]
    operators: list[Operator]
    subgraphs: list["Graph"] = field(default_factory=list)
    variables: list[Tensor] = field(default_factory=list)

    def uses(self, tensor: Tensor) -> int:
        """Return how often a tensor is read, by operators and as an output of the model."""
        return sum(op.inputs.count(tensor) for op in self.operators) + self.outputs.count(tensor)

    def activations(self) -> Iterator[Tensor]:
        """Yield every tensor that exists at run time once, in order of first appearance."""
        seen: set[Tensor] = set()
        for tensor in [*self.inputs, *(t for op in self.operators for t in [*op.inputs, *op.outputs]), *self.outputs]:
            if tensor is not None and not tensor.is_constant and tensor not in seen:
                seen.add(tensor)
                yield tensor
