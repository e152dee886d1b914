"""Heartbeats of virtual devices over their ports: read, refused when broken, kept, judged and shown."""

import hashlib
import http.client
import json
import sqlite3
import urllib.error
import urllib.request
from dataclasses import asdict, replace

import numpy as np
import pytest

from firmware.board import load_board
from scripts import deploy, monitor
from scripts.deployment.device import make_device, running
from scripts.device.protocol import Device
from scripts.lib import results
from scripts.lib.vectors import load_vectors
from scripts.monitoring.drift import drift, stability_index, validation
from scripts.monitoring.heartbeat import HeartbeatError, read_heartbeat
from scripts.monitoring.page import served
from scripts.monitoring.store import Store, StoreError
from scripts.monitoring.watch import Monitor, Watch, seen_classes
from tests.deployment import devices
from tests.models import small_classifier
from tests.unit import records
from tests.unit.test_measure_cell import write_vectors

BOARD = load_board("stm32f4_disco")
LINE = (
    "1 board stm32f4_disco model 62be4fcf265ae2c2 version 1.2.3+4 up-us 4204 inferences 12 cycles 400,4860,410 "
    "classes 2,0,10,0,0 confidence 0,0,0,1,0,0,1,10 resets 1,0,2,0 cause 2 stack 364 own 91452"
)
# Back to back, models from so many cycles on keep the limit; smaller ones if they run less often.
COST_LIMIT, SMALLEST_CYCLES, EVERY_S = 0.005, 150_000, 10.0


class Field:
    """A device in the field, with a network that takes at least SMALLEST_CYCLES."""

    def __init__(self, folder):
        self.content = small_classifier(hidden_width=4096)
        write_vectors(folder / "v.npz", self.content, "int8")
        self.vectors = load_vectors(folder / "v.npz")
        job = deploy.Job("wide", "int8", BOARD, self.content, self.vectors, None, 0, None, devices.keys())
        self.folder = make_device(folder / "device", BOARD, job.signed(0, "1.2.3", confirmed=True)[0], devices.keys())
        self.models = folder / "models"

    def validate(self, classes: list[int]) -> None:
        """Leave a record that says how often the model answered each class on its test split."""
        record = records.accuracy("mlp_fashion", "int8").model_dump()
        correct, samples = sum(classes), sum(classes)
        confusion = np.diag(classes).tolist()
        record["classified"] |= {"samples": samples, "correct": correct, "accuracy": 1.0, "confusion": confusion}
        record["classified"] |= {"ci_low": 0.9, "ci_high": 1.0}
        record["tflite_sha256"] = hashlib.sha256(self.content).hexdigest()
        results.write(
            self.models / "wide" / "int8.accuracy.json", type(records.accuracy("mlp_fashion", "int8"))(**record)
        )


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    return Field(tmp_path_factory.mktemp("field"))


@pytest.fixture(scope="module")
def port(field):
    with running(field.folder, BOARD) as port:
        yield port


def infer(field, port, sample, runs):
    with Device.behind(port, BOARD.console.baud, "device") as device:
        device.prove(field.vectors.content(sample))  # one of the runs
        if runs > 1:
            device.infer(runs - 1, 0)
        return read_heartbeat(device.heartbeat(), "device")


def test_a_device_tells_what_it_did_at_a_cost_that_is_counted(field, port):
    first = infer(field, port, 0, 1)
    for sample in range(len(field.vectors)):
        last = infer(field, port, sample, 4)
    scores = np.concatenate(field.vectors.outputs).reshape(len(field.vectors), -1).astype(int)
    classes = np.bincount(scores.argmax(axis=1), minlength=5) * 4
    assert [b - a for a, b in zip(first.classes, last.classes, strict=True)] == classes.tolist()
    eighths = np.bincount((scores.max(axis=1) + 128) // 32, minlength=8) * 4
    assert [b - a for a, b in zip(first.confidence, last.confidence, strict=True)] == eighths.tolist()
    assert (first.board, first.version, first.resets, first.cause) == (BOARD.name, "1.2.3+0", (1, 0, 0, 0), "power")
    assert last.inferences == first.inferences + 4 * len(field.vectors)
    assert 0 < last.stack_bytes < 2048
    assert last.up_us > first.up_us


def test_observing_and_telling_take_half_a_percent_at_most(field, port):
    before = infer(field, port, 0, 1)
    after = infer(field, port, 0, 101)
    again = infer(field, port, 0, 1)
    telling = again.own_cycles - after.own_cycles  # with one inference: more than it is
    each = (after.own_cycles - before.own_cycles - telling) / 100
    wire_cycles = 10 * (len(LINE) + 150) / BOARD.console.baud * BOARD.clock_hz  # and what frames and proves the line
    assert after.cycles_mean >= SMALLEST_CYCLES
    share = each / SMALLEST_CYCLES + (telling + wire_cycles) / (EVERY_S * BOARD.clock_hz)
    print(f"{each:.0f} cycles an inference, {telling} and {wire_cycles:.0f} of the line a heartbeat: {share:.3%}")
    assert 0 < share <= COST_LIMIT


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1 board", "2 board", "expected form 1, got '2'"),
        (LINE, "", "expected form 1, got ''"),
        ("board stm32f4_disco ", "", "expected the field 'board', got 'model'"),
        ("stm32f4_disco", "<b>", "board: expected a board's name, got '<b>'"),
        ("62be4fcf265ae2c2", "62be", "model: expected 16 hexadecimal digits, got '62be'"),
        ("1.2.3+4", "1.2", "version: expected a version such as 1.2.3\\+4, got '1.2'"),
        ("up-us 4204", "up-us x", "up-us: expected a number, got 'x'"),
        ("inferences 12", "inferences -1", "inferences: expected a number, got '-1'"),
        ("inferences 12", "inferences 13", "cycles: 4860 for 13 inferences is not between 400 and 410 each"),
        ("400,4860,410", "400,4860", "cycles: expected least, sum and most, got '400,4860'"),
        ("classes 2,", "classes 3,", "classes: 13 counted, expected as many as inferences, 12"),
        ("confidence 0,0,0,1,0,0,1,10", "confidence 1,11", "confidence: expected 8 counts, got 2"),
        ("confidence 0,0,0,1,0,0,1,10", "confidence -", "confidence: expected 8 counts, got 0"),
        ("resets 1,0,2,0", "resets 1,0,2", "resets: expected counts of power, pin, software, watchdog, got '1,0,2'"),
        ("cause 2", "cause 4", "cause: expected a number below 4, got '4'"),
        (" own 91452", "", "expected the field 'own', got ''"),
        ("own 91452", "own 91452 more", "expected nothing after own, got 'more'"),
    ],
)
def test_a_broken_heartbeat_is_refused_by_the_name_of_its_field(old, new, message):
    assert old in LINE
    with pytest.raises(HeartbeatError, match=f"^device: heartbeat: {message}"):
        read_heartbeat(LINE.replace(old, new), "device")


def test_a_device_is_judged_by_its_classes_and_by_its_silence(field, port, tmp_path):
    said = []
    watch = Watch("device", port, BOARD.console.baud, 5.0, Store(tmp_path / "m.sqlite"), field.models)
    report = Monitor([watch], said.append).report
    report()
    watch.beat()
    infer(field, port, 0, 400)
    watch.beat()
    report()
    (_, first), (now_s, last) = watch._store.since("device", 0.0)
    seen = [b - a for a, b in zip(first.classes, last.classes, strict=True)]
    assert sorted(seen)[-1] == sum(seen) == 400
    field.validate([100 + 900 * (count == 0) for count in seen])
    report()
    assert watch.state(now_s).drift.index > 1
    field.validate([1 + 1000 * (count > 0) for count in seen])
    again = Watch("device", port, BOARD.console.baud, 5.0, watch._store, field.models)
    again._started_s = watch._started_s
    assert again.state(now_s).kind == "ok"
    gone = Watch("device", str(tmp_path / "none"), BOARD.console.baud, 5.0, watch._store, field.models)
    gone.beat()
    state = gone.state(now_s + 16)
    assert state.kind == "silent"
    assert "no heartbeat for 16 s" in state.reason
    assert "does not exist" in state.reason
    assert [line.split(": ")[1] for line in said] == ["waiting", "ok", "drift"]


def test_counts_go_on_after_a_restart_and_not_with_another_model():
    beat = read_heartbeat(LINE, "device")
    later = replace(beat, up_us=9000, inferences=15, classes=(2, 3, 10, 0, 0))
    restarted = replace(beat, up_us=100, inferences=1, classes=(0, 0, 0, 0, 1))
    assert seen_classes([beat, later, restarted]) == (0, 3, 0, 0, 1)
    assert seen_classes([beat, later, replace(restarted, model="0" * 16)]) == (0,) * 5


def test_the_index_is_zero_for_equal_shares_and_alarms_only_beyond_chance():
    assert stability_index([10, 20, 30], [10, 20, 30]) == 0
    # (0.75 - 0.25) ln 3 for each of two classes, with half a sample more everywhere
    assert stability_index([249_999, 749_999], [749_999, 249_999]) == pytest.approx(1.0986, rel=1e-4)
    assert not drift([1000] * 10, [3, 0, 1, 0, 2, 0, 1, 1, 0, 2]).alarm
    rng = np.random.default_rng(5)
    expected, shares = rng.multinomial(2000, [0.1] * 10), [0.1] * 10
    alarms = sum(drift(expected.tolist(), rng.multinomial(60, shares).tolist()).alarm for _ in range(400))
    assert alarms <= 4
    shifted = rng.multinomial(300, [0.55] + [0.05] * 9).tolist()
    assert drift(expected.tolist(), shifted).alarm
    for seen in ([1], [1, 2, 3], [0, 0]):
        with pytest.raises(ValueError, match="expected two histograms"):
            stability_index([10, 20], seen)


def test_a_model_without_a_record_has_no_validation(tmp_path):
    assert validation("0" * 16, tmp_path) is None


def test_heartbeats_are_rows_of_a_database(tmp_path):
    store, beat = Store(tmp_path / "m.sqlite"), read_heartbeat(LINE, "device")
    store.add("device", 5.0, beat)
    store.add("device", 6.0, None, "it does not answer")
    assert store.since("device", 0.0) == [(5.0, beat)]
    assert store.since("device", 5.5) == []
    assert store.last_problem("device") == "it does not answer"
    with sqlite3.connect(tmp_path / "m.sqlite") as base:
        assert base.execute("SELECT inferences, classes FROM beats").fetchone() == (12, "[2, 0, 10, 0, 0]")
        base.execute("ALTER TABLE beats DROP COLUMN cause")
    with pytest.raises(StoreError, match="expected another file"):
        Store(tmp_path / "m.sqlite")
    (tmp_path / "text").write_text("no database " * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(tmp_path / "text")


def test_the_page_is_on_loopback_and_has_the_states(tmp_path):
    store = Store(tmp_path / "m.sqlite")
    watch = Watch("<b>device</b>", "nowhere", 115_200, 5.0, store, tmp_path)
    store.add("<b>device</b>", watch._started_s, read_heartbeat(LINE, "device"))
    with served(Monitor([watch], print).states, 0) as address:
        with urllib.request.urlopen(address) as answer:
            text = answer.read().decode()
        assert "<b>device</b>" not in text
        assert "src=" not in text and "@import" not in text
        with urllib.request.urlopen(f"{address}state.json") as answer:
            (device,) = json.load(answer)["devices"]
        assert (device["kind"], device["mean"]) == ("ok", 405.0)
        assert device["beat"] == json.loads(json.dumps(asdict(read_heartbeat(LINE, "device"))))
        for path in ("other", "../etc/passwd"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(address + path)
        link = http.client.HTTPConnection(address.split("/")[2])
        link.request("GET", "/state.json", headers={"Host": "elsewhere.example"})
        assert link.getresponse().status == 404


def test_the_monitor_watches_ports_until_its_time_is_over(port, tmp_path, capsys):
    base = tmp_path / "m.sqlite"
    options = ["--port", port, str(tmp_path / "none"), "--page", "0", "--database", str(base), "--seconds", "6"]
    assert monitor.main(options) == 0
    said = capsys.readouterr().out
    assert "page: http://127.0.0.1:" in said
    assert f"{port.rsplit('/')[-1]}: ok" in said
    assert "none: waiting: no heartbeat yet" in said


def test_intervals_that_would_cost_too_much_are_refused(capsys):
    with pytest.raises(SystemExit):
        monitor.main(["--every-s", "5"])
    assert "expected 10 s or more" in capsys.readouterr().err
