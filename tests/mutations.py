"""Hostile files: real models with random damage, and what the compiler makes of them.

The compiler may refuse (InvalidModel, UnsupportedModel) or compile; anything else, more than 10 s or more than 1 GB of
address space is a failure. What compiles must be C that a C compiler takes and that runs under sanitizers, whatever its
input.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from firmware.compiler.emit import emit_header, emit_source
from firmware.compiler.errors import InvalidModel, UnsupportedModel
from firmware.compiler.model import compile_model
from firmware.compiler.plan import describe_plan
from firmware.toolchain import CompilerError
from tests.isolation import ChildDied, run_in_child
from tests.kernels.random_graphs import TYPES, build_graph, random_recipe
from tests.kernels.sanitized import SanitizerError, build_program, run_program
from tests.kernels.test_streaming import stream
from tests.models import small_classifier
from tests.unit.test_passes import flatten_with_dynamic_batch, padded_convolution

LIMIT_S = 10
LIMIT_BYTES = 1 << 30
_WORDS = (0, 1, 2, 3, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def originals() -> list[bytes]:
    """Return well-formed models with every kind of structure that the reader knows."""
    graphs = [build_graph(random_recipe(seed, TYPES[seed % 2])) for seed in range(12)]
    border = ((0, 0), (1, 1), (1, 1), (0, 0))
    return [
        small_classifier(),
        small_classifier(scheme="float32"),
        stream(np.arange(12, dtype=np.int8).reshape(1, 4, 3)),
        flatten_with_dynamic_batch(),
        padded_convolution("DEPTHWISE_CONV_2D", border),
        *(graph.content for graph in graphs if graph),
    ]


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a damaged copy: flipped bits, a cut, changed lengths and offsets, or indices taken from elsewhere."""
    damaged = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        kind, place = int(rng.integers(6)), int(rng.integers(len(damaged) - 4))
        word = place // 4 * 4
        if kind == 0:
            damaged[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            damaged[place] = int(rng.integers(256))
        elif kind == 2:
            damaged[word : word + 4] = int(rng.choice(_WORDS)).to_bytes(4, "little")
        elif kind == 3:
            value = int.from_bytes(damaged[word : word + 4], "little") + int(rng.choice([-8, -4, -1, 1, 4, 8]))
            damaged[word : word + 4] = (value % (1 << 32)).to_bytes(4, "little")
        elif kind == 4:
            other = int(rng.integers(len(damaged) - 4)) // 4 * 4
            damaged[word : word + 4] = damaged[other : other + 4]
        elif rng.random() < 0.3:
            del damaged[max(8, place) :]
    return bytes(damaged)


def outcome(content: bytes) -> str:
    """Return "refused", "compiled", or what went wrong."""
    try:
        compiled = run_in_child(lambda: _compile(content), LIMIT_S, LIMIT_BYTES)
    except ChildDied as error:
        return str(error)
    return "refused" if compiled is None else _run(*compiled)


def _compile(content: bytes) -> tuple[str, str, int] | None:
    """Return header, source and the size of all inputs, or None for a refusal."""
    try:
        model = compile_model(content)
    except (InvalidModel, UnsupportedModel):
        return None
    describe_plan(model.plan)
    input_bytes = sum(tensor.size_bytes for tensor in model.graph.inputs)
    return emit_header(model, "g0"), emit_source(model, "g0"), input_bytes


def _run(header: str, source: str, input_bytes: int) -> str:
    with tempfile.TemporaryDirectory(prefix="boardwalk-mutant-") as folder:
        try:
            program = build_program([(header, source)], Path(folder))
            run_program(program, 0, np.random.default_rng(0).bytes(input_bytes))
        except CompilerError as error:
            return f"C that does not compile: {str(error)[:400]}"
        except SanitizerError as error:
            return f"C that does not run: {error}"
        except subprocess.TimeoutExpired:
            pass  # a size was made large: the model is as slow as it says
    return "compiled"
