"""Random layers for the tests: tensors of every scheme, and the comparison with the scheme's oracle."""

from pathlib import Path

import numpy as np

from firmware.compiler.host import HostModel
from tests import oracles
from tests.tflite_builder import ModelBuilder

# Float activations; the weights are float32, float16, or int8 with activations quantized on the fly.
FLOATS = ("float32", "float16", "dynamic")


def check(tmp_path: Path, content: bytes, inputs: list[np.ndarray], tolerance: float) -> None:
    """Compare one run with the oracle: byte for byte with host TFLM if `tolerance` is 0, else with LiteRT."""
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    model = HostModel(path)
    batches = [value.reshape(1, *tensor.shape) for value, tensor in zip(inputs, model.inputs, strict=True)]
    run = oracles.litert if tolerance else oracles.tflm
    for mine, reference in zip(model.run(*batches), run(content, *inputs), strict=True):
        if tolerance:
            np.testing.assert_allclose(mine.reshape(reference.shape), reference, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(mine.reshape(reference.shape), reference)


def activations(rng: np.random.Generator, builder: ModelBuilder, shape: tuple, dtype: str) -> tuple[int, np.ndarray]:
    """Add an activation tensor of random quantization; return its index and random content of that type."""
    if dtype in FLOATS:
        return builder.tensor(shape, "float32"), rng.normal(size=shape).astype(np.float32)
    if dtype == "int16":
        content = rng.integers(-32768, 32768, shape).astype(np.int16)
        return builder.tensor(shape, dtype, rng.uniform(1e-5, 1e-3), 0), content
    index = builder.tensor(shape, dtype, rng.uniform(0.005, 0.2), int(rng.integers(-128, 128)))
    return index, rng.integers(-128, 128, shape).astype(np.int8)


def weights_and_bias(
    rng: np.random.Generator,
    builder: ModelBuilder,
    shape: tuple,
    dtype: str,
    x: int,
    axis: int = 0,
    per_channel: bool = True,
) -> list[int]:
    """Add constant weights with `shape[axis]` channels and their bias, for activations of `dtype`."""
    channels = shape[axis]
    scales = rng.uniform(0.001, 0.02, channels if per_channel else 1)
    if dtype in FLOATS:
        bias = builder.tensor((channels,), "float32", data=rng.normal(size=channels))
        if dtype == "float16":
            half = builder.tensor(shape, "float16", data=rng.normal(size=shape))
            weights = builder.tensor(shape, "float32")
            builder.operator("DEQUANTIZE", [half], [weights])
        elif dtype == "dynamic":
            weights = builder.tensor(shape, "int8", scales, 0, axis, rng.integers(-127, 128, shape))
        else:
            weights = builder.tensor(shape, "float32", data=rng.normal(size=shape))
        return [weights, bias]
    weights = builder.tensor(shape, "int8", scales, 0, axis, rng.integers(-127, 128, shape))
    kind, limit = ("int64", 1 << 24) if dtype == "int16" else ("int32", 4000)
    bias = rng.integers(-limit, limit, channels)
    return [weights, builder.tensor((channels,), kind, scales * builder.scale(x), 0, 0, bias)]


def steps(size: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    """Return the positions of a window over `size` elements; padding 0 is SAME, 1 is VALID."""
    return -(-size // stride) if padding == 0 else (size - ((kernel - 1) * dilation + 1)) // stride + 1


def tolerance(dtype: str, terms: int) -> float:
    """Return the tolerance, relative and absolute: a few rounding errors of a sum of `terms`; none for integers."""
    return 3e-7 * terms**0.5 + 1e-6 if dtype in FLOATS else 0.0
