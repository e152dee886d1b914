"""The fast kernels of every instruction set give the right outputs, byte for byte, over random shapes and scales.

All layers of a core run in one image on its virtual CPU. int8 equals the oracle's, other types the portable kernels',
which other tests compare with theirs.
"""

import re

import numpy as np
import pytest

from firmware.build import KERNELS, compile_kernels
from firmware.compiler.model import compile_model
from firmware.core import CORES, MODELLED_CORES
from tests import oracles
from tests.kernels.layers import activations, steps, weights_and_bias
from tests.tflite_builder import ModelBuilder
from tests.witness.machine import build, on_virtual_board


def fully_connected(seed: int, dtype: str = "int8", most_rows: int = 3) -> tuple[bytes, np.ndarray]:
    """Return (.tflite, input) of a layer with some rows, and few or many outputs."""
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    inputs, outputs, rows = int(rng.integers(1, 70)), int(rng.integers(1, 40)), int(rng.integers(1, most_rows + 1))
    x, content = activations(rng, builder, (rows, inputs), dtype)
    operands = [x, *weights_and_bias(rng, builder, (outputs, inputs), dtype, x, per_channel=rng.random() < 0.5)]
    y, _ = activations(rng, builder, (rows, outputs), dtype)
    builder.operator("FULLY_CONNECTED", operands, [y], "FullyConnectedOptions", activation=int(rng.choice([0, 1, 3])))
    return builder.build([x], [y]), content


def convolution(seed: int, kind: str, dtype: str = "int8", pooled: bool = False) -> tuple[bytes, np.ndarray]:
    """Return (.tflite, input) of a convolution: "1x1", "3" or "3_stride_2" (taps side by side), "rgb" or "any".

    Behind a pooling, whose input needs a larger arena, there is more room for scratch memory.
    """
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    height, width = (int(v) for v in rng.integers(3, 12, 2))
    (k_h, k_w), (stride_h, stride_w) = rng.integers(1, 5, 2), rng.integers(1, 3, 2)
    dilation_h = int(rng.integers(1, 3)) if stride_h == 1 and kind == "3" else 1
    in_c = 3 if kind == "rgb" else int(rng.integers(1, 5)) * (1 if kind == "any" else 4)
    if kind == "1x1":
        k_h = k_w = stride_h = stride_w = 1
    elif kind != "any":
        k_w, stride_w, stride_h = 3, 1 if kind == "3" else 2, int(stride_h) if kind != "3" else 1
    padding, activation, out_c = int(rng.integers(0, 2)), int(rng.choice([0, 0, 1, 3])), int(rng.integers(1, 12))
    height = max(height, (int(k_h) - 1) * dilation_h + 1)
    out_h, out_w = (
        steps(height, int(k_h), int(stride_h), dilation_h, padding),
        steps(max(width, int(k_w)), int(k_w), int(stride_w), 1, padding),
    )
    shape = (1, height, max(width, int(k_w)), in_c)
    x, content = activations(rng, builder, shape, dtype)
    source = x
    if pooled:
        shapes = (1, 2 * shape[1], *shape[2:]), shape
        source, x = (builder.tensor(shape, "int8", 0.05, seed) for shape in shapes)
        content = rng.integers(-128, 128, shapes[0]).astype(np.int8)
        options = {"padding": 1, "stride_h": 2, "stride_w": 1, "filter_h": 2, "filter_w": 1}
        builder.operator("MAX_POOL_2D", [source], [x], "Pool2DOptions", activation=0, **options)
    operands = [x, *weights_and_bias(rng, builder, (out_c, int(k_h), int(k_w), in_c), dtype, x, 0, rng.random() < 0.7)]
    y, _ = activations(rng, builder, (1, out_h, out_w, out_c), dtype)
    options = {"padding": padding, "stride_h": int(stride_h), "stride_w": int(stride_w), "activation": activation}
    builder.operator("CONV_2D", operands, [y], "Conv2DOptions", dilation_h=dilation_h, dilation_w=1, **options)
    return builder.build([source], [y]), content


def depthwise(seed: int, stride: int, dtype: str = "int8") -> tuple[bytes, np.ndarray]:
    """Return (.tflite, input) of a depthwise 3x3 convolution of an even number of channels."""
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    height, width = (int(v) for v in rng.integers(3, 14, 2))
    channels = (2 if dtype == "int8" else 4) * int(rng.integers(1, 6))
    padding, activation = int(rng.integers(0, 2)), int(rng.choice([0, 0, 1, 3]))
    out_h, out_w = (steps(size, 3, stride, 1, padding) for size in (height, width))
    x, content = activations(rng, builder, (1, height, width, channels), dtype)
    operands = [x, *weights_and_bias(rng, builder, (1, 3, 3, channels), dtype, x, 3, rng.random() < 0.7)]
    y, _ = activations(rng, builder, (1, out_h, out_w, channels), dtype)
    options = {"padding": padding, "stride_h": stride, "stride_w": stride, "activation": activation}
    options |= {"dilation_h": 1, "dilation_w": 1, "depth_multiplier": 1}
    builder.operator("DEPTHWISE_CONV_2D", operands, [y], "DepthwiseConv2DOptions", **options)
    return builder.build([x], [y]), content


def addition(seed: int) -> tuple[bytes, np.ndarray]:
    """Return (.tflite, input) of a sum of an input and its own pooling, of another or the same scale."""
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    shape = (1, *(int(v) for v in rng.integers(1, 9, 3)))
    x, content = activations(rng, builder, shape, "int8")
    a, _ = activations(rng, builder, shape, "int8")
    if seed % 4 == 0:
        a = builder.tensor(shape, "int8", builder.scale(x), 3)
    builder.operator("QUANTIZE", [x], [a], "")
    y, _ = activations(rng, builder, shape, "int8")
    operands = [x, a] if seed % 2 else [a, x]
    builder.operator("ADD", operands, [y], "AddOptions", activation=int(rng.choice([0, 1, 3])))
    return builder.build([x], [y]), content


def average(seed: int) -> tuple[bytes, np.ndarray]:
    """Return (.tflite, input) of an average over a whole image."""
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    height, width = (int(v) for v in rng.integers(1, 16, 2))
    channels = 4 * int(rng.integers(1, 5))
    x = builder.tensor((1, height, width, channels), "int8", 0.1, -3)
    y = builder.tensor((1, 1, 1, channels), "int8", 0.1, -3)
    options = {"padding": 1, "stride_h": height, "stride_w": width, "filter_h": height, "filter_w": width}
    builder.operator("AVERAGE_POOL_2D", [x], [y], "Pool2DOptions", activation=int(rng.choice([0, 1])), **options)
    low = -128 if seed % 3 else -128 + 250 * (seed % 2)  # now and then all the same, at an end of the range
    content = rng.integers(low, low + 6 if seed % 3 == 0 else 128, (1, height, width, channels))
    return builder.build([x], [y]), content.astype(np.int8)


COUNT = 16
KINDS = ("any", "1x1", "3", "3_stride_2")
DSP = {
    "bw_fully_connected_s8_dsp": [fully_connected(seed) for seed in range(COUNT)],
    **{
        f"bw_conv_2d_s8_{kind}_dsp".replace("any_", ""): [
            convolution(seed, kind, pooled=seed % 2 == 1) for seed in range(COUNT)
        ]
        for kind in (*KINDS, "rgb")
    },
    "bw_add_s8_dsp": [addition(seed) for seed in range(COUNT)],
    "bw_average_s8_dsp": [average(seed) for seed in range(COUNT)],
    "bw_depthwise_3x3_s8_dsp": [depthwise(seed, 1) for seed in range(COUNT)],
    "bw_depthwise_3x3_stride_2_s8_dsp": [depthwise(seed, 2) for seed in range(COUNT)],
}
FEW = 8
for bits, dtype in ((32, "float32"), (16, "float16")):
    seeds = range(FEW)
    DSP[f"bw_conv_2d_f{bits}_fpu"] = [convolution(seed, KINDS[seed % 4], dtype) for seed in seeds]
    DSP[f"bw_depthwise_f{bits}_fpu"] = [depthwise(seed, 1 + seed % 2, dtype) for seed in seeds]
    DSP[f"bw_fully_connected_f{bits}_fpu"] = [fully_connected(seed, dtype) for seed in seeds]
DSP["bw_conv_2d_s16_dsp"] = [
    convolution(seed, KINDS[seed % 4], "int16") if seed % 3 else fully_connected(seed, "int16")
    for seed in range(FEW * 2)
]
DSP["bw_depthwise_s16_dsp"] = [depthwise(seed, 1 + seed % 2, "int16") for seed in range(FEW)]
DSP["bw_conv_2d_hybrid_dsp"] = [
    convolution(seed, KINDS[seed % 4], "dynamic") if seed % 3 else fully_connected(seed, "dynamic", most_rows=1)
    for seed in range(FEW * 2)
]
BLOCKED = {
    "bw_fully_connected_s8_blocked": DSP["bw_fully_connected_s8_dsp"],
    "bw_conv_2d_s8_blocked": [convolution(seed, kind) for kind in KINDS for seed in range(COUNT // 2)],
    "bw_depthwise_3x3_s8_blocked": [depthwise(seed, 1 + seed % 2) for seed in range(COUNT)],
}
LAYERS = {"armv7em": DSP, "blocked": BLOCKED}


def layers_for(core: str) -> dict[str, list[tuple[bytes, np.ndarray]]]:
    """Return the layers for each fast kernel of a core; fewer where another core runs the same code."""
    step = 4 if core in ("cortex-m33", "cortex-m7") else 1
    return {kernel: found[::step] for folder in CORES[core].kernels for kernel, found in LAYERS.get(folder, {}).items()}


@pytest.fixture(scope="module", params=MODELLED_CORES)
def core(request):
    return request.param


@pytest.fixture(scope="module")
def kernels(core, tmp_path_factory):
    library = tmp_path_factory.mktemp("kernels") / "kernels.a"
    compile_kernels(CORES[core], library)
    return library


def test_layers_equal_the_oracle(core, kernels, tmp_path):
    models = [model for layers in layers_for(core).values() for model in layers]
    build(core, kernels, models, tmp_path / "image.elf")
    said = [outputs for _, outputs in on_virtual_board(core, tmp_path / "image.elf")]
    if others := [model for model in models if model[1].dtype != np.int8]:
        build(core, kernels, others, tmp_path / "portable.elf", optimize=None)
        portable = iter([outputs for _, outputs in on_virtual_board(core, tmp_path / "portable.elf")])
    for (content, sample), outputs in zip(models, said, strict=True):
        expected = oracles.tflm(content, sample)[0].tobytes().hex() if sample.dtype == np.int8 else next(portable)
        assert outputs == expected, compile_model(content, CORES[core]).steps[-1].kernel


def test_groups_of_pixels_take_the_room_there_is():
    layers = DSP["bw_conv_2d_s8_dsp"] + DSP["bw_conv_2d_s8_1x1_dsp"]
    steps = [compile_model(content, CORES["cortex-m4"]).steps[-1] for content, _ in layers]
    assert any(1 < step.params.fields["groups"] < step.most_groups for step in steps)


def test_most_layers_take_the_fast_kernel(core):
    for kernel, layers in layers_for(core).items():
        chosen = [compile_model(content, CORES[core]).steps[-1].kernel for content, _ in layers]
        assert chosen.count(kernel) > len(chosen) // 2, kernel


@pytest.mark.parametrize(("weight", "kernel"), [(-127, "bw_conv_2d_s8_blocked"), (-128, "bw_conv_2d_s8")])
def test_two_products_must_fit_sixteen_bits(weight, kernel):
    """Of two inputs of -128 times two weights of -128 the sum would be 2^15."""
    builder = ModelBuilder()
    x = builder.tensor((1, 8, 8, 4), "int8", 0.1, 0)
    weights = builder.tensor((8, 1, 1, 4), "int8", [0.01] * 8, 0, 0, np.full((8, 1, 1, 4), weight))
    y = builder.tensor((1, 8, 8, 8), "int8", 1.0, 0)
    builder.operator("CONV_2D", [x, weights], [y], "Conv2DOptions", padding=0, stride_h=1, stride_w=1)
    assert compile_model(builder.build([x], [y]), CORES["cortex-m0plus"]).steps[0].kernel == kernel


@pytest.mark.parametrize("folder", sorted(path.name for path in KERNELS.iterdir() if path.is_dir()))
def test_functions_have_names_of_their_own(folder):
    """Sections are named like functions, and all that have one name are linked or dropped together."""
    static = re.compile(r"^(?:\w+ |__attribute__\(\(.*?\)\) )*?static (?!inline)[^;={]*?(\w+)\((?!\()", re.MULTILINE)
    names = [name for file in sorted((KERNELS / folder).glob("*.c")) for name in static.findall(file.read_text())]
    assert sorted(set(names)) == sorted(names)


def test_every_kernel_has_layers_here():
    """A new kernel brings its layers to this test."""
    for folder, layers in LAYERS.items():
        names = {path.stem for path in (KERNELS / folder).glob("bw_*.c")}
        assert {name for name in names if name.endswith(("_dsp", "_fpu", "_blocked"))} == set(layers)
