"""Asks devices for their heartbeats, keeps them, and judges each device by what it said.

A port is open only while its device is asked, so that an update can come in between.
"""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmware.board import board_names, load_board
from scripts.device.link import DeviceError
from scripts.device.protocol import Device
from scripts.monitoring.drift import Drift, Validation, drift, validation
from scripts.monitoring.heartbeat import Heartbeat, read_heartbeat
from scripts.monitoring.store import Store

SILENT_AFTER = 3  # heartbeats that did not come
WINDOW_S = 3600.0  # of the drift


@dataclass(frozen=True)
class State:
    """What is known of a device: `kind` in a word, `reason` why, the last heartbeat and when it came.

    `rate_hz` are inferences per second, `own_share` what part of the device's time observing and telling took; both
    None before two heartbeats. `seen` are its classes in the window of the drift.
    """

    device: str
    kind: str  # waiting, ok, drift or silent
    reason: str
    heard_s: float | None
    beat: Heartbeat | None
    clock_hz: int | None
    rate_hz: float | None
    own_share: float | None
    seen: tuple[int, ...]
    expected: Validation | None
    drift: Drift | None


def seen_classes(beats: list[Heartbeat]) -> tuple[int, ...]:
    """Return the classes counted from the first of the heartbeats to the last, while the same model ran as in the last.

    A device that was restarted in between counts from zero again.
    """
    total = [0] * len(beats[-1].classes)
    for before, after in itertools.pairwise(beats):
        if (before.model, after.model) == (beats[-1].model,) * 2:
            start = before.classes if _goes_on(before, after) else (0,) * len(total)
            total = [t + a - b for t, a, b in zip(total, after.classes, start, strict=True)]
    return tuple(total)


def _goes_on(before: Heartbeat, after: Heartbeat) -> bool:
    return after.up_us >= before.up_us and after.inferences >= before.inferences and after.version == before.version


class Watch:
    """One device: `beat` asks it, `state` judges it. `models` is where validation histograms are."""

    def __init__(self, device: str, port: str, baud: int, every_s: float, store: Store, models: Path):
        self.device, self.every_s = device, every_s
        self._port, self._baud, self._store, self._models = port, baud, store, models
        self._started_s = time.time()
        self._validations: dict[str, Validation] = {}

    def beat(self) -> None:
        """Ask once, and keep the answer or what was wrong with it."""
        try:
            with Device.behind(self._port, self._baud, self.device) as device:
                line = device.heartbeat()
            self._store.add(self.device, time.time(), read_heartbeat(line, self.device))
        except DeviceError as error:
            self._store.add(self.device, time.time(), None, str(error))

    def state(self, now_s: float) -> State:
        """Return what is known of the device."""
        heard = self._store.since(self.device, min(now_s - WINDOW_S, self._started_s))
        last_s, beats = (heard[-1][0], [beat for _, beat in heard]) if heard else (None, [])
        last = beats[-1] if beats else None
        silent_s = now_s - max(self._started_s, last_s or 0)
        expected = self._validation(last.model) if last else None
        seen = seen_classes(beats) if last else ()
        found = drift(expected.classes, seen) if expected and sum(seen) and len(seen) == len(expected.classes) else None
        kind, reason = _judge(silent_s, SILENT_AFTER * self.every_s, last, found)
        if kind in ("silent", "waiting"):
            reason += f"; {problem}" if (problem := self._store.last_problem(self.device)) else ""
        board = load_board(last.board) if last and last.board in board_names() else None
        rates = _rates(beats, board.clock_hz) if board else (None, None)
        clock_hz = board.clock_hz if board else None
        return State(self.device, kind, reason, last_s, last, clock_hz, *rates, seen, expected, found)

    def _validation(self, model: str) -> Validation | None:
        """Return the histogram of a model; one that is not there is looked for again, as it may come yet."""
        if model not in self._validations and (found := validation(model, self._models)):
            self._validations[model] = found
        return self._validations.get(model)


def _judge(silent_s: float, limit_s: float, last: Heartbeat | None, found: Drift | None) -> tuple[str, str]:
    if silent_s > limit_s:
        return "silent", f"no heartbeat for {silent_s:.0f} s"
    if last is None:
        return "waiting", "no heartbeat yet"
    if found is None:
        return "ok", "no drift known: too little seen, or no validation of this model here"
    index = f"stability index {found.index:.2f} of {found.inferences} inferences, limit {found.limit:.2f}"
    return ("drift", f"classes are not those of the validation: {index}") if found.alarm else ("ok", index)


def _rates(beats: list[Heartbeat], clock_hz: int) -> tuple[float | None, float | None]:
    """Return inferences per second and the share of observing and telling, between the last two heartbeats."""
    if len(beats) < 2 or not _goes_on(*beats[-2:]) or beats[-1].up_us == beats[-2].up_us:
        return None, None
    before, after = beats[-2:]
    passed_s = (after.up_us - before.up_us) / 1e6
    own_s = (after.own_cycles - before.own_cycles) / clock_hz
    return (after.inferences - before.inferences) / passed_s, own_s / passed_s


class Monitor:
    """All devices, each asked by a thread of its own; `say(line)` is told whenever one becomes something else."""

    def __init__(self, watches: list[Watch], say: Callable[[str], None]):
        self._watches, self._say = watches, say
        self._ended = threading.Event()
        self._kinds: dict[str, str] = {}

    def states(self) -> list[State]:
        """Return all states, in the order of the devices."""
        return [watch.state(time.time()) for watch in self._watches]

    def report(self) -> None:
        """Tell what became of devices since the last call."""
        for state in self.states():
            if self._kinds.get(state.device) != state.kind:
                self._kinds[state.device] = state.kind
                self._say(f"{time.strftime('%H:%M:%S')} {state.device}: {state.kind}: {state.reason}")

    def run(self, ended: Callable[[], bool]) -> None:
        """Watch until `ended()`, which is asked every second."""
        threads = [threading.Thread(target=self._keep_asking, args=(watch,), daemon=True) for watch in self._watches]
        for thread in threads:
            thread.start()
        try:
            while not ended():
                self.report()
                self._ended.wait(1.0)
        finally:
            self._ended.set()

    def _keep_asking(self, watch: Watch) -> None:
        while not self._ended.is_set():
            watch.beat()
            self._ended.wait(watch.every_s)
