"""The model between reading and emitting: tensors and operators, in execution order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firmware.compiler.errors import UnsupportedModel


@dataclass(eq=False)
class Tensor:
    """A tensor; `data` is None for activations.

    `scale` (float32) and `zero_point` (int64) have one entry, or one per
    channel along `axis`. A view shares the bytes of another tensor under a different shape.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    data: np.ndarray | None = None
    scale: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    zero_point: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    axis: int = 0
    view_of: "Tensor | None" = None

    @property
    def storage(self) -> "Tensor":
        """The tensor whose memory this one uses: itself, or what it is a view of."""
        return self.view_of.storage if self.view_of else self

    @property
    def elements(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def size_bytes(self) -> int:
        """Bytes of a dense copy."""
        return self.elements * self.dtype.itemsize

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
    """A single-subgraph model, batch 1."""

    inputs: list[Tensor]
    outputs: list[Tensor]
    operators: list[Operator]

    def activations(self) -> Iterator[Tensor]:
        """Yield every tensor that exists at run time once, in order of first appearance."""
        seen: set[Tensor] = set()
        for tensor in [*self.inputs, *(t for op in self.operators for t in [*op.inputs, *op.outputs]), *self.outputs]:
            if tensor is not None and not tensor.is_constant and tensor not in seen:
                seen.add(tensor)
                yield tensor
