"""Every operator gives the oracle's outputs, over random shapes, scales and extremes.

int8 results equal host TensorFlow Lite Micro byte for byte. Float results equal LiteRT's reference kernels within a few
rounding errors of the sum, since the order of additions is ours.
"""

import numpy as np
import pytest

from firmware.compiler.host import HostModel
from tests import oracles
from tests.tflite_builder import ModelBuilder

SEEDS = range(6)


def check(tmp_path, content, inputs, tolerance):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    model = HostModel(path)
    ours = model.run(*inputs)
    run = oracles.litert if tolerance else oracles.tflm
    for mine, reference in zip(ours, run(content, *inputs), strict=True):
        if tolerance:
            np.testing.assert_allclose(mine, reference, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(mine, reference)


def activations(rng, builder, shape, dtype, name_scale=(0.005, 0.2)):
    """Add an activation tensor of random quantization; return its index and random content of that type."""
    if dtype == "float32":
        return builder.tensor(shape, dtype), rng.normal(size=shape).astype(np.float32)
    index = builder.tensor(shape, dtype, rng.uniform(*name_scale), int(rng.integers(-128, 128)))
    return index, rng.integers(-128, 128, shape).astype(np.int8)


def weights_and_bias(rng, builder, shape, dtype, x, channels):
    if dtype == "float32":
        weights = builder.tensor(shape, dtype, data=rng.normal(size=shape))
        return weights, builder.tensor((channels,), dtype, data=rng.normal(size=channels))
    scales = rng.uniform(0.001, 0.02, channels if rng.random() < 0.7 else 1)
    weights = builder.tensor(shape, "int8", scales, 0, 0, rng.integers(-127, 128, shape))
    bias_scale = scales * builder.scale(x)
    return weights, builder.tensor((channels,), "int32", bias_scale, 0, 0, rng.integers(-4000, 4000, channels))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_conv_2d(tmp_path, dtype, seed):
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    groups = int(rng.choice([1, 1, 2])) if dtype == "float32" else 1
    group_c, height, width = int(rng.integers(1, 9)), int(rng.integers(5, 12)), int(rng.integers(5, 12))
    k_h, k_w, stride_h, stride_w = (int(v) for v in rng.integers(1, 4, 4))
    dilation = int(rng.integers(1, 3)) if stride_h == stride_w == 1 else 1
    out_c = groups * int(rng.integers(1, 9))
    padding = int(rng.integers(0, 2))

    def size(n, k, s):
        return -(-n // s) if padding == 0 else (n - ((k - 1) * dilation + 1)) // s + 1

    out_shape = (1, size(height, k_h, stride_h), size(width, k_w, stride_w), out_c)
    x, content = activations(rng, builder, (1, height, width, group_c * groups), dtype)
    w, b = weights_and_bias(rng, builder, (out_c, k_h, k_w, group_c), dtype, x, out_c)
    y, _ = activations(rng, builder, out_shape, dtype)
    builder.operator(
        "CONV_2D",
        [x, w, b],
        [y],
        "Conv2DOptions",
        padding=padding,
        stride_h=stride_h,
        stride_w=stride_w,
        dilation_h=dilation,
        dilation_w=dilation,
        activation=int(rng.choice([0, 1, 3])),
    )
    check(tmp_path, builder.build([x], [y]), [content], 2e-5 if dtype == "float32" else 0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_fully_connected(tmp_path, dtype, seed):
    rng = np.random.default_rng(100 + seed)
    builder = ModelBuilder()
    inputs, outputs = int(rng.integers(1, 200)), int(rng.integers(1, 40))
    x, content = activations(rng, builder, (1, inputs), dtype)
    w, b = weights_and_bias(rng, builder, (outputs, inputs), dtype, x, outputs)
    y, _ = activations(rng, builder, (1, outputs), dtype)
    has_bias = rng.random() < 0.7
    activation = int(rng.choice([0, 1, 3]))
    operands = [x, w, b] if has_bias else [x, w, -1]
    builder.operator("FULLY_CONNECTED", operands, [y], "FullyConnectedOptions", activation=activation)
    check(tmp_path, builder.build([x], [y]), [content], 5e-5 if dtype == "float32" else 0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", ["int8", "float32"])
@pytest.mark.parametrize("kind", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
def test_pool_2d(tmp_path, kind, dtype, seed):
    rng = np.random.default_rng(200 + seed)
    builder = ModelBuilder()
    height, width, channels = (int(v) for v in rng.integers(4, 12, 3))
    filter_h, filter_w, stride_h, stride_w = (int(v) for v in rng.integers(1, 4, 4))
    padding = int(rng.integers(0, 2))

    def size(n, k, s):
        return -(-n // s) if padding == 0 else (n - k) // s + 1

    shape = (1, height, width, channels)
    out_shape = (1, size(height, filter_h, stride_h), size(width, filter_w, stride_w), channels)
    scale = {} if dtype == "float32" else {"scale": 0.1, "zero_point": int(rng.integers(-128, 128))}
    x, y = builder.tensor(shape, dtype, **scale), builder.tensor(out_shape, dtype, **scale)
    builder.operator(
        kind,
        [x],
        [y],
        "Pool2DOptions",
        padding=padding,
        stride_h=stride_h,
        stride_w=stride_w,
        filter_h=filter_h,
        filter_w=filter_w,
        activation=int(rng.choice([0, 1, 3])),
    )
    content = (rng.normal(size=shape) * 5).astype(np.float32)
    if dtype == "int8":
        content = rng.integers(-128, 128, shape).astype(np.int8)
    check(tmp_path, builder.build([x], [y]), [content], 1e-6 if dtype == "float32" else 0)


@pytest.mark.parametrize("scale", [1e-4, 0.01, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("depth", [1, 2, 10, 255])
def test_softmax_int8(tmp_path, depth, scale):
    rng = np.random.default_rng(depth)
    builder = ModelBuilder()
    shape = (5, depth)
    x, y = builder.tensor(shape, "int8", scale, 4), builder.tensor(shape, "int8", 1 / 256, -128)
    builder.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=1.0)
    content = rng.integers(-128, 128, shape).astype(np.int8)
    path = tmp_path / "model.tflite"
    path.write_bytes(builder.build([x], [y]))
    model = HostModel(path)
    np.testing.assert_array_equal(model.run(content[None])[0][0], oracles.tflm(path.read_bytes(), content)[0])


@pytest.mark.parametrize("spread", [0.1, 3.0, 40.0, 1e4])
def test_softmax_float32(tmp_path, spread):
    rng = np.random.default_rng(7)
    builder = ModelBuilder()
    x, y = builder.tensor((1, 33), "float32"), builder.tensor((1, 33), "float32")
    builder.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=1.0)
    content = (rng.normal(size=(1, 33)) * spread).astype(np.float32)
    check(tmp_path, builder.build([x], [y]), [content], 1e-6)
