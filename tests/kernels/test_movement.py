"""Operators that move elements give the oracle's bytes, for every type, axis and option."""

import numpy as np
import pytest

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import compile_model
from tests import oracles
from tests.kernels.oracle_check import Cases
from tests.tflite_builder import ModelBuilder

TYPES = ["int8", "int16", "float32"]
SAME = {"scale": 0.05, "zero_point": 0}


def values(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    if dtype == "float32":
        return rng.normal(size=shape).astype(np.float32)
    return rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, shape).astype(dtype)


def params(dtype):
    return {} if dtype == "float32" else SAME


def int32(*numbers):
    return np.array(numbers, np.int32)


def oracle_of(dtype):
    """TensorFlow Lite Micro knows fewer types of some movements, and bytes are bytes."""
    return oracles.tflm if dtype == "int8" else oracles.litert


@pytest.mark.parametrize("dtype", TYPES)
def test_concatenation_and_pack(tmp_path, dtype):
    cases = Cases()
    for axis, shapes in [
        (3, [(1, 3, 4, 2), (1, 3, 4, 5)]),
        (1, [(1, 2, 3), (1, 1, 3), (1, 4, 3)]),
        (-1, [(1, 7), (1, 1)]),
    ]:
        xs = [cases.input(values(shape, dtype, i), **params(dtype)) for i, shape in enumerate(shapes)]
        total = list(shapes[0])
        total[axis] = sum(shape[axis] for shape in shapes)
        cases.case(
            "CONCATENATION", xs, [cases.tensor(tuple(total), dtype, **params(dtype))], "ConcatenationOptions", axis=axis
        )
    for axis, shape in [(0, (3, 2, 4)), (1, (2, 3, 4)), (2, (2, 4, 3))]:
        xs = [cases.input(values((2, 4), dtype, i), **params(dtype)) for i in range(3)]
        y = cases.tensor(shape, dtype, **params(dtype))
        cases.case("PACK", xs, [y], "PackOptions", axis=axis, values_count=3)
    constant = cases.constant(values((1, 3), dtype), **params(dtype))
    x = cases.input(values((1, 2), dtype), **params(dtype))
    y = cases.tensor((1, 8), dtype, **params(dtype))
    cases.case("CONCATENATION", [x, constant, constant], [y], "ConcatenationOptions", axis=1)
    cases.compare(tmp_path, oracles.litert)


@pytest.mark.parametrize("dtype", TYPES)
def test_split_and_unpack(tmp_path, dtype):
    cases = Cases()

    def outputs(*shapes):
        return [cases.tensor(shape, dtype, **params(dtype)) for shape in shapes]

    x = cases.input(values((1, 4, 6, 2), dtype), **params(dtype))
    for axis, shape in [(1, (1, 2, 6, 2)), (2, (1, 4, 3, 2)), (3, (1, 4, 6, 1))]:
        cases.case("SPLIT", [cases.constant(int32(axis)), x], outputs(shape, shape), "SplitOptions", num_splits=2)
    sizes, axis = cases.constant(int32(1, 3, 2)), cases.constant(int32(2))
    ys = outputs((1, 4, 1, 2), (1, 4, 3, 2), (1, 4, 2, 2))
    cases.case("SPLIT_V", [x, sizes, axis], ys, "SplitVOptions", num_splits=3)
    cases.case("UNPACK", [x], outputs(*[(1, 6, 2)] * 4), "UnpackOptions", num=4, axis=1)
    cases.case("UNPACK", [x], outputs(*[(1, 4, 6)] * 2), "UnpackOptions", num=2, axis=-1)
    cases.compare(tmp_path, oracles.litert)


@pytest.mark.parametrize("dtype", TYPES)
def test_slice_and_strided_slice(tmp_path, dtype):
    cases = Cases()
    content = values((1, 5, 6, 3), dtype)
    x = cases.input(content, **params(dtype))
    for begin, size in [((0, 1, 2, 0), (1, 3, 2, 3)), ((0, 0, 3, 1), (-1, 5, -1, 2))]:
        shape = tuple(content.shape[i] - begin[i] if n == -1 else n for i, n in enumerate(size))
        y = cases.tensor(shape, dtype, **params(dtype))
        cases.case("SLICE", [x, cases.constant(int32(*begin)), cases.constant(int32(*size))], [y], "SliceOptions")
    for begin, end, step, fields, shape in [
        ((0, 1, 0, 0), (1, 5, 6, 3), (1, 2, 3, 1), {}, (1, 2, 2, 3)),
        ((0, -1, 5, 2), (1, -6, 0, -4), (1, -2, -1, -1), {}, (1, 3, 5, 3)),
        ((0, 9, 1, 1), (0, 9, 4, 2), (1, 1, 1, 1), {"begin_mask": 2, "end_mask": 3}, (1, 5, 3, 1)),
        ((0, 2, 0, -1), (1, 3, 6, 0), (1, 1, 1, 1), {"shrink_axis_mask": 10}, (1, 6)),
    ]:
        y = cases.tensor(shape, dtype, **params(dtype))
        masks = {"begin_mask": 0, "end_mask": 0, "shrink_axis_mask": 0} | fields
        operands = [x, *(cases.constant(int32(*numbers)) for numbers in (begin, end, step))]
        cases.case("STRIDED_SLICE", operands, [y], "StridedSliceOptions", **masks)
    cases.compare(tmp_path, oracles.litert)


@pytest.mark.parametrize("dtype", TYPES)
def test_transpose(tmp_path, dtype):
    cases = Cases()
    for shape, order in [
        ((2, 3), (1, 0)),
        ((2, 3, 4), (2, 0, 1)),
        ((1, 4, 5, 3), (0, 3, 1, 2)),
        ((2, 3, 4, 5), (3, 2, 1, 0)),
        ((2, 3, 2, 3, 2), (4, 1, 3, 0, 2)),
    ]:
        x = cases.input(values(shape, dtype), **params(dtype))
        y = cases.tensor(tuple(shape[axis] for axis in order), dtype, **params(dtype))
        cases.case("TRANSPOSE", [x, cases.constant(int32(*order))], [y], "TransposeOptions")
    cases.compare(tmp_path, oracles.litert)


@pytest.mark.parametrize("dtype", TYPES)
def test_pad(tmp_path, dtype):
    cases = Cases()
    quantization = {} if dtype == "float32" else {"scale": 0.05, "zero_point": 7 if dtype == "int8" else 0}
    for shape, pairs in [
        ((1, 3, 4, 2), ((0, 0), (1, 2), (0, 3), (0, 0))),
        ((2, 3), ((1, 1), (0, 2))),
        ((1, 5), ((0, 0), (0, 0))),
    ]:
        x = cases.input(values(shape, dtype), **quantization)
        target = tuple(n + sum(pair) for n, pair in zip(shape, pairs, strict=True))
        cases.case(
            "PAD", [x, cases.constant(int32(*pairs))], [cases.tensor(target, dtype, **quantization)], "PadOptions"
        )
        value = cases.constant(values((1,), dtype, 9), **quantization)
        y = cases.tensor(target, dtype, **quantization)
        cases.case("PADV2", [x, cases.constant(int32(*pairs)), value], [y], "PadV2Options")
    cases.compare(tmp_path)


@pytest.mark.parametrize("mode", [0, 1])
def test_mirror_pad(tmp_path, mode):
    cases = Cases()
    x = cases.input(values((1, 4, 5, 3), "int8"), **SAME)
    paddings = cases.constant(int32((0, 0), (2, 1), (3, 0), (0, 0)))
    cases.case("MIRROR_PAD", [x, paddings], [cases.tensor((1, 7, 8, 3), "int8", **SAME)], "MirrorPadOptions", mode=mode)
    cases.compare(tmp_path, oracles.litert)


@pytest.mark.parametrize("dtype", TYPES)
def test_gather(tmp_path, dtype):
    cases = Cases()
    x = cases.input(values((2, 4, 3), dtype), **params(dtype))
    for axis, indices, shape in [
        (0, [1, 1, 0], (3, 4, 3)),
        (1, [3, 0], (2, 2, 3)),
        (-1, [[2, 0], [1, 1]], (2, 4, 2, 2)),
    ]:
        y = cases.tensor(shape, dtype, **params(dtype))
        cases.case("GATHER", [x, cases.constant(np.array(indices, np.int32))], [y], "GatherOptions", axis=axis)
    cases.compare(tmp_path, oracles.litert)


@pytest.mark.parametrize(("align", "centers"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        *(("RESIZE_NEAREST_NEIGHBOR", dtype) for dtype in TYPES),
        *(("RESIZE_BILINEAR", dtype) for dtype in ("int8", "float32")),
    ],
)
def test_resize(tmp_path, kind, dtype, align, centers):
    cases = Cases()
    options = "ResizeNearestNeighborOptions" if kind == "RESIZE_NEAREST_NEIGHBOR" else "ResizeBilinearOptions"
    for size, result in [((3, 4), (6, 8)), ((5, 7), (3, 2)), ((4, 4), (4, 4)), ((3, 3), (7, 1)), ((1, 6), (5, 17))]:
        x = cases.input(values((1, *size, 3), dtype), **params(dtype))
        y = cases.tensor((1, *result, 3), dtype, **params(dtype))
        fields = {"align_corners": align, "half_pixel_centers": centers}
        cases.case(kind, [x, cases.constant(int32(*result))], [y], options, **fields)
    exact = (kind, dtype) != ("RESIZE_BILINEAR", "float32")
    cases.compare(tmp_path, oracle_of(dtype) if exact else oracles.tflm, 0 if exact else 1e-6)


@pytest.mark.parametrize(
    ("kind", "operands", "shape", "message"),
    [
        ("TRANSPOSE", [int32(0, 0)], (3, 2), "not a permutation"),
        ("TRANSPOSE", [None], (3, 2), "the permutation must be integers known"),
        ("SLICE", [int32(0, 1), int32(1, 3)], (1, 3), "reaches beyond"),
        ("STRIDED_SLICE", [int32(0, 0), int32(1, 1), int32(1, 0)], (1, 1), "strides other than 0"),
        ("PAD", [int32((0, 0), (0, 2))], (2, 4), "does not make"),
        ("GATHER", [int32(5)], (1, 3), "do not fit"),
    ],
)
def test_refusals(kind, operands, shape, message):
    builder = ModelBuilder()
    x = builder.tensor((2, 3), "int8", **SAME)
    runtime = builder.tensor((2,), "int32")
    others = [runtime if o is None else builder.tensor(o.shape, "int32", data=o) for o in operands]
    y = builder.tensor(shape, "int8", **SAME)
    builder.operator(kind, [x, *others], [y])
    with pytest.raises(UnsupportedModel, match=rf"operator 0 \({kind}\): .*{message}"):
        compile_model(builder.build([x, runtime], [y]))


def test_concatenation_of_different_scales_is_refused():
    builder = ModelBuilder()
    a, b, y = (builder.tensor((1, 3 + 3 * (i == 2)), "int8", 0.1 + i) for i in range(3))
    builder.operator("CONCATENATION", [a, b], [y], "ConcatenationOptions", axis=1)
    with pytest.raises(UnsupportedModel, match="share scale and zero point"):
        compile_model(builder.build([a, b], [y]))
