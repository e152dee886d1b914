"""A serial link that fails: between a virtual board and whoever opens its port, it does what bad cables do."""

import os
import select
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firmware.board import Board
from scripts.device import protocol
from scripts.device.link import DeviceError
from scripts.device.virtual_board import VirtualBoard
from scripts.lib import results
from scripts.lib.config import Image
from scripts.lib.lab import Lab, Unit
from scripts.measure_cell import WrongImage, measure_cell
from scripts.measure_image import measure_image

KINDS = ("garbage", "change", "drop", "cut", "pause", "silence", "reset", "unplug")
_PAUSE_S = 0.3
# Three attempts at one exchange, each with its time limits; what takes longer hangs.
LIMIT_S = 60.0


@dataclass(frozen=True)
class Fault:
    """What happens `at` this byte of one direction.

    garbage: `count` bytes appear; change: the byte has another value; drop: `count` bytes are lost; cut: a line loses
    its rest, for an odd `count` with the line's end; pause: nothing comes for a while; silence: never again; reset: the
    board starts anew; unplug: the port is gone.
    """

    kind: str
    to_board: bool
    at: int
    count: int
    seed: int


class LinkBroken(RuntimeError):
    """The link itself failed, in a way that nobody planned."""


class FaultyLink:
    """Runs an image on a virtual board with `options`; a context manager. `session` gives a port that fails so."""

    def __init__(self, elf: Path, board: str, **options: object):
        self._image, self._options = (elf, board), options
        self.traffic = [0, 0]  # bytes to the host and to the board in the last session
        self.heard = bytearray()  # what the board said in it

    def __enter__(self) -> "FaultyLink":
        self._use(self._started())
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _started(self) -> VirtualBoard:
        return VirtualBoard(*self._image, **self._options).__enter__()

    def _use(self, board: VirtualBoard) -> None:
        self._board = board
        self._device = os.open(board.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def _stop(self) -> None:
        os.close(self._device)
        self._board.__exit__(None, None, None)

    @contextmanager
    def session(self, faults: list[Fault]) -> Iterator[str]:
        """Give the path of a port; its faults count bytes from now on."""
        # A board that is reset talks again at once; a process takes its time to start.
        self._spares = [self._started() for fault in faults if fault.kind == "reset"]
        self._host, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._host, False)
        self._plugged, self._silent, self._cutting = True, False, [None, None]
        self._skip, self.traffic, self.heard = [0, 0], [0, 0], bytearray()
        self._faults = list(faults)
        self._ended, self._error = threading.Event(), None
        thread = threading.Thread(target=self._carry, daemon=True)
        thread.start()
        path = os.ttyname(slave)
        self._slave = slave
        try:
            yield path
        finally:
            self._ended.set()
            thread.join()
            if self._plugged:
                self._unplug()
            for spare in self._spares:
                spare.__exit__(None, None, None)
            if self._error:
                self._use(self._started())
                raise LinkBroken(repr(self._error)) from self._error

    def _unplug(self) -> None:
        self._plugged = False
        os.close(self._slave)
        os.close(self._host)

    def _carry(self) -> None:
        try:
            while not self._ended.is_set():
                ends = [self._device, self._host] if self._plugged else [self._device]
                for end in select.select(ends, [], [], 0.02)[0]:
                    to_board = end != self._device
                    if end in (self._device, self._host) and (self._plugged or not to_board):
                        self._pass_on(os.read(end, 4096), to_board)
        except Exception as error:
            self._error = error

    def _pass_on(self, data: bytes, to_board: bool) -> None:
        passed = bytearray()
        for byte in data:
            position = self.traffic[to_board]
            self.traffic[to_board] += 1
            if not to_board:
                self.heard.append(byte)
            for fault in [f for f in self._faults if f.to_board == to_board and f.at == position]:
                self._faults.remove(fault)
                passed += self._happen(fault)
                if fault.kind == "change":
                    byte ^= 1 + fault.seed % 255
                if fault.kind == "reset":
                    return
            if self._skip[to_board]:
                self._skip[to_board] -= 1
            elif self._cutting[to_board] is None:
                passed.append(byte)
            elif byte in b"\n%":
                passed += bytes([byte])[: self._cutting[to_board]]
                self._cutting[to_board] = None
        if not self._silent and self._plugged:
            self._send(self._device if to_board else self._host, passed)

    def _send(self, end: int, data: bytes) -> None:
        """Write all of it, unless the session ends before anybody reads it."""
        while data and not self._ended.is_set():
            if select.select([], [end], [], 0.02)[1]:
                data = data[os.write(end, data) :]

    def _happen(self, fault: Fault) -> bytes:
        """Do what the fault does beside changing a byte; return bytes that appear from nowhere."""
        if fault.kind == "garbage":
            return np.random.default_rng(fault.seed).bytes(fault.count)
        if fault.kind == "drop":
            self._skip[fault.to_board] = fault.count
        elif fault.kind == "cut":
            self._cutting[fault.to_board] = 1 - fault.count % 2  # how many bytes of the line's end get through
        elif fault.kind == "pause":
            time.sleep(_PAUSE_S)
        elif fault.kind == "silence":
            self._silent = True
        elif fault.kind == "reset":
            self._stop()
            self._use(self._spares.pop())
        elif fault.kind == "unplug" and self._plugged:
            self._unplug()
        return b""


def plan(seed: int, traffic: list[int]) -> list[Fault]:
    """Return one to three faults for a session of about this much traffic."""
    rng = np.random.default_rng(seed)
    faults = []
    for _ in range(rng.integers(1, 4)):
        to_board = bool(rng.integers(2))
        at, count, own = int(rng.integers(traffic[to_board])), int(rng.integers(1, 20)), int(rng.integers(1 << 31))
        faults.append(Fault(str(rng.choice(KINDS)), to_board, at, count, own))
    return faults


@dataclass(frozen=True)
class Cell:
    """What there is to measure: image, its record, board, network and test vectors."""

    elf: Path
    build: results.BuildRecord
    board: Board
    tflite: Path
    vectors: Path

    def measure(self, port: str) -> results.Measurement:
        """Measure through a port behind which the image runs already."""
        return measure_cell(self.elf, self.build, self.board, self.vectors, self._lab(port))

    def is_right(self, record: results.Measurement, expected: results.Measurement) -> bool:
        """Return whether a record says what one over a good link says."""
        return record == expected

    def _lab(self, port: str) -> Lab:
        return Lab(boards=[Unit(board=self.board.name, port=port, flash_command=[])])


class ForeignCell(Cell):
    """The same image as if another engine had built it: measured without our checksums."""

    def measure(self, port: str) -> results.Measurement:
        """Measure through a port behind which the image runs already."""
        names = {"name": "other", "title": "other", "engine": "other", "file": "other.elf"}
        image = Image(**names, model=self.build.model, scheme=self.build.scheme, board=self.board.name)
        return measure_image(image, self.elf, self.board, self.tflite, self.vectors, self._lab(port))

    def is_right(self, record: results.Measurement, expected: results.Measurement) -> bool:
        """Return whether it is the same but for time, and energy with it: laps start and end between two ticks."""
        if record.latency is None or abs(record.latency.us / expected.latency.us - 1) > 0.01:
            return False
        rest = {"latency": None, "energy": None}
        return record.model_copy(update=rest) == expected.model_copy(update=rest)


def check(link: FaultyLink, cell: Cell, expected: results.Measurement, faults: list[Fault]) -> str:
    """Measure with faults; return "right" or the named error. Raises AssertionError for a wrong record or a hang."""
    outcome, started = "right", time.monotonic()
    try:
        with link.session(faults) as port:
            started = time.monotonic()
            record = cell.measure(port)
        assert cell.is_right(record, expected), f"wrong record after {faults}: {record}"
    except (DeviceError, WrongImage) as error:
        assert str(error).startswith((cell.board.name, "port ")), f"an error without the board's name: {error}"
        outcome = str(error)
    assert time.monotonic() - started < LIMIT_S, f"{faults} took {time.monotonic() - started:.0f} s"
    return outcome


@contextmanager
def short_limits() -> Iterator[None]:
    """Let nothing wait for long: the virtual board answers at once."""
    before = protocol.ANSWER_S, protocol.INFER_S
    protocol.ANSWER_S, protocol.INFER_S = 0.6, 1.2
    try:
        yield
    finally:
        protocol.ANSWER_S, protocol.INFER_S = before
