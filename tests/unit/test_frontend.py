"""The front end in C gives what spectrum.py gives, on this machine and on a virtual core, and feeds a network."""

import ctypes

import numpy as np
import pytest

from firmware import toolchain
from firmware.board import load_board
from firmware.build import compile_kernels
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.host import HostModel
from firmware.compiler.model import compile_model
from firmware.frontend.emit import FOLDER, sound_model, tables
from firmware.frontend.spectrum import FrontEnd
from scripts.build_sound import SoundError, build_sound
from scripts.device.link import open_port
from scripts.device.protocol import Device
from scripts.device.virtual_board import VirtualBoard
from scripts.lib.prepared import Prepared
from scripts.lib.quantization import quantize
from tests.tflite_builder import ModelBuilder

RATE_HZ = 16_000


def sounds():
    """Int16 seconds: noise, a whisper of noise, a loud chord, a sweep, clipping, and digital silence."""
    random, time_s = np.random.default_rng(1), np.arange(RATE_HZ) / RATE_HZ
    chord = sum(np.sin(2 * np.pi * hz * time_s) for hz in (220, 554, 1319))
    return {
        "noise": random.normal(size=RATE_HZ) * 3000,
        "whisper": random.normal(size=RATE_HZ) * 3,
        "chord": chord * 8000 + random.normal(size=RATE_HZ) * 30,
        "sweep": 20000 * np.sin(2 * np.pi * 3800 * time_s**2 / 2) + random.normal(size=RATE_HZ) * 30,
        "clipping": 90000 * np.sin(2 * np.pi * 700 * time_s) + random.normal(size=RATE_HZ) * 300,
        "silence": np.zeros(RATE_HZ),
    }


SOUNDS = {name: np.clip(np.round(sound), -32768, 32767).astype("<i2") for name, sound in sounds().items()}


@pytest.fixture(scope="module", params=[10, 13])
def front_end(request):
    return FrontEnd(coefficients=request.param)


@pytest.fixture(scope="module")
def in_c(front_end, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mfcc")
    (folder / "mfcc_tables.h").write_text(tables(front_end))
    toolchain.compile_host([FOLDER / "mfcc.c"], folder / "mfcc.so", "-shared", [folder, FOLDER])
    frame = ctypes.CDLL(str(folder / "mfcc.so")).mfcc_frame

    def run(sound):
        features = np.empty((front_end.frames(len(sound)), front_end.coefficients), np.float32)
        for index, row in enumerate(features):
            start = np.ascontiguousarray(sound[index * front_end.stride :][: front_end.window])
            frame(start.ctypes.data_as(ctypes.c_void_p), row.ctypes.data_as(ctypes.c_void_p))
        return features

    return run


@pytest.mark.parametrize("name", SOUNDS)
def test_coefficients_in_c_are_those_of_the_definition(front_end, in_c, name):
    expected = front_end.mfcc(SOUNDS[name] / 32768)
    assert np.abs(in_c(SOUNDS[name]) - expected).max() < 5e-4  # coefficients are some 1 to 100


def dense(inputs):
    """An int8 network of one layer, whose five outputs tell much of its inputs."""
    random, builder = np.random.default_rng(2), ModelBuilder()
    x, y = builder.tensor((1, inputs), "int8", 0.05, -7), builder.tensor((1, 5), "int8", 0.5, 3)
    weights = builder.tensor((5, inputs), "int8", [0.01], 0, 0, random.integers(-127, 128, (5, inputs)))
    bias = builder.tensor((5,), "int32", [0.01 * 0.05], 0, 0, random.integers(-500, 500, 5))
    builder.operator("FULLY_CONNECTED", [x, weights, bias], [y], "FullyConnectedOptions", activation=0)
    return builder.build([x], [y])


def _small(region):
    return region.model_copy(update={"size_bytes": 32768})


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernels") / "libkernels.a"
    compile_kernels(load_board("stm32f4_disco").target, path)
    return path


@pytest.mark.parametrize(("inputs", "coefficients"), [(13, 13), (490, 10)], ids=["mean over time", "frames"])
def test_a_board_goes_from_samples_to_the_outputs_of_a_network(tmp_path, kernels, inputs, coefficients):
    board, front = load_board("stm32f4_disco"), FrontEnd(coefficients=coefficients)
    mean, deviation = np.linspace(-3, 3, coefficients), np.linspace(1, 4, coefficients)
    (tmp_path / "network.tflite").write_bytes(dense(inputs))
    x, y = np.zeros((2, coefficients), np.float32), np.arange(2)
    data = Prepared(x, y, x, y, np.array(["a", "b"]), mean=mean, deviation=deviation)
    build_sound(tmp_path / "network.tflite", data, board, kernels, tmp_path / "image.elf", "sound")
    with pytest.raises(SoundError, match=r"sound with its front end on nucleo_g0b1re.*: needs 6.* KiB RAM, board has"):
        small = board.model_copy(update={"name": "nucleo_g0b1re", "memory": [board.memory[0], _small(board.memory[1])]})
        build_sound(tmp_path / "network.tflite", data, small, kernels, tmp_path / "no.elf", "sound")
    assert not (tmp_path / "no.elf").exists()

    features = (front.mfcc(SOUNDS["chord"] / 32768) - mean) / deviation
    features = features.mean(axis=0) if inputs == coefficients else features.reshape(-1)
    host = HostModel(tmp_path / "network.tflite")
    wanted = host.run(quantize(features, np.int8, 0.05, -7)[None])[0][0]
    with (
        VirtualBoard(tmp_path / "image.elf", board.name, timed=False) as virtual,
        virtual.explaining(),
        open_port(virtual.port, board.console.baud) as port,
    ):
        device = Device(port, "virtual")
        device.synchronise()
        outputs = np.frombuffer(device.prove(SOUNDS["chord"].tobytes()), np.int8)
        cycles = device.timing().layer_cycles
    # A feature that lies between two steps may be rounded to the other: an eighth of a step of an output.
    assert np.abs(outputs.astype(int) - wanted).max() <= 1 and len(np.unique(outputs)) > 2
    assert len(cycles) == 2 and cycles[0] > cycles[1] > 0


def test_a_network_of_other_features_is_refused():
    board = load_board("stm32f4_disco")
    with pytest.raises(UnsupportedModel, match="expected one input of 13 or 637 features, int8 or float32"):
        sound_model(compile_model(dense(14), board.target), FrontEnd(coefficients=13), np.zeros(13), np.ones(13))
    with pytest.raises(ValueError, match="expected 13 means and deviations, got 12, 13"):
        sound_model(compile_model(dense(13), board.target), FrontEnd(coefficients=13), np.zeros(12), np.ones(13))
    with pytest.raises(ValueError, match="an fft of a power of two, not below the window, got 300"):
        tables(FrontEnd(fft=300))
