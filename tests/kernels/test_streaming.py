"""Models with variables remember from run to run exactly what the oracle remembers."""

import numpy as np
import pytest
from tflite_micro import runtime

from firmware.compiler.emit import emit_header
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.host import HostModel
from firmware.compiler.model import compile_model
from tests.models import small_classifier
from tests.tflite_builder import ModelBuilder

QUANTIZATION = {"scale": 0.1, "zero_point": 3}


def variable_handle(builder, name):
    handle = builder.tensor((1,), "resource")
    builder.operator("VAR_HANDLE", [], [handle], "VarHandleOptions", container="", shared_name=name)
    return handle


def initializer(builder, values):
    """Add a subgraph that assigns values {name: array}, and the operator that calls it."""
    inner = builder.subgraph()
    for name, value in values.items():
        constant = inner.tensor(value.shape, "int8", **QUANTIZATION, data=value)
        inner.operator("ASSIGN_VARIABLE", [variable_handle(inner, name), constant], [], "AssignVariableOptions")
    builder.operator("CALL_ONCE", [], [], "CallOnceOptions", init_subgraph_index=1)


def stream(initial=None, late_read=False):
    """Return a model of the last four frames: y = window + 1, or with `late_read` the window before this frame + 1."""
    builder = ModelBuilder()
    x = builder.tensor((1, 1, 3), "int8", **QUANTIZATION)
    old, window, y, kept = (
        builder.tensor(shape, "int8", **QUANTIZATION) for shape in ((1, 4, 3), (1, 5, 3), (1, 4, 3), (1, 4, 3))
    )
    if initial is not None:
        initializer(builder, {"frames": initial})
    handle = variable_handle(builder, "frames")
    builder.operator("READ_VARIABLE", [handle], [old], "ReadVariableOptions")
    builder.operator("CONCATENATION", [old, x], [window], "ConcatenationOptions", axis=1)
    begin, size = (builder.tensor((3,), "int32", data=np.array(v)) for v in ((0, 1, 0), (1, 4, 3)))
    builder.operator("SLICE", [window, begin, size], [kept], "SliceOptions")
    builder.operator("ASSIGN_VARIABLE", [handle, kept], [], "AssignVariableOptions")
    operand = old if late_read else kept
    one = builder.tensor((1,), "int8", **QUANTIZATION, data=np.array([13]))
    builder.operator("ADD", [operand, one], [y], "AddOptions")
    return builder.build([x], [y])


def check_sequence(tmp_path, content, steps=7):
    frames = np.random.default_rng(1).integers(-128, 128, (steps, 1, 3)).astype(np.int8)
    (tmp_path / "m.tflite").write_bytes(content)
    model = HostModel(tmp_path / "m.tflite")
    oracle = runtime.Interpreter.from_bytes(content)
    expected = []
    for frame in frames:
        oracle.set_input(frame[None], 0)
        oracle.invoke()
        expected.append(np.array(oracle.get_output(0))[0])
    for _ in range(2):  # A second sequence begins anew.
        np.testing.assert_array_equal(model.run(frames)[0], np.array(expected))


@pytest.mark.parametrize("late_read", [False, True])
def test_sequence_from_constants(tmp_path, late_read):
    initial = np.arange(-6, 6, dtype=np.int8).reshape(1, 4, 3)
    check_sequence(tmp_path, stream(initial, late_read))


def test_sequence_from_uniform_constants(tmp_path):
    check_sequence(tmp_path, stream(np.full((1, 4, 3), 3, np.int8)))


def test_read_that_outlives_its_variable_is_copied():
    kinds = [[step.operator.kind for step in compile_model(stream(late_read=late)).steps] for late in (False, True)]
    assert "READ_VARIABLE" not in kinds[0]
    assert "READ_VARIABLE" in kinds[1]


def test_variables_keep_their_place_for_all_steps():
    model = compile_model(stream())
    (variable,) = model.graph.variables
    block = model.plan.tensor_blocks[variable]
    for other in model.plan.blocks:
        assert (
            other is block
            or other.offset >= block.offset + block.size_bytes
            or other.offset + other.size_bytes <= block.offset
        )


def test_header_tells_streams_to_be_reset_and_others_not():
    assert "void net_reset(uint8_t *arena);" in emit_header(compile_model(stream()), "net")
    assert "reset" not in emit_header(compile_model(small_classifier()), "net")


def test_initial_value_from_computation_is_refused():
    builder = ModelBuilder()
    inner = builder.subgraph()
    value = inner.tensor((3,), "int8", **QUANTIZATION)
    inner.operator("ASSIGN_VARIABLE", [variable_handle(inner, "v"), value], [], "AssignVariableOptions")
    builder.operator("CALL_ONCE", [], [], "CallOnceOptions", init_subgraph_index=1)
    x, y = (builder.tensor((3,), "int8", **QUANTIZATION) for _ in range(2))
    builder.operator("RELU", [x], [y])
    with pytest.raises(UnsupportedModel, match=r"ASSIGN_VARIABLE\): an initial value must be a constant"):
        compile_model(builder.build([x], [y]))


def test_subgraph_that_nobody_calls_is_refused():
    builder = ModelBuilder()
    builder.subgraph()
    x, y = (builder.tensor((3,), "int8", **QUANTIZATION) for _ in range(2))
    builder.operator("RELU", [x], [y])
    with pytest.raises(UnsupportedModel, match="those that CALL_ONCE names"):
        compile_model(builder.build([x], [y]))


def test_resource_as_a_value_is_refused():
    builder = ModelBuilder()
    handle = variable_handle(builder, "v")
    x, y = (builder.tensor((1,), "int8", **QUANTIZATION) for _ in range(2))
    builder.operator("ADD", [x, handle], [y], "AddOptions")
    with pytest.raises(UnsupportedModel, match="a resource is not supported for what is computed"):
        compile_model(builder.build([x], [y]))
