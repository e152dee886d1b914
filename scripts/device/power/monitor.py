"""What every power monitor is, and how config/lab.yaml names one: scripts/device/power/<kind>.py, class Monitor."""

import importlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import serial

from firmware.board import Board
from scripts.device.power.trace import MonitorLost, Trace
from scripts.lib.lab import MonitorSettings

_SILENCE_S = 3.0


class Monitor(ABC):
    """A context manager around one monitor, which supplies the board if it can, from entry to exit.

    `start` and `stop` enclose a recording; the trace's clock is the host's monotonic one unless `markers` says
    otherwise.
    """

    Settings: ClassVar[type[MonitorSettings]]

    def __init__(self, settings: Any, board: Board):
        self.settings = settings
        self.board = board
        self.supply_v: float = settings.supply_v or board.power.supply_v
        self.name = f"{board.name}: {settings.kind}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    @abstractmethod
    def start(self) -> None:
        """Begin to record."""

    @abstractmethod
    def stop(self) -> Trace:
        """End the recording and return it; raises PowerError if it has a gap, saturated or broke off."""

    def markers(self, heard_s: tuple[float, float], elapsed_s: float) -> tuple[float, float]:
        """Return when the device's two markers were, on the trace's clock.

        They were heard at `heard_s` on the host's clock, and are `elapsed_s` apart on the device's.
        """
        return heard_s


class Stream:
    """Collects what `read` returns, in a thread; `end` gives all of it or says that the monitor was lost."""

    def __init__(self, name: str, read: Callable[[], bytes]):
        self._name, self._read = name, read
        self._content, self._error = bytearray(), None
        self._ended = threading.Event()
        self.started_s = time.monotonic()
        self._heard_s = self.started_s
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        while not self._ended.is_set():
            try:
                part = self._read()
            except (serial.SerialException, OSError) as error:
                self._error = error
                return
            if part:
                self._content += part
                self._heard_s = time.monotonic()
            else:
                time.sleep(0.002)

    @property
    def content(self) -> bytes:
        """What has come so far."""
        return bytes(self._content)

    def check(self) -> None:
        """Raise MonitorLost if the port is gone or has been silent for too long."""
        after = f"{time.monotonic() - self.started_s:.1f} s after its start"
        if self._error:
            raise MonitorLost(f"{self._name}: the monitor was lost within {after}: {self._error}")
        if time.monotonic() - self._heard_s > _SILENCE_S:
            raise MonitorLost(f"{self._name}: the monitor has sent nothing for {_SILENCE_S:g} s, {after}")

    def close(self) -> None:
        """Stop collecting."""
        self._ended.set()
        self._thread.join()

    def end(self) -> bytes:
        """Stop collecting and return everything."""
        self.close()
        self.check()
        return self.content


@contextmanager
def monitoring(settings: MonitorSettings | None, board: Board) -> Iterator[Monitor | None]:
    """Give the monitor that a unit of the lab is wired to, ready and supplying the board; None if it has none."""
    if settings is None:
        yield None
        return
    module = importlib.import_module(f"scripts.device.power.{settings.kind}")
    with module.Monitor(settings, board) as monitor:
        yield monitor
