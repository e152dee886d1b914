"""Nordic Power Profiler Kit II: 100,000 samples/s, as a source of 0.8 to 5 V or as an ammeter, up to 1 A."""

import subprocess
import sys
import threading
from typing import Annotated, Literal, NoReturn, Self

import numpy as np
import pydantic

from firmware.board import Board
from scripts.device.link import open_port
from scripts.device.power.monitor import Monitor as Base
from scripts.device.power.trace import MonitorLost, MonitorSaturated, PowerError, Trace, TraceGap
from scripts.lib.lab import MonitorSettings

RATE_HZ = 100_000
_START_S = 30.0
_STOP_S = 300.0  # the reader decodes some ten seconds of samples
_ERRORS = {kind.__name__: kind for kind in (MonitorLost, MonitorSaturated, PowerError, TraceGap)}


class Settings(MonitorSettings):
    """How the kit is reached and wired."""

    port: Annotated[str, pydantic.Field(min_length=1)]  #: of the kit
    mode: Literal["source", "ammeter"] = "source"  #: whether it supplies the board, or stands in its supply line


class Monitor(Base):
    """A kit on a serial port, read by scripts.device.power.ppk2_reader."""

    Settings = Settings

    def __init__(self, settings: Settings, board: Board):
        super().__init__(settings, board)
        if not 0.8 <= self.supply_v <= 5.0:
            raise PowerError(f"{self.name}: supply_v is {self.supply_v:g}, expected 0.8 to 5.0 V")

    def __enter__(self) -> Self:
        open_port(self.settings.port, 9600).close()  # absent and busy ports get the words that they have everywhere
        words = (self.settings.port, self.settings.mode, str(round(self.supply_v * 1000)))
        self._reader = subprocess.Popen(
            [sys.executable, "-m", "scripts.device.power.ppk2_reader", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._expect(b"ready\n")
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader.poll() is None:
            try:
                self._reader.communicate(timeout=_STOP_S)  # at the end of its input the reader switches the board off
            except subprocess.TimeoutExpired:
                self._reader.kill()
                self._reader.communicate()
        for pipe in (self._reader.stdin, self._reader.stdout, self._reader.stderr):
            pipe.close()

    def start(self) -> None:
        """Begin to sample."""
        self._tell(b"start\n")
        self._expect(b"started\n")

    def stop(self) -> Trace:
        """End the recording and return it."""
        try:
            content, words = self._reader.communicate(b"stop\n", _STOP_S)
        except subprocess.TimeoutExpired:
            self._fail("stop")
        if self._reader.returncode:
            self._fail("stop", words)
        current_a = np.frombuffer(content, "<f4").astype(np.float64)
        first_s = float(words.splitlines()[-1])
        time_s = first_s + np.arange(len(current_a)) / RATE_HZ
        return Trace(self.name, time_s, current_a * self.supply_v)

    def _tell(self, words: bytes) -> None:
        try:
            self._reader.stdin.write(words)
            self._reader.stdin.flush()
        except BrokenPipeError:
            self._fail(words.decode().strip())

    def _expect(self, words: bytes) -> None:
        watchdog = threading.Timer(_START_S, self._reader.kill)
        watchdog.start()
        line = self._reader.stdout.readline()
        watchdog.cancel()
        if line != words:
            self._fail(words.decode().strip())

    def _fail(self, what: str, words: bytes = b"") -> NoReturn:
        """Raise what the reader said before it ended."""
        if not words:
            self._reader.kill()
            words = self._reader.stderr.read()
        lines = words.decode(errors="replace").strip().splitlines() or ["no message"]
        kind, _, message = lines[-1].partition(": ")
        if kind in _ERRORS:
            raise _ERRORS[kind](f"{self.name}: {message}")
        raise PowerError(f"{self.name}: {what!r} failed: {lines[-1]}")
