"""The Xtensa boards: images for the instructions common to all cores, proven in labwired, without any claim of time."""

import ctypes
import shutil

import numpy as np
import pytest

from firmware import toolchain
from firmware.board import board_names, load_board
from firmware.build import CHIPS_FOLDER, compile_kernels
from scripts.build_firmware import build_firmware
from scripts.measure_cell import measure_cell
from tests.models import small_classifier
from tests.unit.test_measure_cell import SAMPLES, write_vectors

BOARDS = [name for name in board_names() if not load_board(name).target.modelled]
KINDS = {"int32": ctypes.c_int32, "uint32": ctypes.c_uint32, "float32": ctypes.c_float, "uint64": ctypes.c_uint64}
needs_compiler = pytest.mark.skipif(
    not shutil.which("xtensa-lx106-elf-gcc"), reason="no xtensa-lx106-elf-gcc: apt-get install gcc-xtensa-lx106"
)


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """The kernel library: the same bytes for both cores."""
    library = tmp_path_factory.mktemp("kernels") / "libkernels.a"
    compile_kernels(load_board(BOARDS[0]).target, library)
    return library


def make_cell(name, scheme, kernels, folder):
    """Build a small model for a board; return (elf, build record, vectors)."""
    content, tflite = small_classifier(scheme=scheme), folder / "m.tflite"
    tflite.write_bytes(content)
    write_vectors(folder / "vectors.npz", content, scheme)
    elf = folder / "firmware.elf"
    return elf, build_firmware(tflite, load_board(name), kernels, elf, "small", scheme), folder / "vectors.npz"


def test_lx6_and_lx7_have_their_boards():
    assert {load_board(name).core for name in BOARDS} == {"xtensa-lx6", "xtensa-lx7"}


@needs_compiler
@pytest.mark.parametrize(("name", "scheme"), [(BOARDS[0], "int8"), (BOARDS[1], "int8"), (BOARDS[0], "float32")])
def test_a_cell_is_proven_and_has_instructions_but_no_latency(name, scheme, kernels, tmp_path):
    elf, build, vectors = make_cell(name, scheme, kernels, tmp_path)
    record = measure_cell(elf, build, load_board(name), vectors)
    assert record.status == "functional", record.reason
    assert record.reason.startswith("functional only") and record.latency is None and record.energy is None
    assert record.parity.samples == SAMPLES
    assert record.parity.max_abs_diff <= (0 if scheme == "int8" else 1e-5)
    # 464 multiply-accumulates: some instructions each, some hundred with floats in software.
    assert 5 < record.instructions / build.macs < (100 if scheme == "int8" else 1000)
    assert 0 < record.memory.ram.stack_peak < build.memory.ram.stack
    assert record.provenance.emulator.startswith("labwired ")
    assert record.provenance.compiler.startswith("xtensa-lx106-elf-gcc ")


@needs_compiler
def test_what_is_too_large_for_labwired_says_so_and_has_its_sizes(kernels, tmp_path):
    elf, build, vectors = make_cell(BOARDS[0], "int8", kernels, tmp_path)
    record = measure_cell(elf, build.model_copy(update={"macs": 2_656_768}), load_board(BOARDS[0]), vectors)
    assert (record.status, record.parity) == ("unsupported", None)
    assert "1,000,000 MACs, this one has 2,656,768" in record.reason
    assert record.memory.flash.total > 0


def test_without_the_compiler_a_cell_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(toolchain.MissingCompiler):
        compile_kernels(load_board(BOARDS[0]).target, tmp_path / "libkernels.a")
    (tmp_path / "libkernels.a").touch()
    elf, build, vectors = make_cell(BOARDS[0], "int8", tmp_path / "libkernels.a", tmp_path)
    record = measure_cell(elf, build, load_board(BOARDS[0]), vectors)
    assert (record.status, elf.stat().st_size) == ("failed", 0)
    assert record.reason.startswith("no compiler for xtensa-lx6: apt-get install gcc-xtensa-lx106")


@needs_compiler
def test_without_labwired_a_cell_says_how_to_get_it(kernels, tmp_path, monkeypatch):
    cell = make_cell(BOARDS[0], "int8", kernels, tmp_path)
    (tmp_path / "labwired.py").write_text("raise ModuleNotFoundError(name='labwired')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    record = measure_cell(cell[0], cell[1], load_board(BOARDS[0]), cell[2])
    assert record.status == "failed"
    assert "labwired is not installed: pip install labwired" in record.reason
    assert record.memory.flash.total > 0


@pytest.fixture(scope="module")
def arithmetic(tmp_path_factory):
    """The functions that the compiler's own library lacks, on this machine."""
    library = tmp_path_factory.mktemp("arithmetic") / "arithmetic.so"
    toolchain.compile_host([CHIPS_FOLDER / "xtensa/arithmetic.c"], library, "-shared", [])
    return ctypes.CDLL(library)


def bits(count, seed):
    """Random words with many of the patterns that floats treat apart."""
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 1 << 32, count, np.uint32)
    near = rng.choice(
        np.array([0, 1, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000], np.uint32), count
    )
    close = (words & 0x807FFFFF) | rng.integers(100, 154, count, np.uint32) << 23
    return np.select([rng.random(count) < 0.1, rng.random(count) < 0.6], [near | (words & 1 << 31), close], words)


@pytest.mark.parametrize(
    ("name", "kinds", "reference"),
    [
        ("__addsf3", ("float32", "float32", "float32"), np.add),
        ("__subsf3", ("float32", "float32", "float32"), np.subtract),
        ("__mulsf3", ("float32", "float32", "float32"), np.multiply),
        ("__floatsisf", ("float32", "int32"), np.float32),
        ("__floatunsisf", ("float32", "uint32"), np.float32),
        ("__umulsidi3", ("uint64", "uint32", "uint32"), lambda a, b: int(a) * int(b)),
        ("__udivsi3", ("uint32", "uint32", "uint32"), lambda a, b: int(a) // int(b)),
        ("__umodsi3", ("uint32", "uint32", "uint32"), lambda a, b: int(a) % int(b)),
        ("__divsi3", ("int32", "int32", "int32"), lambda a, b: np.int64(int(a) / int(b)).astype(np.int32)),
    ],
)
def test_arithmetic_gives_the_bits_of_this_machine(name, kinds, reference, arithmetic):
    function = getattr(arithmetic, name)
    function.restype, *function.argtypes = (KINDS[kind] for kind in kinds)
    given = [bits(4000, seed).view(kind) for seed, kind in enumerate(kinds[1:])]
    with np.errstate(all="ignore"):
        for values in zip(*given, strict=True):
            if "div" in name or "mod" in name:
                values = (values[0], values[1] or values[0].dtype.type(1))
            expected, found = np.dtype(kinds[0]).type(reference(*values)), np.dtype(kinds[0]).type(function(*values))
            assert found == expected or (found != found and expected != expected), (name, values, found, expected)
            assert found != found or found.tobytes() == expected.tobytes(), (name, values)


def test_wide_arithmetic(arithmetic):
    for name in ("__muldi3", "__udivdi3", "__divdi3"):
        function = getattr(arithmetic, name)
        kind = ctypes.c_int64 if name == "__divdi3" else ctypes.c_uint64
        function.restype, function.argtypes = kind, [kind, kind]
    a, b = 0xFEDCBA9876543210, 0x123456789
    assert getattr(arithmetic, "__muldi3")(a, b) == a * b % (1 << 64)
    assert getattr(arithmetic, "__udivdi3")(a, b) == a // b
    assert getattr(arithmetic, "__divdi3")(-a // 2, b) == -(a // 2 // b)
