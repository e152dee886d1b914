"""A random graph under construction: its tensors, their quantization, and constants that suit them."""

from dataclasses import dataclass

import numpy as np

from tests.tflite_builder import ModelBuilder

LIMITS = {"int8": 127, "int16": 32767}
# Activations are float32; the types name that of the weights, in "dynamic" int8 with activations quantized on the fly.
FLOATS = ("float32", "float16", "dynamic")


@dataclass(frozen=True)
class Value:
    """A tensor of the graph; floats have scale 1."""

    index: int
    shape: tuple[int, ...]
    scale: float = 1.0
    zero_point: int = 0


class Construction:
    """A graph under construction; `rng` belongs to the operator that is being added."""

    def __init__(self, dtype: str):
        self.builder, self.dtype = ModelBuilder(), dtype
        self.is_float = dtype in FLOATS
        self.rng = np.random.default_rng(0)
        self.values: list[Value] = []

    def integer(self, low: int, high: int) -> int:
        """Return a random integer from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return bool(self.rng.random() < probability)

    def zero_point(self) -> int:
        """Return a random zero point, often an extreme one."""
        return 0 if self.dtype != "int8" else int(self.rng.choice([-128, 127, 0, self.integer(-128, 127)]))

    def value(self, shape: tuple[int, ...], scale: float = 1.0, zero_point: int = 0) -> Value:
        """Add a tensor with exactly this quantization."""
        if self.is_float:
            return Value(self.builder.tensor(shape, "float32"), shape)
        index = self.builder.tensor(shape, self.dtype, scale, zero_point)
        return Value(index, shape, float(np.float32(scale)), zero_point)

    def near(self, shape: tuple[int, ...], scale: float) -> Value:
        """Add a tensor with a scale around the natural one, so that some results saturate and others lose bits."""
        return self.value(shape, scale * float(np.exp(self.rng.uniform(-1.5, 1.5))), self.zero_point())

    def like(self, source: Value, shape: tuple[int, ...]) -> Value:
        """Add a tensor quantized like another."""
        return self.value(shape, source.scale, source.zero_point)

    def constant(self, shape: tuple[int, ...], scale: float | None = None, zero_point: int = 0) -> int:
        """Add a constant of the graph's type with random content."""
        if self.is_float:
            return self.builder.tensor(shape, "float32", data=self.rng.normal(size=shape))
        limit = LIMITS[self.dtype]
        data = self.rng.integers(-limit, limit + 1, shape)
        return self.builder.tensor(shape, self.dtype, scale, zero_point, data=data)

    def int32(self, *numbers: object) -> int:
        """Add a constant of integers."""
        return self.builder.tensor(np.shape(numbers), "int32", data=np.array(numbers))

    def weights(
        self, shape: tuple[int, ...], axis: int, source: Value, one_scale: bool = True
    ) -> tuple[list[int], float]:
        """Add weights and bias; return them and the natural scale of the output.

        `one_scale`: the reference accepts one scale for all channels also where it quantizes activations on the fly.
        """
        channels, terms = shape[axis], max(1, int(np.prod(shape)) // shape[axis])
        if self.is_float:
            weights = self._float_weights(shape, axis, 1 / np.sqrt(terms), one_scale)
            return [weights, self.builder.tensor((channels,), "float32", data=self.rng.normal(size=channels))], 1.0
        scales = np.exp(self.rng.uniform(-7, -3, channels if self.chance(0.7) else 1))
        weights = self.builder.tensor(shape, "int8", scales, 0, axis, self.rng.integers(-127, 128, shape))
        kind, limit = ("int64", 1 << 20) if self.dtype == "int16" else ("int32", 1 << 12)
        bias = self.rng.integers(-limit, limit, channels)
        operands = [weights, self.builder.tensor((channels,), kind, scales * source.scale, data=bias)]
        return operands, source.scale * float(scales.mean()) * 70 * np.sqrt(terms)

    def _float_weights(self, shape: tuple[int, ...], axis: int, spread: float, one_scale: bool) -> int:
        """Add weights of about this standard deviation, stored in the graph's type."""
        if self.dtype == "dynamic":
            scales = np.exp(self.rng.uniform(-1, 1, 1 if one_scale and self.chance(0.3) else shape[axis]))
            data = self.rng.integers(-127, 128, shape)
            return self.builder.tensor(shape, "int8", scales * spread / 73, 0, axis, data)
        weights = self.builder.tensor(shape, self.dtype, data=self.rng.normal(size=shape) * spread)
        if self.dtype == "float32":
            return weights
        widened = self.builder.tensor(shape, "float32")
        self.builder.operator("DEQUANTIZE", [weights], [widened])
        return widened

    def add(self, kind: str, inputs: list[int], output: Value, options: str = "", **fields: object) -> Value:
        """Add an operator with one output."""
        self.builder.operator(kind, inputs, [output.index], options, **fields)
        return output
