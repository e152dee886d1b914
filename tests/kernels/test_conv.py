"""Convolutions give the oracle's outputs over random shapes, strides, paddings, dilations and scales.

Integer results equal host TensorFlow Lite Micro byte for byte. Float results equal LiteRT's reference kernels within a
few rounding errors of the sum. Every model runs in its planned arena, where the output may overwrite the input.
"""

import numpy as np
import pytest

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import compile_model
from tests.kernels.layers import FLOATS, activations, check, steps, tolerance, weights_and_bias
from tests.tflite_builder import ModelBuilder

SEEDS = range(8)
IN_PLACE = ["int8", "int16", "float32", "float16"]  # the others have copied their input before they write
DTYPES = ["int8", "int16", "float32", "float16", "dynamic"]


def random_window(rng):
    """Return (height, width, k_h, k_w, options, out_h, out_w) of a random legal window."""
    height, width = (int(v) for v in rng.integers(7, 12, 2))
    k_h, k_w, stride_h, stride_w = (int(v) for v in rng.integers(1, 4, 4))
    dilation_h, dilation_w = (int(v) for v in rng.integers(1, 4, 2)) if stride_h == stride_w == 1 else (1, 1)
    padding = int(rng.integers(0, 2))
    out_h, out_w = steps(height, k_h, stride_h, dilation_h, padding), steps(width, k_w, stride_w, dilation_w, padding)
    options = {"padding": padding, "stride_h": stride_h, "stride_w": stride_w}
    options |= {"dilation_h": dilation_h, "dilation_w": dilation_w, "activation": int(rng.choice([0, 1, 2, 3]))}
    return height, width, k_h, k_w, options, out_h, out_w


def run_layer(tmp_path, rng, dtype, kind, options_table, in_shape, weight_shape, out_shape, options, axis=0):
    builder = ModelBuilder()
    x, content = activations(rng, builder, in_shape, dtype)
    per_channel = rng.random() < 0.7 or (dtype == "dynamic" and kind != "TRANSPOSE_CONV")  # LiteRT has no other
    constants = weights_and_bias(rng, builder, weight_shape, dtype, x, axis, per_channel)
    y, _ = activations(rng, builder, out_shape, dtype)
    if kind == "TRANSPOSE_CONV":
        shape = builder.tensor((4,), "int32", data=np.array(out_shape))
        operands = [shape, constants[0], x] + constants[1:] * bool(rng.random() < 0.7)
    else:
        has_bias = dtype in FLOATS or rng.random() < 0.7  # LiteRT has no float convolution without bias
        operands = [x, *constants[: 1 + has_bias]]
    builder.operator(kind, operands, [y], options_table, **options)
    check(tmp_path, builder.build([x], [y]), [content], tolerance(dtype, int(np.prod(weight_shape))))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_conv_2d(tmp_path, dtype, seed):
    rng = np.random.default_rng(seed)
    height, width, k_h, k_w, options, out_h, out_w = random_window(rng)
    groups, group_c = int(rng.choice([1, 1, 2, 3])), int(rng.integers(1, 9))
    out_c = groups * int(rng.integers(1, 9))
    shapes = (1, height, width, groups * group_c), (out_c, k_h, k_w, group_c), (1, out_h, out_w, out_c)
    run_layer(tmp_path, rng, dtype, "CONV_2D", "Conv2DOptions", *shapes, options)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", IN_PLACE)
def test_pointwise_convolution_overwrites_its_input(tmp_path, dtype, seed):
    rng = np.random.default_rng(seed)
    in_c, out_c = int(rng.integers(1, 20)), int(rng.integers(1, 20))
    options = {"padding": 0, "stride_h": 1, "stride_w": 1}
    shapes = (1, 9, 8, in_c), (out_c, 1, 1, in_c), (1, 9, 8, out_c)
    run_layer(tmp_path, rng, dtype, "CONV_2D", "Conv2DOptions", *shapes, options)
    plan = compile_model((tmp_path / "model.tflite").read_bytes()).plan
    pixel_bytes = 4 * (in_c + out_c) * {"int8": 1, "int16": 2}.get(dtype, 4)
    assert plan.arena_bytes <= max(block.size_bytes for block in plan.blocks) + pixel_bytes


@pytest.mark.parametrize("dtype", IN_PLACE)
def test_long_chain_needs_one_distance_only(tmp_path, dtype):
    """Layers write over their input forward and backward in turn, so that distances do not add up."""
    rng = np.random.default_rng(3)
    builder, shape = ModelBuilder(), (1, 6, 5, 4)
    first, content = activations(rng, builder, shape, dtype)
    x = first
    for layer in range(8):
        depthwise = layer % 2 == 0
        w, b = weights_and_bias(rng, builder, (1, 3, 3, 4) if depthwise else (4, 1, 1, 4), dtype, x, 3 * depthwise)
        y, _ = activations(rng, builder, shape, dtype)
        kind, table = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if depthwise else ("CONV_2D", "Conv2DOptions")
        multiplier = {"depth_multiplier": 1} if depthwise else {}
        builder.operator(kind, [x, w, b], [y], table, padding=0, stride_h=1, stride_w=1, **multiplier)
        x = y
    content_bytes = builder.build([first], [x])
    check(tmp_path, content_bytes, [content], tolerance(dtype, 36 * 1000))
    model = compile_model(content_bytes)
    assert 3 <= len(model.plan.backward_steps) <= 5
    item_bytes = {"int8": 1, "int16": 2}.get(dtype, 4)
    assert model.plan.arena_bytes == (6 * 5 + 5 + 1 + 1) * 4 * item_bytes


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_depthwise_conv_2d(tmp_path, dtype, seed):
    rng = np.random.default_rng(1000 + seed)
    height, width, k_h, k_w, options, out_h, out_w = random_window(rng)
    channels, multiplier = int(rng.integers(1, 9)), int(rng.integers(1, 4))
    out_c = channels * multiplier
    shapes = (1, height, width, channels), (1, k_h, k_w, out_c), (1, out_h, out_w, out_c)
    options["depth_multiplier"] = multiplier
    run_layer(tmp_path, rng, dtype, "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", *shapes, options, axis=3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_transpose_conv(tmp_path, dtype, seed):
    rng = np.random.default_rng(2000 + seed)
    in_h, in_w, k_h, k_w, in_c, out_c = (int(v) for v in rng.integers(1, 6, 6))
    stride_h, stride_w = (int(v) for v in rng.integers(1, 4, 2))
    padding = int(rng.integers(0, 2))

    def size(steps, kernel, stride):
        return steps * stride if padding == 0 else (steps - 1) * stride + kernel + int(rng.integers(0, stride))

    out_shape = (1, size(in_h, k_h, stride_h), size(in_w, k_w, stride_w), out_c)
    options = {"padding": padding, "stride_h": stride_h, "stride_w": stride_w}
    shapes = (1, in_h, in_w, in_c), (out_c, k_h, k_w, in_c), out_shape
    run_layer(tmp_path, rng, dtype, "TRANSPOSE_CONV", "TransposeConvOptions", *shapes, options)


def conv_with(weight_shape=(4, 3, 3, 2), x_shape=(1, 6, 6, 2), y_shape=(1, 6, 6, 4), bias=4, **options):
    builder = ModelBuilder()
    x, y = builder.tensor(x_shape, "float32"), builder.tensor(y_shape, "float32")
    w = builder.tensor(weight_shape, "float32", data=np.zeros(weight_shape))
    b = builder.tensor((bias,), "float32", data=np.zeros(bias))
    builder.operator("CONV_2D", [x, w, b], [y], "Conv2DOptions", **{"stride_h": 1, "stride_w": 1} | options)
    return builder.build([x], [y])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stride_h": 0}, "stride 0"),
        ({"padding": 7}, "padding 7"),
        ({"padding": 1}, "takes 4 steps, not 6"),
        ({"weight_shape": (4, 3, 3, 5)}, "do not fit"),
        ({"bias": 3}, "expected a bias of 4 values"),
        ({"activation": 5}, "fused activation 5"),
        ({"y_shape": (2, 6, 6, 4)}, r"expected tensors of shape \(1, h, w, c\)"),
    ],
)
def test_convolution_that_cannot_be_is_refused(changes, message):
    with pytest.raises(UnsupportedModel, match=rf"operator 0 \(CONV_2D\): .*{message}"):
        compile_model(conv_with(**changes))


@pytest.mark.parametrize("scales", [[0.01], [0.01, 0.01, 0.01], [0.01, 0.02]])
def test_dynamic_range_is_symmetric_where_all_channels_have_one_scale(tmp_path, scales):
    rng, channels = np.random.default_rng(len(scales)), len(scales)
    builder = ModelBuilder()
    x, content = activations(rng, builder, (1, 4, 4, 2), "dynamic")
    shape = (channels, 2, 2, 2)
    weights = builder.tensor(shape, "int8", scales, 0, 0, rng.integers(-127, 128, shape))
    bias = builder.tensor((channels,), "float32", data=rng.normal(size=channels))
    y = builder.tensor((1, 3, 3, channels), "float32")
    options = {"padding": 1, "stride_w": 1, "stride_h": 1, "dilation_w": 1, "dilation_h": 1}
    builder.operator("CONV_2D", [x, weights, bias], [y], "Conv2DOptions", **options)
    check(tmp_path, builder.build([x], [y]), [content], 1e-5)
