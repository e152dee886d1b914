"""Each pass rewrites what it promises, leaves alone what it must not touch, and changes no output."""

import numpy as np
import pytest

from firmware.compiler import passes
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import compile_model
from firmware.compiler.read import read_model
from tests import oracles
from tests.kernels.oracle_check import compare
from tests.tflite_builder import ModelBuilder

Q = {"scale": 0.1, "zero_point": -5}


def int32(builder, *numbers):
    return builder.tensor(np.shape(numbers), "int32", data=np.array(numbers))


def kinds(content, *rewrites):
    """Return the operators left after these passes."""
    graph = read_model(content)
    for rewrite in rewrites:
        rewrite(graph)
    return [operator.kind for operator in graph.operators]


def flatten_with_dynamic_batch():
    """Return what a converter makes of Flatten with an unknown batch: the shape is computed at run time."""
    builder = ModelBuilder()
    x = builder.tensor((1, 3, 4), "int8", **Q, signature=(-1, 3, 4))
    y = builder.tensor((1, 12), "int8", **Q, signature=(-1, 12))
    z = builder.tensor((1, 12), "int8", **Q, signature=(-1, 12))
    shape, batch, packed = builder.tensor((3,), "int32"), builder.tensor((), "int32"), builder.tensor((2,), "int32")
    builder.operator("SHAPE", [x], [shape], "ShapeOptions", out_type=2)
    operands = [shape, *(int32(builder, n) for n in (0, 1, 1))]
    masks = {"begin_mask": 0, "end_mask": 0, "shrink_axis_mask": 1}
    builder.operator("STRIDED_SLICE", operands, [batch], "StridedSliceOptions", **masks)
    rest = builder.tensor((), "int32", data=np.array(12))
    builder.operator("PACK", [batch, rest], [packed], "PackOptions", values_count=2, axis=0)
    builder.operator("RESHAPE", [x, packed], [y])
    builder.operator("LEAKY_RELU", [y], [z], "LeakyReluOptions", alpha=0.5)
    return builder.build([x], [z])


def test_shape_arithmetic_disappears(tmp_path):
    content = flatten_with_dynamic_batch()
    assert kinds(content, passes.fold_constants) == ["RESHAPE", "LEAKY_RELU"]
    compare(tmp_path, content, np.arange(12, dtype=np.int8).reshape(1, 3, 4))


@pytest.mark.parametrize(
    ("kind", "operands", "expected", "options"),
    [
        ("ADD", [[1, 2], [3]], [4, 5], ("AddOptions", {})),
        ("SUB", [[1, 2], [3, 3]], [-2, -1], ("SubOptions", {})),
        ("MUL", [[4], [3]], [12], ("MulOptions", {})),
        ("MAXIMUM", [[4, 1], [3, 3]], [4, 3], ("", {})),
        ("GATHER", [[7, 8, 9], [2, 0]], [9, 7], ("GatherOptions", {"axis": 0})),
        ("CONCATENATION", [[1], [2, 3]], [1, 2, 3], ("ConcatenationOptions", {"axis": 0})),
        ("SLICE", [[5, 6, 7], [1], [2]], [6, 7], ("", {})),
        ("CAST", [[5, 6]], [5, 6], ("", {})),
        ("REDUCE_PROD", [[5, 6], [0]], [30], ("ReducerOptions", {"keep_dims": True})),
    ],
)
def test_integer_arithmetic_is_folded(kind, operands, expected, options):
    builder = ModelBuilder()
    result = builder.tensor(np.shape(expected), "int32")
    builder.operator(kind, [int32(builder, *v) for v in operands], [result], options[0], **options[1])
    x, y = builder.tensor((1, 4), "float32"), builder.tensor((1, 4), "float32")
    builder.operator("RELU", [x], [y])
    graph = read_model(builder.build([x], [y]))
    tensor = graph.operators[0].outputs[0]
    passes.fold_constants(graph)
    assert [operator.kind for operator in graph.operators] == ["RELU"]
    np.testing.assert_array_equal(tensor.data, np.array(expected))


def test_shape_known_only_at_run_time_is_refused():
    builder = ModelBuilder()
    x, shape, y = builder.tensor((1, 4), "int32"), builder.tensor((1, 4), "int64"), builder.tensor((1, 4), "int32")
    builder.operator("CAST", [x], [shape])
    builder.operator("CAST", [shape], [y])
    with pytest.raises(UnsupportedModel, match=r"operator 0 \(CAST\): the input must be an integer known"):
        compile_model(builder.build([x], [y]))


@pytest.mark.parametrize("shape", [(1, 12), (1, 1)])
def test_reshape_takes_its_shape_from_its_input(tmp_path, shape):
    """A dynamic batch leaves outputs with a declared shape of the wrong size."""
    builder = ModelBuilder()
    x, y, z = (builder.tensor(s, "int8", **Q) for s in ((1, 3, 4), shape, (1, 12)))
    builder.operator("RESHAPE", [x, int32(builder, -1, 12)], [y])
    builder.operator("LEAKY_RELU", [y], [z], "LeakyReluOptions", alpha=0.5)
    assert compile_model(builder.build([x], [z])).steps[0].reads[0].shape == (1, 12)


def test_dynamic_height_is_refused():
    builder = ModelBuilder()
    x, y = (builder.tensor((1, 1, 4), "int8", **Q, signature=(-1, -1, 4)) for _ in range(2))
    builder.operator("RELU", [x], [y])
    with pytest.raises(UnsupportedModel, match="only the batch may be dynamic"):
        compile_model(builder.build([x], [y]))


def test_zero_and_minus_one_batch_become_one():
    for batch in (0, -1):
        builder = ModelBuilder()
        x, y = (builder.tensor((batch, 4), "int8", **Q) for _ in range(2))
        builder.operator("RELU", [x], [y])
        assert compile_model(builder.build([x], [y])).graph.inputs[0].shape == (1, 4)


def add_then(kind, between, after, second_reader=False):
    builder = ModelBuilder()
    x = builder.tensor((1, 40), "int8", **Q)
    middle, y = builder.tensor((1, 40), "int8", **between), builder.tensor((1, 40), "int8", **after)
    builder.operator("ADD", [x, x], [middle], "AddOptions")
    builder.operator(kind, [middle], [y])
    return builder.build([x], [y, middle] if second_reader else [y])


@pytest.mark.parametrize("kind", ["RELU", "RELU6"])
def test_activation_joins_its_producer(tmp_path, kind):
    content = add_then(kind, Q, Q)
    assert kinds(content, passes.fuse_activations) == ["ADD"]
    compare(tmp_path, content, np.arange(-100, 100, 5, dtype=np.int8)[None])


@pytest.mark.parametrize(
    ("after", "second_reader"),
    [({"scale": 0.2, "zero_point": -5}, False), ({"scale": 0.1, "zero_point": 0}, False), (Q, True)],
)
def test_activation_stays_where_fusing_would_change_bytes(tmp_path, after, second_reader):
    content = add_then("RELU", Q, after, second_reader)
    assert kinds(content, passes.fuse_activations) == ["ADD", "RELU"]
    compare(tmp_path, content, np.arange(-100, 100, 5, dtype=np.int8)[None])


def padded_convolution(kind, pairs, value=None, stride=1, padding=1):
    rng = np.random.default_rng(0)
    builder = ModelBuilder()
    x = builder.tensor((1, 6, 7, 2), "int8", **Q)
    height, width = 6 + sum(pairs[1]), 7 + sum(pairs[2])
    channels = 2 + sum(pairs[3])
    middle = builder.tensor((1, height, width, channels), "int8", **Q)
    operands = [x, int32(builder, *pairs)]
    if value is not None:
        operands.append(builder.tensor((1,), "int8", **Q, data=np.array([value])))
    builder.operator("PAD" if value is None else "PADV2", operands, [middle])
    out_c = 3 if kind == "CONV_2D" else channels
    shape = (3, 3, 3, channels) if kind == "CONV_2D" else (1, 3, 3, channels)
    weights = builder.tensor(shape, "int8", 0.01, data=rng.integers(-127, 128, shape))
    bias = builder.tensor((out_c,), "int32", 0.001, data=rng.integers(-500, 500, out_c))
    out = (1, (height - 3) // stride + 1, (width - 3) // stride + 1, out_c)
    if padding == 0:
        out = (1, -(-height // stride), -(-width // stride), out_c)
    y = builder.tensor(out, "int8", 0.3, 4)
    options = "Conv2DOptions" if kind == "CONV_2D" else "DepthwiseConv2DOptions"
    extra = {} if kind == "CONV_2D" else {"depth_multiplier": 1}
    builder.operator(
        kind, [middle, weights, bias], [y], options, padding=padding, stride_h=stride, stride_w=stride, **extra
    )
    return builder.build([x], [y])


SAMPLE = np.random.default_rng(3).integers(-128, 128, (1, 6, 7, 2)).astype(np.int8)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("pairs", [((0, 0), (1, 1), (1, 1), (0, 0)), ((0, 0), (0, 1), (2, 0), (0, 0))])
@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_pad_joins_the_convolution(tmp_path, kind, pairs, stride):
    content = padded_convolution(kind, pairs, stride=stride)
    assert kinds(content, passes.fuse_pads) == [kind]
    compare(tmp_path, content, SAMPLE)


def test_pad_with_the_zero_point_joins_the_convolution(tmp_path):
    content = padded_convolution("CONV_2D", ((0, 0), (1, 1), (1, 1), (0, 0)), value=-5)
    assert kinds(content, passes.fuse_pads) == ["CONV_2D"]
    compare(tmp_path, content, SAMPLE)


@pytest.mark.parametrize(
    "arguments",
    [
        {"pairs": ((0, 0), (1, 1), (1, 1), (0, 0)), "value": 9},
        {"pairs": ((0, 0), (1, 1), (0, 0), (0, 2))},
        {"pairs": ((0, 0), (1, 1), (1, 1), (0, 0)), "padding": 0},
    ],
)
def test_other_pads_stay(tmp_path, arguments):
    content = padded_convolution("CONV_2D", **arguments)
    assert kinds(content, passes.fuse_pads)[0].startswith("PAD")
    compare(tmp_path, content, SAMPLE)


def test_identities_cost_nothing(tmp_path):
    builder = ModelBuilder()
    tensors = [
        builder.tensor(s, "int8", **Q) for s in ((1, 4, 3), (1, 4, 3), (4, 1, 3), (4, 1, 3), (4, 1, 3), (4, 1, 3))
    ]
    builder.operator("SLICE", [tensors[0], int32(builder, 0, 0, 0), int32(builder, 1, 4, 3)], [tensors[1]])
    builder.operator("TRANSPOSE", [tensors[1], int32(builder, 1, 0, 2)], [tensors[2]])
    builder.operator("QUANTIZE", [tensors[2]], [tensors[3]])
    builder.operator("CONCATENATION", [tensors[3]], [tensors[4]], "ConcatenationOptions", axis=2)
    builder.operator("LEAKY_RELU", [tensors[4]], [tensors[5]], "LeakyReluOptions", alpha=0.5)
    content = builder.build([tensors[0]], [tensors[5]])
    assert kinds(content, passes.remove_identities, passes.remove_views) == ["LEAKY_RELU"]
    compare(tmp_path, content, np.arange(12, dtype=np.int8).reshape(1, 4, 3), oracle=oracles.litert)


def test_slices_and_transposes_that_move_something_stay():
    builder = ModelBuilder()
    x, a, b = (builder.tensor(s, "int8", **Q) for s in ((2, 4), (2, 3), (3, 2)))
    builder.operator("SLICE", [x, int32(builder, 0, 1), int32(builder, 2, 3)], [a])
    builder.operator("TRANSPOSE", [a, int32(builder, 1, 0)], [b])
    assert kinds(builder.build([x], [b]), passes.remove_identities) == ["SLICE", "TRANSPOSE"]


def test_output_that_ignores_the_input_is_refused():
    builder = ModelBuilder()
    x, y, shape = (
        builder.tensor((1, 4), "int8", **Q),
        builder.tensor((1, 4), "int8", **Q),
        builder.tensor((2,), "int32"),
    )
    builder.operator("RELU", [x], [y])
    builder.operator("SHAPE", [x], [shape], "ShapeOptions", out_type=2)
    with pytest.raises(UnsupportedModel, match="does not depend on the input"):
        compile_model(builder.build([x], [y, shape]))
