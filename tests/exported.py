"""Exports for tests: networks of the sketches' sizes, packages of them, and builds as Arduino would make them."""

import itertools
from pathlib import Path

import numpy as np

from firmware import toolchain
from firmware.board import Board, load_board
from firmware.build import HARNESS, board_folder, chip_sources
from firmware.compiler.host import HostModel
from firmware.compiler.model import compile_model
from firmware.export import Golden, Package
from firmware.linker import linker_script
from tests.tflite_builder import ModelBuilder

ARDUINO = Path(__file__).parent / "arduino"
# The sketches have ports of their own; the chip's functions make room.
_CHIP = [f"-Dport_{name}=chip_{name}" for name in ("getc", "putc", "cycles")]
_CPP = ["-x", "c++", "-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-include", str(ARDUINO / "Arduino.h")]


def classifier(widths: tuple[int, ...]) -> bytes:
    """Return an int8 classifier of fully connected layers with ReLU, and softmax at its end."""
    rng, builder = np.random.default_rng(1), ModelBuilder()
    source = first = builder.tensor((1, widths[0]), "int8", 1 / 128, 0)
    for index, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        last = index == len(widths) - 2
        weight_scale, scale = 0.01, 0.1 if last else 0.02
        target = builder.tensor((1, outputs), "int8", scale, 0 if last else -128)
        weights = builder.tensor(
            (outputs, inputs), "int8", weight_scale, data=rng.integers(-127, 128, (outputs, inputs))
        )
        bias_scale = weight_scale * builder.scale(source)
        bias = builder.tensor((outputs,), "int32", bias_scale, data=rng.integers(-500, 500, outputs))
        fields = {"activation": 0 if last else 1}
        builder.operator("FULLY_CONNECTED", [source, weights, bias], [target], "FullyConnectedOptions", **fields)
        source = target
    probabilities = builder.tensor((1, widths[-1]), "int8", 1 / 256, -128)
    builder.operator("SOFTMAX", [source], [probabilities], "SoftmaxOptions", beta=1.0)
    return builder.build([first], [probabilities])


def package(tflite: Path, name: str, board: str | None = None) -> Package:
    """Return the export of a model in a file, with random golden inputs and class names "class 0" and on."""
    host, chosen = HostModel(tflite), load_board(board) if board else None
    model = compile_model(tflite.read_bytes(), chosen.target if chosen else None)
    rng = np.random.default_rng(2)
    inputs = [_random(rng, (2, *tensor.shape), tensor.dtype) for tensor in host.inputs]
    outputs = host.run(*inputs)
    golden = Golden(_contents(inputs), _contents(outputs), 0.0, "this machine")
    labels = tuple(f"class {index}" for index in range(int(np.prod(host.outputs[0].shape))))
    return Package(name, f"{name}/int8", name, model, chosen, golden, labels, "No cell measured.", "0.1.0")


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return rng.normal(size=shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)


def _contents(batches: list[np.ndarray]) -> list[bytes]:
    return [b"".join(np.ascontiguousarray(batch[n]).tobytes() for batch in batches) for n in range(len(batches[0]))]


def build_library(library: Path, board: Board) -> Path:
    """Compile src/ of a library for a board's core; return the object file, beside the library."""
    output = library.parent / f"{library.name}-{board.core}.o"
    toolchain.compile_object(sorted(library.glob("src/**/*.c")), output, board.target, "-Os", [library / "src"])
    return output


def build_sketch(library: Path, compiled: Path, sketch: str, board: Board, folder: Path) -> Path:
    """Compile an example sketch against the stand-in for the Arduino core, link it with its library; return the image.

    As in Arduino's build, the sketch is C++ that begins with Arduino.h, only src/ of the library is searched for its
    headers, and the sketch's own src/ is compiled with it.
    """
    folder.mkdir(parents=True)
    example, chip = library / "examples" / sketch, [board_folder(board), HARNESS]
    objects = [compiled, folder / "sketch.o", folder / "core.o", folder / "chip.o"]
    _compile(["c++", *_CPP], [example / f"{sketch}.ino"], objects[1], board, [library / "src", ARDUINO])
    _compile(["c++", *_CPP], [ARDUINO / "core.cpp"], objects[2], board, [ARDUINO, *chip])
    _compile(["cc", *_CHIP], chip_sources(board), objects[3], board, chip)
    if sources := sorted(example.glob("src/*.c")):
        objects.append(folder / "sketch_sources.o")
        _compile(["cc"], sources, objects[-1], board, [library / "src"])
    (folder / "board.ld").write_text(linker_script(board, board.rams[0]))
    image = folder / f"{sketch}.elf"
    toolchain.link(objects, image, board.target, folder / "board.ld")
    return image


def _compile(compiler: list[str], sources: list[Path], output: Path, board: Board, includes: list[Path]) -> None:
    flags = [*toolchain.target_flags(board.target), "-Os", "-g0", "-ffreestanding", "-fno-sanitize=undefined"]
    flags += ["-ffunction-sections", "-fdata-sections", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables"]
    flags += [f"-DF_CPU={board.clock_hz}", "-Wall", "-Wextra", "-Werror", *(f"-I{folder}" for folder in includes)]
    toolchain.zig(*compiler, *flags, "-r" if len(sources) > 1 else "-c", *sources, "-o", output)
