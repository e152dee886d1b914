"""A fixed sample of the campaign `python -m tests.soak mutations`: damaged files are refused cleanly or compile."""

import time

import numpy as np
import pytest

from firmware.compiler import ops
from firmware.compiler.emit import emit_source
from firmware.compiler.errors import InvalidModel, UnsupportedModel
from firmware.compiler.model import compile_model
from tests import mutations
from tests.isolation import ChildDied, run_in_child
from tests.tflite_builder import ModelBuilder


def test_damaged_files_are_refused_or_compile():
    files = mutations.originals()
    rng = np.random.default_rng(0)
    outcomes = [mutations.outcome(mutations.mutate(files[i % len(files)], rng)) for i in range(100)]
    assert set(outcomes) == {"refused", "compiled"}
    assert outcomes.count("compiled") >= 10


@pytest.mark.parametrize("inputs", [[], [-1, 0]])
def test_missing_inputs_are_refused_for_every_operator(inputs):
    for kind in sorted(ops.OPERATORS):
        builder = ModelBuilder()
        x, y = (builder.tensor((1, 4), "int8", 0.1) for _ in range(2))
        builder.operator(kind, inputs, [y])
        with pytest.raises((InvalidModel, UnsupportedModel)):
            compile_model(builder.build([x], [y]))


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32", "float16", "int32", "uint8", "int64"])
@pytest.mark.parametrize("shape", [(), (4,), (1, 4), (1, 2, 2, 1), (1, 1, 1, 2, 2)])
@pytest.mark.filterwarnings("ignore:.*(overflow|invalid|divide).*:RuntimeWarning")
def test_operands_of_any_type_and_rank_are_compiled_or_refused(dtype, shape):
    quantization = {"scale": 0.1} if dtype in ("int8", "int16", "uint8") else {}
    for kind in sorted(ops.OPERATORS):
        for constants in (0, 1, 2, 3):
            builder = ModelBuilder()
            x, y = (builder.tensor(shape, dtype, **quantization) for _ in range(2))
            others = [builder.tensor(shape, dtype, **quantization, data=np.ones(shape)) for _ in range(constants)]
            builder.operator(kind, [x, *others], [y])
            try:
                emit_source(compile_model(builder.build([x], [y])), "m")
            except (InvalidModel, UnsupportedModel) as error:
                assert str(error)


def test_originals_compile():
    assert {mutations.outcome(content) for content in mutations.originals()} == {"compiled"}


def _allocate() -> None:
    bytearray(3 << 30)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: time.sleep(5), "not done within 1 s"),
        (_allocate, "MemoryError"),
        (lambda: 1 // 0, "ZeroDivisionError"),
    ],
)
def test_limits_hold(function, message):
    with pytest.raises(ChildDied, match=message):
        run_in_child(function, seconds=1, memory_bytes=2 << 30)
