"""Reductions give the oracle's bytes, or floats within the rounding of the additions."""

import numpy as np
import pytest

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import compile_model
from tests import oracles
from tests.kernels.oracle_check import Cases
from tests.tflite_builder import ModelBuilder

REDUCTIONS = [
    ((1, 5, 4, 3), (1, 2)),
    ((1, 5, 4, 3), (2, 1)),
    ((1, 5, 4, 3), (-1,)),
    ((2, 3, 4, 5), (0, 2)),
    ((2, 3, 4, 5), (1, 3)),
    ((1, 125, 64), (1,)),
    ((2, 6), (0, 1)),
]
SCALES = [(0.05, 0.05, -3, -3), (0.05, 0.013, 4, -9), (0.002, 0.7, -128, 127), (0.9, 0.01, 0, 0)]


def add_case(cases, kind, dtype, shape, axes, keep, source, target):
    rng = np.random.default_rng(len(cases.outputs))
    values = rng.normal(size=shape).astype(np.float32)
    if dtype != "float32":
        values = rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, shape).astype(dtype)
    gone = {axis % len(shape) for axis in axes}
    result = [1 if i in gone else n for i, n in enumerate(shape) if keep or i not in gone]
    x, y = cases.input(values, **source), cases.tensor(tuple(result), dtype, **target)
    cases.case(kind, [x, cases.constant(np.array(axes, np.int32))], [y], "ReducerOptions", keep_dims=keep)


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize("kind", ["MEAN", "SUM"])
def test_quantized(tmp_path, kind, dtype, keep):
    cases = Cases()
    for shape, axes in REDUCTIONS:
        for in_scale, out_scale, in_zero, out_zero in SCALES:
            zeros = (in_zero, out_zero) if dtype == "int8" else (0, 0)
            source, target = ({"scale": s, "zero_point": z} for s, z in zip((in_scale, out_scale), zeros, strict=True))
            add_case(cases, kind, dtype, shape, axes, keep, source, target)
    cases.compare(tmp_path)


@pytest.mark.parametrize("keep", [False, True])
def test_float32_and_maximum(tmp_path, keep):
    cases = Cases()
    for shape, axes in REDUCTIONS:
        for kind in ("MEAN", "SUM", "REDUCE_MAX"):
            add_case(cases, kind, "float32", shape, axes, keep, {}, {})
        same = {"scale": 0.1, "zero_point": 5}
        add_case(cases, "REDUCE_MAX", "int8", shape, axes, keep, same, same)
    cases.compare(tmp_path, oracles.litert, 1e-6)


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_arg_max(tmp_path, dtype):
    cases = Cases()
    rng = np.random.default_rng(0)
    for shape, axis in [((1, 10), 1), ((2, 3, 4), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((1, 1), 1)]:
        values = rng.integers(-3, 4, shape).astype(dtype)
        result = tuple(n for i, n in enumerate(shape) if i != axis % len(shape))
        x = cases.input(values, **({"scale": 0.1} if dtype == "int8" else {}))
        axis_tensor = cases.constant(np.array([axis], np.int32))
        cases.case("ARG_MAX", [x, axis_tensor], [cases.tensor(result, "int32")], "ArgMaxOptions", output_type=2)
    cases.compare(tmp_path)


def test_axis_outside_the_input_is_refused():
    builder = ModelBuilder()
    x, y = builder.tensor((1, 4), "float32"), builder.tensor((1,), "float32")
    builder.operator("MEAN", [x, builder.tensor((1,), "int32", data=np.array([2]))], [y], "ReducerOptions")
    with pytest.raises(UnsupportedModel, match=r"operator 0 \(MEAN\): axes \[2\] of 2"):
        compile_model(builder.build([x], [y]))
