"""Power monitors played over a pty, written from the public descriptions of their protocols: a PPK2 and an LPM01A.

Both play a current that is a function of the time since the start of a recording, and can lose samples, go silent or
be unplugged.
"""

import os
import select
import threading
import time
import tty
from collections.abc import Callable
from typing import Self

import numpy as np

Profile = Callable[[np.ndarray], np.ndarray]  # amperes at times in seconds


class Played:
    """A pty with a thread that plays a monitor; `port` is what the product opens."""

    def __init__(self, profile: Profile):
        self._profile = profile
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._ended = threading.Event()
        self._started_s: float | None = None
        self.sent = 0  # samples of this recording
        self.lose: range = range(0)  # samples that are never sent
        self.silent_after: float = float("inf")  # seconds
        self.unplug_after: float = float("inf")
        self.commands: list[str] = []
        self._thread = threading.Thread(target=self._play, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._unplug()

    def _unplug(self) -> None:
        for descriptor in (self._slave, self._master):
            if descriptor >= 0:
                os.close(descriptor)
        self._slave = self._master = -1

    def _play(self) -> None:
        while not self._ended.is_set():
            if select.select([self._master], [], [], 0.005)[0]:
                self.obey(os.read(self._master, 4096))
            if self._started_s is None:
                continue
            now = time.monotonic() - self._started_s
            if now > self.unplug_after:
                self._unplug()
                return
            self.play_until(min(now, self.silent_after))

    def start(self) -> None:
        self._started_s, self.sent = time.monotonic(), 0

    def stop(self) -> None:
        if self._started_s is not None:
            self.play_until(min(time.monotonic() - self._started_s, self.silent_after))
        self._started_s = None

    def write(self, content: bytes) -> None:
        while content and not self._ended.is_set():
            if select.select([], [self._master], [], 0.1)[1]:
                content = content[os.write(self._master, content[:2048]) :]

    def due(self, seconds: float, rate_hz: int) -> np.ndarray:
        """Return the indices of the samples that are due by now."""
        indices = np.arange(self.sent, max(self.sent, int(seconds * rate_hz)))
        self.sent += len(indices)
        return indices

    def obey(self, content: bytes) -> None:
        raise NotImplementedError

    def play_until(self, seconds: float) -> None:
        raise NotImplementedError


class PlayedPpk2(Played):
    """One-byte commands with arguments; 4 bytes a sample, 100,000 a second."""

    RATE_HZ = 100_000
    LENGTHS = {0x0C: 2, 0x0D: 3, 0x11: 2}  # noqa: RUF012  power of the board, voltage, mode; all others 1
    # Upper end of each range, and the resistances that every kit starts from.
    LIMITS_A, OHMS = (50e-6, 500e-6, 5e-3, 60e-3), (1031.64, 101.65, 10.15, 0.94, 0.043)
    VOLTS_PER_COUNT = 1.8 / 163840

    def obey(self, content: bytes) -> None:
        while content:
            command, content = content[: self.LENGTHS.get(content[0], 1)], content[self.LENGTHS.get(content[0], 1) :]
            self.commands.append(command.hex())
            if command[0] == 0x19:
                self.write(self.metadata())
            elif command[0] == 0x06:
                self.start()
            elif command[0] == 0x07:
                self.stop()

    def metadata(self) -> bytes:
        lines = ["Calibrated: 0"] + [f"R{i}: {ohm:.4f}" for i, ohm in enumerate(self.OHMS)]
        for name, value in (("GS", 1), ("GI", 1), ("O", 0), ("S", 0), ("I", 0), ("UG", 1)):
            # A gain of second order and offsets are zero in the ideal kit.
            lines += [f"{name}{i}: {0 if name == 'GS' else value:.4f}" for i in range(5)]
        return ("\n".join([*lines, "HW: 9173", "mode: 2", "vdd: 3300", "IA: 56"]) + "\nEND").encode()

    def play_until(self, seconds: float) -> None:
        indices = self.due(seconds, self.RATE_HZ)
        if not len(indices):
            return
        current_a = self._profile(indices / self.RATE_HZ)
        ranges = np.searchsorted(self.LIMITS_A, current_a)
        counts = current_a * np.array(self.OHMS)[ranges] / self.VOLTS_PER_COUNT / 4
        counts = np.clip(np.rint(counts), 0, 0x3FFF).astype(np.uint32)
        words = counts | ranges.astype(np.uint32) << 14 | (indices & 0x3F).astype(np.uint32) << 18
        kept = ~np.isin(indices, self.lose)
        self.write(words[kept].astype("<u4").tobytes())


class PlayedLpm01a(Played):
    """Text commands that end in a line feed; energy in joules, four digits and an exponent, 1,000 lines a second."""

    RATE_HZ = 1000

    def __init__(self, profile: Profile):
        super().__init__(profile)
        self._line, self._volts = b"", 3.3

    def obey(self, content: bytes) -> None:
        *lines, self._line = (self._line + content).split(b"\n")
        for text in (line.decode().strip() for line in lines):
            self.commands.append(text)
            if text.startswith("volt "):
                self._volts = int(text[5:-1]) / 1000
            if text == "stop":
                self.stop()
                self.write(b"\r\nPowerShield > Acquisition completed\r\n")
            elif text.startswith("volt ") and not 1.8 <= self._volts <= 3.3:
                self.write(b"PowerShield > error " + text.encode() + b"\r\nError detail: out of range\r\n")
            else:
                self.write(b"PowerShield > ack " + text.encode() + b"\r\n\r\n")
            if text == "start":
                self.start()

    def play_until(self, seconds: float) -> None:
        lines = []
        for index in self.due(seconds, self.RATE_HZ):
            if index % self.RATE_HZ == 0:
                lines.append(f"TimeStamp: {index // self.RATE_HZ:03d}s 000ms, buff 01%")
            # Energy is integrated over the millisecond, as the real one does.
            times = (index + (np.arange(20) + 0.5) / 20) / self.RATE_HZ
            energy_j = float(self._profile(times).mean()) * self._volts / self.RATE_HZ
            digits, exponent = f"{energy_j:.3e}".split("e")
            if index not in self.lose:
                lines.append(f"{digits.replace('.', '')}{int(exponent) - 3:+03d}")
        if lines:
            self.write(("\r\n".join(lines) + "\r\n").encode())
