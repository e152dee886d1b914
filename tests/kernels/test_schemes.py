"""A network of every heavy layer, in every scheme, gives the oracle's outputs on virtual boards of all cores."""

import numpy as np
import pytest

from firmware.board import load_board
from firmware.build import compile_kernels
from firmware.compiler.host import HostModel
from firmware.core import MODELLED_CORES
from scripts.build_firmware import build_firmware
from scripts.lib.schemes import SCHEMES
from scripts.make_vectors import make_vectors
from scripts.measure_cell import measure_cell
from tests.kernels.layers import weights_and_bias
from tests.tflite_builder import ModelBuilder

_DTYPES = {"float16": "float16", "dynamic_range": "dynamic", "int8": "int8", "int16x8": "int16", "float32": "float32"}

_TABLES = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
}


def network(scheme: str) -> bytes:
    """Return convolution, depthwise convolution, pooling, dense layer and softmax: 8 x 6 x 3 inputs, 5 outputs."""
    rng = np.random.default_rng(11)
    builder, dtype = ModelBuilder(), _DTYPES[scheme]
    spatial = {"padding": 0, "stride_h": 1, "stride_w": 1}

    def activation(shape, limit):
        if dtype not in ("int8", "int16"):
            return builder.tensor(shape, "float32")
        return builder.tensor(shape, dtype, limit / (np.iinfo(dtype).max + 1), -3 if dtype == "int8" else 0)

    def layer(x, kind, weight_shape, out_shape, limit, axis=0, per_channel=True, **options):
        constants = weights_and_bias(rng, builder, weight_shape, dtype, x, axis, per_channel)
        y = activation(out_shape, limit)
        builder.operator(kind, [x, *constants], [y], _TABLES[kind], **options)
        return y

    first = activation((1, 8, 6, 3), 4.0)
    x = layer(first, "CONV_2D", (8, 3, 3, 3), (1, 8, 6, 8), 32.0, activation=1, **spatial)
    x = layer(x, "DEPTHWISE_CONV_2D", (1, 3, 3, 8), (1, 8, 6, 8), 128.0, axis=3, depth_multiplier=1, **spatial)
    pooled = activation((1, 4, 3, 8), 128.0)
    window = {"padding": 0, "stride_h": 2, "stride_w": 2, "filter_h": 2, "filter_w": 2}
    builder.operator("AVERAGE_POOL_2D", [x], [pooled], "Pool2DOptions", **window)
    x = layer(pooled, "FULLY_CONNECTED", (5, 96), (1, 5), 1024.0, per_channel=False)
    scale = {"int8": (1 / 256, -128), "int16": (1 / 32768, 0)}.get(dtype, ())
    y = builder.tensor((1, 5), dtype if scale else "float32", *scale)
    builder.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=0.01)
    return builder.build([first], [y])


# One board of each core.
BOARDS = ["arduino_zero", "stm32f4_disco", "nucleo_u575zi_q", "stm32f746g_disco", "esp32c3_devkitm"]


@pytest.fixture(scope="module", params=BOARDS)
def board_and_kernels(request, tmp_path_factory):
    board = load_board(request.param)
    library = tmp_path_factory.mktemp("kernels") / "kernels.a"
    compile_kernels(board.target, library)
    return board, library


def test_no_core_is_forgotten():
    assert {load_board(name).core for name in BOARDS} == set(MODELLED_CORES)


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """(.tflite, vectors) by scheme."""
    folder = tmp_path_factory.mktemp("networks")
    samples = np.random.default_rng(1).normal(size=(3, 8, 6, 3)).astype(np.float32)
    made = {scheme: (folder / f"{scheme}.tflite", folder / f"{scheme}.npz") for scheme in SCHEMES}
    for scheme, (tflite, vectors) in made.items():
        tflite.write_bytes(network(scheme))
        make_vectors(tflite, SCHEMES[scheme], samples, vectors)
    return made


@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_every_scheme_on_every_core(tmp_path, board_and_kernels, networks, scheme):
    (board, kernels), (tflite, vectors) = board_and_kernels, networks[scheme]
    build = build_firmware(tflite, board, kernels, tmp_path / "firmware.elf", "network", scheme)
    measured = measure_cell(tmp_path / "firmware.elf", build, board, vectors)
    assert measured.status == "ok", measured.reason


@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_every_scheme_on_this_machine(networks, scheme):
    tflite, vectors = networks[scheme]
    with np.load(vectors) as data:
        on_host, reference = HostModel(tflite).run(data["input_0"])[0], data["output_0"]
        assert np.abs(on_host.astype(float) - reference).max() <= data["tolerance"]
        assert np.ptp(reference, axis=0).max() > 0, "the outputs do not depend on the input"
