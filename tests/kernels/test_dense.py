"""Fully connected layers and softmax give the oracle's outputs over random shapes and scales."""

import numpy as np
import pytest

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.fixed_point import requantize
from firmware.compiler.host import HostModel
from firmware.compiler.model import compile_model
from firmware.compiler.quant import quantize_multiplier
from tests import oracles
from tests.kernels.layers import activations, check, tolerance, weights_and_bias
from tests.tflite_builder import ModelBuilder

DTYPES = ["int8", "int16", "float32", "float16", "dynamic"]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("dtype", DTYPES)
def test_fully_connected(tmp_path, dtype, seed):
    rng = np.random.default_rng(100 + seed)
    builder = ModelBuilder()
    inputs, outputs = int(rng.integers(1, 200)), int(rng.integers(1, 40))
    rows = [(1,), (1,), (7,), (1, 3), (1, 2, 3)][seed % 5]
    x, content = activations(rng, builder, (*rows, inputs), dtype)
    per_channel = rng.random() < 0.7 and dtype != "int16"
    operands = [x, *weights_and_bias(rng, builder, (outputs, inputs), dtype, x, per_channel=per_channel)]
    if rng.random() < 0.3:
        operands[2] = -1
    y, _ = activations(rng, builder, (*rows, outputs), dtype)
    fields = {"activation": int(rng.choice([0, 1, 3])), "keep_num_dims": len(rows) > 1}
    fields["asymmetric_quantize_inputs"] = bool(rng.random() < 0.5)
    builder.operator("FULLY_CONNECTED", operands, [y], "FullyConnectedOptions", **fields)
    check(tmp_path, builder.build([x], [y]), [content], tolerance(dtype, inputs))


@pytest.mark.parametrize("asymmetric", [False, True])
def test_dynamic_quantization_rounds_halves_as_the_reference(tmp_path, asymmetric):
    rng = np.random.default_rng(4)
    builder = ModelBuilder()
    x, y = builder.tensor((1, 64), "float32"), builder.tensor((1, 5), "float32")
    weights = builder.tensor((5, 64), "int8", 0.01, 0, 0, rng.integers(-127, 128, (5, 64)))
    options = {"asymmetric_quantize_inputs": asymmetric}
    builder.operator("FULLY_CONNECTED", [x, weights, -1], [y], "FullyConnectedOptions", **options)
    content = rng.integers(-254, 254, (1, 64)).astype(np.float32) / 2  # half of them lie between two steps of 1
    content = np.abs(content) if asymmetric else content  # zero point -128, or 0
    content[0, :2] = (0, 255) if asymmetric else (-127, 127)
    check(tmp_path, builder.build([x], [y]), [content], 1e-6)


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


@pytest.mark.parametrize("depth", [256, 511, 600])
def test_softmax_int8_of_many_equal_inputs(tmp_path, depth):
    builder = ModelBuilder()
    x, y = builder.tensor((1, depth), "int8", 0.1, 0), builder.tensor((1, depth), "int8", 1 / 256, -128)
    builder.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=1.0)
    content = builder.build([x], [y])
    equal = np.zeros((1, depth), np.int8)
    if depth < 512:
        return check(tmp_path, content, [equal], 0)
    (tmp_path / "model.tflite").write_bytes(content)
    [found] = HostModel(tmp_path / "model.tflite").run(equal)
    assert np.all(found == -128)


def test_softmax_of_another_size_is_refused():
    builder = ModelBuilder()
    x = builder.tensor((1, 9, 7), "int8", 0.1, 0)
    y = builder.tensor((9,), "int8", 1 / 256, -128)
    builder.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=1.0)
    with pytest.raises(UnsupportedModel, match="input has 63 elements, output 9"):
        compile_model(builder.build([x], [y]))


@pytest.mark.parametrize("scale", [1e-6, 1e-4, 1e-3, 0.01])
@pytest.mark.parametrize("depth", [1, 2, 10, 255])
def test_softmax_int16(tmp_path, depth, scale):
    rng = np.random.default_rng(depth)
    builder = ModelBuilder()
    x, y = builder.tensor((1, depth), "int16", scale, 0), builder.tensor((1, depth), "int16", 1 / 32768, 0)
    builder.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=1.0)
    content = builder.build([x], [y])
    check(tmp_path, content, [rng.integers(-32768, 32768, (1, depth)).astype(np.int16)], 0)
    check(tmp_path, content, [np.full((1, depth), -32768, np.int16)], 0)


@pytest.mark.parametrize("spread", [0.1, 3.0, 40.0, 1e4])
def test_softmax_float32(tmp_path, spread):
    rng = np.random.default_rng(7)
    builder = ModelBuilder()
    x, y = builder.tensor((1, 33), "float32"), builder.tensor((1, 33), "float32")
    builder.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=1.0)
    content = (rng.normal(size=(1, 33)) * spread).astype(np.float32)
    check(tmp_path, builder.build([x], [y]), [content], 1e-6)


def test_scales_are_multiplied_in_double(tmp_path):
    """Biases so large that a product of scales in single precision gives other bytes; inputs and weights are zero."""
    rng = np.random.default_rng(0)
    checked = 0
    while checked < 3:
        scales = [np.float32(rng.uniform(low, 2 * low)) for low in (1e-4, 1e-3, 0.5)]
        double = float(scales[0]) * float(scales[1]) / float(scales[2])
        single = float(scales[0] * scales[1]) / float(scales[2])
        ties = (rng.integers(60, 120, 2000) + 0.5) / double
        bias = (ties + rng.integers(-70, 70, 2000)).astype(np.int64)
        bias = bias[bias < 1 << 31].astype(np.int32)
        results = [[requantize(int(b), *quantize_multiplier(real)) for b in bias] for real in (double, single)]
        telling = bias[np.not_equal(*results)][:100]
        if not telling.size:
            continue
        checked += 1
        builder = ModelBuilder()
        x, y = builder.tensor((1, 1), "int8", scales[0]), builder.tensor((1, telling.size), "int8", scales[2])
        weights = builder.tensor((telling.size, 1), "int8", scales[1], data=np.zeros((telling.size, 1)))
        constant = builder.tensor(telling.shape, "int32", float(scales[0]) * float(scales[1]), data=telling)
        builder.operator("FULLY_CONNECTED", [x, weights, constant], [y], "FullyConnectedOptions")
        check(tmp_path, builder.build([x], [y]), [np.zeros((1, 1), np.int8)], 0)
