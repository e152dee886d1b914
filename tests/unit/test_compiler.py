"""The compiler refuses what it cannot compile, by name, and plans arenas in which nothing collides."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from firmware.compiler.emit import emit_header, emit_source, literal
from firmware.compiler.errors import InvalidModel, UnsupportedModel
from firmware.compiler.graph import Graph, Operator, Tensor
from firmware.compiler.model import compile_model
from firmware.compiler.plan import plan_arena
from firmware.compiler.quant import quantize_multiplier
from firmware.compiler.step import Step, Struct
from tests.models import small_classifier


def test_every_truncation_is_refused():
    content = small_classifier()
    for length in range(0, len(content), 7):
        with pytest.raises((InvalidModel, UnsupportedModel)):
            compile_model(content[:length])


def test_flipped_bits_give_a_model_or_a_named_error():
    content = small_classifier()
    rng = np.random.default_rng(1)
    outcomes = {"compiled": 0, "refused": 0}
    for _ in range(400):
        mutant = bytearray(content)
        for _ in range(rng.integers(1, 4)):
            mutant[rng.integers(len(mutant))] ^= 1 << rng.integers(8)
        try:
            emit_source(compile_model(bytes(mutant)), "model")
            outcomes["compiled"] += 1
        except (InvalidModel, UnsupportedModel):
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 20, outcomes


def test_unsupported_operator_is_named_with_index_version_and_alternatives():
    with pytest.raises(UnsupportedModel, match=r"operator 1 \(EMBEDDING_LOOKUP version 1\).*supported: .*CONV_2D"):
        compile_model(small_classifier(kind="EMBEDDING_LOOKUP"))


def test_other_files_are_refused():
    with pytest.raises(InvalidModel, match="identifier 'TFL3'"):
        compile_model(b"\x7fELF" + bytes(100))


def test_generated_bytes_depend_on_the_model_only():
    first, second = (emit_source(compile_model(small_classifier()), "net") for _ in range(2))
    assert first == second
    assert emit_source(compile_model(small_classifier(seed=1)), "net") != first
    assert emit_header(compile_model(small_classifier()), "net").count("net_run") == 2


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, 0.1, 3.4e38, 1e-40, float("inf"), float("-inf")])
def test_float_literals_are_exact(value):
    text = literal(np.float32(value))
    special = {"__builtin_inff()": float("inf"), "-__builtin_inff()": float("-inf")}
    parsed = special.get(text) if text in special else float.fromhex(text.removesuffix("f"))
    assert np.float32(parsed).tobytes() == np.float32(value).tobytes()


@pytest.mark.parametrize("real", [0.5, 0.75, 1.0, 1.9999999999, 1e-3, 123.456, 2.0**-31])
def test_multiplier_is_as_near_as_31_bits_allow(real):
    multiplier, shift = quantize_multiplier(real)
    assert 1 << 30 <= multiplier < 1 << 31
    assert abs(multiplier * 2.0 ** (shift - 31) - real) <= real * 2.0**-31


def test_multiplier_too_small_to_matter_is_zero():
    assert quantize_multiplier(2.0**-40) == (0, 0)


def random_network(rng):
    """Return (graph, steps): a random chain with skip connections; sizes and overlaps are random."""
    tensors = [Tensor("input", (int(rng.integers(1, 400)),), np.dtype("int8"))]
    steps = []
    for index in range(int(rng.integers(2, 12))):
        output = Tensor(f"t{index}", (int(rng.integers(1, 400)),), np.dtype("int8"))
        reads = [tensors[-1]]
        if rng.random() < 0.4:
            reads.append(tensors[rng.integers(len(tensors))])
        overlap = {0: int(rng.integers(0, 64))} if rng.random() < 0.6 else {}
        scratch = int(rng.integers(1, 100)) if rng.random() < 0.3 else 0
        operator = Operator("ADD", index, reads, [output])
        more = {"group_bytes": scratch, "most_groups": 9} if rng.random() < 0.5 else {}
        struct = Struct("k_t", {})
        steps.append(Step(operator, "k", struct, reads, [output], scratch_bytes=scratch, overlap=overlap, **more))
        tensors.append(output)
    return Graph(tensors[:1], tensors[-1:], [step.operator for step in steps]), steps


@pytest.mark.parametrize("seed", range(40))
def test_plan_keeps_what_is_needed(seed):
    """Simulate each run byte by byte: outputs may only overwrite what no later read, and no slower read, needs."""
    graph, steps = random_network(np.random.default_rng(seed))
    plan = plan_arena(graph, steps)
    assert plan.lower_bound_bytes <= plan.arena_bytes
    for a in plan.blocks:
        assert a.offset >= 0 and a.offset + a.size_bytes <= plan.arena_bytes
        for b in plan.blocks:
            if (
                a is b
                or not a.lives_with(b)
                or a.offset + a.size_bytes <= b.offset
                or b.offset + b.size_bytes <= a.offset
            ):
                continue
            # Overlapping while both live: allowed only for the output and the dying input of one step, at its distance.
            target, source = (a, b) if a.first == b.last else (b, a)
            step = steps[target.first]
            assert target.first == source.last
            assert plan.tensor_blocks[step.writes[0]] is target
            assert plan.tensor_blocks[step.reads[0]] is source
            assert source not in [plan.tensor_blocks[tensor] for tensor in step.reads[1:]]
            assert target.offset + step.overlap[0] <= source.offset


def test_plan_reaches_the_bound_on_a_chain():
    sizes = [100, 400, 200, 400, 40]
    tensors = [Tensor(f"t{i}", (size,), np.dtype("int8")) for i, size in enumerate(sizes)]
    operators = [Operator("X", i, [tensors[i]], [tensors[i + 1]]) for i in range(4)]
    steps = [Step(op, "k", Struct("k_t", {}), op.inputs, op.outputs) for op in operators]
    plan = plan_arena(Graph(tensors[:1], tensors[-1:], operators), steps)
    assert plan.arena_bytes == plan.lower_bound_bytes == 600


def run_cli(*arguments):
    command = [sys.executable, "-m", "firmware.compiler", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_command_line_compiles_and_explains(tmp_path):
    model = tmp_path / "m.tflite"
    model.write_bytes(small_classifier())
    done = run_cli(model, "--out", tmp_path / "out", "--name", "tiny", "--core", "cortex-m33")
    assert done.returncode == 0, done.stderr
    assert "464 MACs" in done.stdout
    assert json.loads((tmp_path / "out" / "plan.json").read_text())["arena_bytes"] > 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "tiny.c",
        "tiny.h",
        "tiny.o",
        "plan.json",
        "plan.svg",
    }
    assert "cortex-m33: " in done.stdout and "B of constants" in done.stdout
    boxes = ElementTree.parse(tmp_path / "out" / "plan.svg").findall("{http://www.w3.org/2000/svg}rect")
    assert len(boxes) == 1 + len(json.loads((tmp_path / "out" / "plan.json").read_text())["tensors"])


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (b"not a model at all", [], "identifier"),
        (None, [], "No such file"),
        (b"", ["--name", "two words"], "not a C identifier"),
        (b"", ["--core", "cortex-m44"], "did you mean 'cortex-m4'"),
    ],
)
def test_command_line_refuses_in_one_line(tmp_path, content, arguments, message):
    model = tmp_path / "m.tflite"
    if content is not None:
        model.write_bytes(content)
    done = run_cli(model, "--out", tmp_path / "out", *arguments)
    assert done.returncode != 0
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
