"""Elementwise operators give the oracle's outputs: bytes for integers, a rounding error for floats."""

import itertools

import numpy as np
import pytest

from firmware.compiler.emit import emit_source
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import compile_model
from tests import oracles
from tests.kernels.oracle_check import Cases
from tests.tflite_builder import ModelBuilder

SHAPES = [
    ((1, 6, 5, 3), (1, 6, 5, 3)),
    ((1, 6, 5, 3), (3,)),
    ((1, 1, 5, 1), (1, 6, 5, 3)),
    ((2, 6, 1, 3), (2, 1, 5, 1)),
    ((1, 7), (1, 1)),
    ((1,), (1, 4, 4)),
]
_OPTIONS = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions"}
_OPTIONS |= dict.fromkeys(("MAXIMUM", "MINIMUM"), "MaximumMinimumOptions")


def random_values(rng, shape, dtype):
    if dtype == "float32":
        return rng.normal(size=shape).astype(np.float32) * 3
    limits = np.iinfo(dtype)
    values = rng.integers(limits.min, limits.max + 1, shape).astype(dtype)
    values.reshape(-1)[:2] = (limits.min, limits.max)[: values.size]
    return values


def quantization(rng, dtype, low=0.002, high=0.5):
    if dtype == "float32":
        return {}
    zero = int(rng.integers(-128, 128)) if dtype == "int8" else 0
    return {"scale": float(np.exp(rng.uniform(np.log(low), np.log(high)))), "zero_point": zero}


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32"])
@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM"])
def test_two_inputs(tmp_path, kind, dtype):
    """Every way of broadcasting, with constants on either side."""
    rng = np.random.default_rng(len(kind))
    cases = Cases()
    for shapes in SHAPES:
        for constant in (None, 0, 1):
            shared = quantization(rng, dtype)
            compares = kind in ("MAXIMUM", "MINIMUM")
            operands = []
            for index, shape in enumerate(shapes):
                add = cases.constant if index == constant else cases.input
                operands.append(
                    add(random_values(rng, shape, dtype), **(shared if compares else quantization(rng, dtype)))
                )
            params = shared if compares else quantization(rng, dtype)
            target = cases.tensor(np.broadcast_shapes(*shapes), dtype, **params)
            fields = {} if compares else {"activation": int(rng.choice([0, 1, 3]))}
            cases.case(kind, operands, [target], _OPTIONS[kind], **fields)
    if dtype == "float32":
        cases.compare(tmp_path, oracles.litert, 1e-6)
    else:
        cases.compare(tmp_path)


@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL"])
def test_int16_at_many_scales(tmp_path, kind):
    """One bit of a multiplier shows in one of some ten thousand results of 16 bits."""
    rng = np.random.default_rng(5)
    cases = Cases()
    for _ in range(40):
        a_scale, b_scale = np.exp(rng.uniform(-9, -4, 2))
        a, b = (cases.input(random_values(rng, (1, 1500), "int16"), scale=scale) for scale in (a_scale, b_scale))
        natural = a_scale * b_scale * 32767 if kind == "MUL" else max(a_scale, b_scale)
        y = cases.tensor((1, 1500), "int16", natural * np.exp(rng.uniform(-0.7, 0.7)))
        cases.case(kind, [a, b], [y], _OPTIONS[kind])
    cases.compare(tmp_path)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL"])
def test_extreme_scales(tmp_path, kind, dtype):
    """Scales seven orders of magnitude apart: shifts of 0 and beyond 31."""
    rng = np.random.default_rng(0)
    cases = Cases()
    for scales in [(1e-7, 2.0, 3.0), (2.0, 1e-6, 1.0), (1e-5, 1e-5, 10.0), (0.5, 0.5, 0.5)]:
        a, b = (cases.input(random_values(rng, (1, 300), dtype), scale=scale) for scale in scales[:2])
        cases.case(kind, [a, b], [cases.tensor((1, 300), dtype, scales[2])], _OPTIONS[kind])
    cases.compare(tmp_path)


ALL_INT8 = np.arange(-128, 128, dtype=np.int8)[None]
ALL_UINT8 = np.arange(256, dtype=np.uint8)[None]
ALL_INT16 = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)[None]
INT8_SCALES = [1e-6, 3e-4, 0.004, 1 / 64, 0.03, 0.0471, 0.1, 0.5, 2.0, 40.0]
INT16_SCALES = [2.0**-12, 2.0**-11, 1e-6, 1e-4, 0.0005, 0.001, 0.0018, 0.0026]


def unary_case(cases, kind, values, source, target, **options):
    """Add a case for every possible input."""
    y = cases.tensor(values.shape, values.dtype.name, **target)
    cases.case(
        kind, [cases.input(values, **source)], [y], "LeakyReluOptions" if kind == "LEAKY_RELU" else "", **options
    )


@pytest.mark.parametrize("kind", ["LOGISTIC", "TANH"])
def test_int8_sigmoids_for_every_input(tmp_path, kind):
    target = {"scale": 1 / 256, "zero_point": -128} if kind == "LOGISTIC" else {"scale": 1 / 128, "zero_point": 0}
    cases = Cases()
    for scale in INT8_SCALES:
        for zero_point in (-128, 3, 127):
            unary_case(cases, kind, ALL_INT8, {"scale": scale, "zero_point": zero_point}, target)
    cases.compare(tmp_path)


@pytest.mark.parametrize("kind", ["RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "HARD_SWISH"])
def test_int8_activations_for_every_input(tmp_path, kind):
    options = {"alpha": 0.13} if kind == "LEAKY_RELU" else {}
    cases = Cases()
    for scales in [(0.02, 0.02), (0.05, 0.031), (0.003, 0.4), (0.7, 0.9), (10.0, 11.0)]:
        for zero_points in [(-128, -128), (5, -9), (127, 0)]:
            source, target = ({"scale": s, "zero_point": z} for s, z in zip(scales, zero_points, strict=True))
            unary_case(cases, kind, ALL_INT8, source, target, **options)
    # TensorFlow Lite Micro has no RELU_N1_TO_1, and its RELU6 ignores the output's quantization.
    cases.compare(tmp_path, oracles.litert if kind in ("RELU_N1_TO_1", "RELU6") else oracles.tflm)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_relu6_equals_tflm_where_quantization_stays(tmp_path, dtype):
    cases = Cases()
    same = {"scale": 0.06, "zero_point": -20} if dtype == "int8" else {"scale": 0.001}
    unary_case(cases, "RELU6", ALL_INT8 if dtype == "int8" else ALL_INT16, same, same)
    cases.compare(tmp_path)


@pytest.mark.parametrize("kind", ["LOGISTIC", "TANH"])
def test_int16_sigmoids_for_every_input(tmp_path, kind):
    cases = Cases()
    for scale in INT16_SCALES:
        unary_case(cases, kind, ALL_INT16, {"scale": scale}, {"scale": 2.0**-15})
    cases.compare(tmp_path)


@pytest.mark.parametrize("kind", ["RELU", "LEAKY_RELU"])
def test_int16_activations_for_every_input(tmp_path, kind):
    options = {"alpha": 0.3} if kind == "LEAKY_RELU" else {}
    cases = Cases()
    pairs = [(0.001, 0.001), (0.001, 0.0007), (0.00002, 0.0009)]
    # One bit of a multiplier shows in some of all inputs at some scales.
    pairs += np.exp(np.random.default_rng(11).uniform(-9, -3, (20, 2))).tolist()
    for source, target in pairs:
        unary_case(cases, kind, ALL_INT16, {"scale": source}, {"scale": target}, **options)
    cases.compare(tmp_path)


@pytest.mark.parametrize("scale", [1e-5, 0.0007, 0.001, 0.4, 3.0])
def test_int16_relu_n1_to_1(tmp_path, scale):
    """Neither reference has it: it is what MAXIMUM and MINIMUM with constants make of the input."""
    one = int(1 / scale + 0.5)
    clamp, limits = Cases(), Cases()
    unary_case(clamp, "RELU_N1_TO_1", ALL_INT16, {"scale": scale}, {"scale": scale})
    x = limits.input(ALL_INT16, scale=scale)
    low, high = (limits.constant(np.clip([v], -32768, 32767).astype(np.int16), scale=scale) for v in (-one, one))
    raised, y = (limits.tensor(ALL_INT16.shape, "int16", scale=scale) for _ in range(2))
    limits.operator("MAXIMUM", [x, low], [raised], "MaximumMinimumOptions")
    limits.case("MINIMUM", [raised, high], [y], "MaximumMinimumOptions")
    (expected,) = oracles.tflm(limits.build([x], limits.outputs), ALL_INT16)
    clamp.compare(tmp_path, lambda content, values, outputs=1: [expected])


def test_float32_activations(tmp_path):
    """Equal within a few units in the last place of 1: our exponential is not the host library's."""
    values = np.concatenate([np.linspace(-12, 12, 1001), [-1e4, -90, 90, 1e4, 0, 1e-7, -1e-7]]).astype(np.float32)[None]
    cases = Cases()
    for kind in ("RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH"):
        unary_case(cases, kind, values, {}, {}, **({"alpha": 0.2} if kind == "LEAKY_RELU" else {}))
    cases.compare(tmp_path, oracles.litert, 3e-7)


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32"])
def test_prelu(tmp_path, dtype):
    rng = np.random.default_rng(5)
    slopes = "float32" if dtype == "float32" else "int8"
    cases = Cases()
    for shape in [(4,), (1, 1, 4), (3, 5, 4), (3, 1, 1)] * 3:
        x = cases.input(random_values(rng, (1, 3, 5, 4), dtype), **quantization(rng, dtype))
        slope = cases.constant(random_values(rng, shape, slopes), **quantization(rng, slopes))
        cases.case("PRELU", [x, slope], [cases.tensor((1, 3, 5, 4), dtype, **quantization(rng, dtype))])
    if dtype == "float32":
        cases.compare(tmp_path, oracles.litert, 1e-6)
    else:
        cases.compare(tmp_path)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_quantize_and_dequantize(tmp_path, dtype):
    near = np.float32([0.25, 0.5, -0.25, -0.5, 0.75, 1.5, -1.5, 0.49999997, -0.49999997, 200, -200, 1e5, -1e5, 1e8])
    cases = Cases()
    for scale in (0.5, 0.0127, 3.0):
        params = {"scale": scale, "zero_point": 11 if dtype == "int8" else 0}
        values = np.concatenate([near * np.float32(scale), np.linspace(-90, 90, 400)]).astype(np.float32)[None]
        cases.case("QUANTIZE", [cases.input(values)], [cases.tensor(values.shape, dtype, **params)])
        every = ALL_INT8 if dtype == "int8" else ALL_INT16
        cases.case("DEQUANTIZE", [cases.input(every, **params)], [cases.tensor(every.shape, "float32")])
    cases.compare(tmp_path)


def test_requantize(tmp_path):
    every = {"int8": ALL_INT8, "int16": ALL_INT16, "uint8": ALL_UINT8}
    zeros = {"int8": -7, "int16": 0, "uint8": 121}
    pairs = [
        ("int8", "int8"),
        ("int8", "int16"),
        ("int16", "int8"),
        ("int16", "int16"),
        ("uint8", "int8"),
        ("int8", "uint8"),
    ]
    cases = Cases()
    for source, target in pairs:
        for scales in [(0.05, 0.05), (0.013, 0.7), (1.0, 0.01)]:
            x = cases.input(every[source], scale=scales[0], zero_point=zeros[source])
            y = cases.tensor(every[source].shape, target, scale=scales[1], zero_point=zeros[target])
            cases.case("QUANTIZE", [x], [y])
    cases.compare(tmp_path)


@pytest.mark.parametrize(
    ("kind", "dtypes", "shapes", "message"),
    [
        ("ADD", ("int32", "int32", "int32"), ((1, 4), (1, 4), (1, 4)), "types int32"),
        ("ADD", ("float32", "float32", "float32"), ((1, 4), (1, 3), (1, 4)), "do not make"),
        ("MUL", ("float32", "float32", "float32"), ((1, 4), (1, 4), (1, 5)), "do not make"),
        ("MAXIMUM", ("int8", "int8", "int8"), ((1, 4), (1, 4), (1, 4)), "one quantization scale"),
    ],
)
def test_refusals(kind, dtypes, shapes, message):
    builder = ModelBuilder()
    a, b, y = (builder.tensor(shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=True))
    builder.operator(kind, [a, b], [y], _OPTIONS[kind])
    with pytest.raises(UnsupportedModel, match=rf"operator 0 \({kind}\): .*{message}"):
        compile_model(builder.build([a, b], [y]))


def test_output_scale_that_overflows_is_refused():
    builder = ModelBuilder()
    a, b, y = (builder.tensor((1, 4), "int8", scale) for scale in (3.0, 1.0, 1e-7))
    builder.operator("ADD", [a, b], [y], "AddOptions")
    with pytest.raises(UnsupportedModel, match="too small"):
        compile_model(builder.build([a, b], [y]))


@pytest.mark.filterwarnings("ignore:.*(overflow|invalid|divide).*:RuntimeWarning")
@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_scales_at_the_end_of_the_range_compile_or_are_refused(dtype):
    scales = (1e-45, 1e-38, 1.0, 3e38)
    unary = ("RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH", "QUANTIZE", "DEQUANTIZE", "SOFTMAX")
    for kind in (*unary, "ADD", "SUB", "MUL", "PRELU"):
        for source, target in itertools.permutations(scales, 2):
            builder = ModelBuilder()
            x, y = (builder.tensor((1, 4), dtype, scale) for scale in (source, target))
            operands = [x] if kind in unary else [x, builder.tensor((4,), "int8", 1e-45, data=np.ones(4))]
            if kind in ("ADD", "SUB", "MUL"):
                operands = [x, x]
            builder.operator(kind, operands, [y])
            try:
                emit_source(compile_model(builder.build([x], [y])), "m")
            except UnsupportedModel as error:
                assert kind in str(error)
