"""`layers%`: every layer timed with the chip's counter; together they are the inference."""

import numpy as np
import pytest

from firmware.board import load_board
from firmware.build import compile_kernels
from scripts.build_firmware import build_firmware
from scripts.device.link import open_port
from scripts.device.protocol import Device
from scripts.device.virtual_board import VirtualBoard
from tests import topologies

# M4, M0+ and RV32IMC; the models' own layers on one of them.
CELLS = (
    *(("stm32f4_disco", name) for name in ("mlp_fashion", "har_cnn1d", "kws_dscnn")),
    ("nucleo_g0b1re", "kws_dscnn"),
    ("esp32c3_devkitm", "kws_dscnn"),
)
LAYERS = {"mlp_fashion": 3, "har_cnn1d": 7, "kws_dscnn": 12}
MACS = {"mlp_fashion": 101_632, "kws_dscnn": 2_656_768}


@pytest.mark.parametrize(("board", "name"), CELLS)
def test_layers_add_up_to_the_inference(board, name, tmp_path):
    board, kernels = load_board(board), tmp_path / "libkernels.a"
    compile_kernels(board.target, kernels)
    tflite, elf = tmp_path / "model.tflite", tmp_path / "firmware.elf"
    tflite.write_bytes(getattr(topologies, name)())
    build = build_firmware(tflite, board, kernels, elf, name, "int8")
    assert (build.status, len(build.layers)) == ("ok", LAYERS[name])
    assert build.macs == sum(layer.macs for layer in build.layers) == MACS.get(name, build.macs)
    with VirtualBoard(elf, board.name) as virtual, open_port(virtual.port, board.console.baud) as link:
        device = Device(link, board.name)
        device.synchronise()
        device.load(bytes(np.random.default_rng(1).integers(0, 256, build_input(name), np.uint8)))
        device.infer(1, 1)
        timing = device.timing()
    assert sum(timing.layer_cycles) == pytest.approx(timing.cycles, rel=0.01)
    # What the counter itself costs is taken off, so no layer is free and none takes more than the whole.
    assert all(0 < cycles < timing.cycles for cycles in timing.layer_cycles)
    for layer, cycles in zip(build.layers, timing.layer_cycles, strict=True):
        assert not layer.macs or 0.2 < cycles / layer.macs < 200


def build_input(name):
    return {"mlp_fashion": 784, "har_cnn1d": 768, "kws_dscnn": 490}[name]
