"""Records are read back as written, and a record that contradicts itself is refused with its file and field."""

import json

import pydantic
import pytest

from scripts.lib import results
from tests.unit import records

RAN = ("mlp_fashion", "int8", "stm32f4_disco")
TOO_BIG = ("mlp_fashion", "float32", "arduino_zero")
ALL = [
    *(records.build_record(*cell) for cell in records.CELLS),
    *(records.measurement(*cell) for cell in records.CELLS),
    records.accuracy("har_cnn1d", "float32"),
    records.accuracy("har_cnn1d", "int8"),
    records.detection("har_cnn1d", "int8"),
]


@pytest.mark.parametrize("record", ALL, ids=lambda record: f"{type(record).__name__}-{record.model}-{record.scheme}")
def test_a_record_survives_its_file_and_gives_the_same_bytes_twice(record, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "new" / "second.json"
    results.write(first, record)
    results.write(second, results.read(first, type(record)))
    assert results.read(second, type(record)) == record
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().endswith(b"}\n")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_fields_of_a_measurement_are_those_of_the_design():
    content = json.loads(records.measurement(*RAN).model_dump_json())
    assert list(content) == [
        "schema_version", "model", "scheme", "board", "status", "reason", "latency", "instructions",
        "memory", "energy", "parity", "layers", "engine", "provenance",
    ]  # fmt: skip
    assert list(content["latency"]) == ["cycles", "us", "clock_hz", "runs", "provenance", "error_pct"]
    assert list(content["memory"]["flash"]) == ["code", "weights", "total", "capacity"]
    assert list(content["memory"]["ram"]) == ["arena", "static", "stack_peak", "total", "capacity"]
    assert list(content["parity"]) == ["oracle", "samples", "max_abs_diff", "tolerance"]
    assert list(content["layers"][0]) == ["name", "op", "macs", "cycles"]


def _broken(content: dict, path: str, value: object) -> str:
    """JSON of `content` with the field at the dotted `path` set to `value` (removed if it is `...`)."""
    *parents, last = path.split(".")
    owner = content
    for parent in parents:
        owner = owner[int(parent) if parent.isdigit() else parent]
    if value is ...:
        del owner[last]
    else:
        owner[last] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("schema_version", 2, "schema_version: expected 1, got 2"),
        ("schema_version", ..., "schema_version: expected 1, got 'none'"),
        ("latecy", 3, "latecy: unknown field (did you mean 'latency'?)"),
        ("latency.ms", 3, "latency.ms: unknown field"),
        ("latency", None, "status 'ok' needs latency"),
        ("memory", None, "status 'ok' needs memory"),
        ("parity", None, "status 'ok' needs parity"),
        ("engine", ..., "engine: missing field"),
        ("reason", "because", "status 'ok' excludes a reason"),
        ("status", "fine", "status: Input should be 'ok', "),
        ("latency.cycles", "12", "latency.cycles: Input should be a valid integer, got '12'"),
        ("latency.cycles", 0, "latency.cycles: Input should be greater than 0, got 0"),
        ("latency.us", float("nan"), "latency.us: Input should be a finite number"),
        ("latency.provenance", "guessed", "latency.provenance: "),
        ("memory.flash.total", 1, "memory.flash: total is 1, but code + weights = "),
        ("memory.ram.arena", 1, "memory.ram: total is "),
        ("memory.ram.capacity", 16, "status 'ok' but ram needs "),
        ("parity.max_abs_diff", 1, "contradicts parity: max_abs_diff 1.0 with tolerance 0.0"),
        ("parity.max_abs_diff", None, "contradicts parity"),
        ("instructions", 1000, "instructions, memory and parity belong to a functional cell"),
        ("provenance.tflite_sha256", "abc", "provenance.tflite_sha256: "),
        ("model", "../x", "model: "),
        ("layers.0.cycles", -1, "layers.0.cycles: "),
    ],
)
def test_a_broken_measurement_is_refused_with_file_and_field(field, value, message, tmp_path):
    path = tmp_path / "measurement.json"
    path.write_text(_broken(records.measurement(*RAN).model_dump(), field, value))
    with pytest.raises(results.ResultError) as error:
        results.read(path, results.Measurement)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("reason", None, "status 'does_not_fit' needs a reason"),
        ("memory", None, "status 'does_not_fit' needs memory"),
        ("provenance.elf_sha256", "0" * 64, "status 'does_not_fit' excludes an elf_sha256"),
        ("plan.arena_bytes", 8, "plan: x ends at "),
        ("plan.tensors.0.first", 4, "x is last used by call 0, before its first, 4"),
    ],
)
def test_a_broken_build_is_refused_with_file_and_field(field, value, message, tmp_path):
    path = tmp_path / "build.json"
    path.write_text(_broken(records.build_record(*TOO_BIG).model_dump(), field, value))
    with pytest.raises(results.ResultError) as error:
        results.read(path, results.BuildRecord)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema_version": 1, "model": "mlp', "not a whole JSON document"),
        ("", "not a whole JSON document"),
        ("[1]", "expected a JSON object, got list"),
        ('{"schema_version": 1, "schema_version": 1}', "field 'schema_version' appears twice"),
    ],
)
def test_a_damaged_file_is_refused(text, message, tmp_path):
    path = tmp_path / "measurement.json"
    path.write_text(text)
    with pytest.raises(results.ResultError, match=message):
        results.read(path, results.Measurement)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(results.ResultError, match=r"gone\.json: cannot be read: No such file"):
        results.read(tmp_path / "gone.json", results.Measurement)


def test_a_build_that_does_not_fit_becomes_a_measurement_with_the_same_reason_and_numbers():
    build = records.build_record(*TOO_BIG)
    measurement = build.without_run()
    assert (measurement.status, measurement.reason) == ("does_not_fit", build.reason)
    assert measurement.memory.flash == build.memory.flash
    assert measurement.memory.ram.total == build.memory.ram.total
    assert measurement.memory.ram.stack == build.memory.ram.stack


def test_a_run_that_fails_has_a_reason_in_one_line_and_no_latency():
    measurement = records.build_record(*RAN).without_run("failed", "no answer\n  within 5 s")
    assert measurement.reason == "no answer within 5 s"
    assert measurement.latency is None
    with pytest.raises(pydantic.ValidationError, match="needs a reason"):
        records.build_record(*RAN).without_run("failed")


def test_latency_is_refused_where_the_outputs_differ():
    content = records.measurement(*RAN).model_dump() | {"status": "mismatch", "reason": "outputs differ"}
    with pytest.raises(pydantic.ValidationError, match="excludes latency"):
        results.Measurement.model_validate(content)


def test_an_output_that_is_no_number_is_recorded_as_no_difference_and_proves_nothing():
    parity = results.Parity(oracle="tflite-micro", samples=1, max_abs_diff=float("inf"), tolerance=0)
    assert parity.max_abs_diff is None
    assert not parity.proven


def test_a_functional_cell_has_instructions_and_proof_and_no_latency():
    ran, build = records.measurement(*RAN), records.build_record(*RAN)
    record = build.without_latency("functional only", ran.memory.ram, ran.parity, 1000, "labwired 0.25.0")
    assert (record.latency, record.energy, record.layers, record.instructions) == (None, None, [], 1000)
    content = json.loads(record.model_dump_json())
    for change in ({"instructions": None}, {"parity": None}, {"reason": None}, {"status": "failed"}):
        with pytest.raises(pydantic.ValidationError):
            results.Measurement.model_validate({**content, **change})
