"""Starts a virtual board as a process of its own; from then on it is a serial port like any other."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from scripts.device.link import DeviceError

_START_S = 120.0  # of a machine that is very busy
_STOPPED = 1  # the code of a virtual board that ends by itself


class VirtualBoardStopped(DeviceError):
    """The virtual board ended by itself: the image did something that the real chip could not do either."""


class VirtualBoard:
    """Runs `elf` on the virtual `board`; a context manager whose `port` is the path of its pty.

    A board that is not `strict` answers 0 for registers that it does not model, and lists them at its end. One that is
    not `timed` has memories that answer at once: faster, with the same outputs and other cycles. The CSV file `sensor`
    has the samples of its sensor; `more` are other options of firmware.emulator. A `functional` board is one whose core
    is not modelled; it has none of these options.
    """

    def __init__(
        self,
        elf: Path,
        board: str,
        strict: bool = True,
        timed: bool = True,
        sensor: Path | None = None,
        more: Sequence[str] = (),
        functional: bool = False,
    ):
        module = "firmware.emulator.functional" if functional else "firmware.emulator"
        self._command = [sys.executable, "-m", module, str(elf), "--board", board]
        if not strict:
            self._command.append("--lenient")
        if not timed:
            self._command.append("--untimed")
        if sensor:
            self._command += ["--sensor", str(sensor)]
        self._command += more
        self._board = board
        self.port = ""

    def __enter__(self) -> "VirtualBoard":
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        # The pipe to stdin stays open as long as this process lives: the board ends with it, whatever kills it.
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self.port = self._await_port()
        return self

    def make_timed(self) -> None:
        """Switch a board that is not timed, and waits for a command, off and on again: as a timed one, at its port."""
        with suppress(BrokenPipeError):
            self._process.stdin.write("timed\n")
            self._process.stdin.flush()
        self._await_port()

    def _await_port(self) -> str:
        watchdog = threading.Timer(_START_S, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line.startswith("port: "):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            code, words = self._end(), self._last_words() or "the virtual board did not start"
            raise (VirtualBoardStopped if code == _STOPPED else DeviceError)(f"{self._board}: {words}")
        return line.removeprefix("port: ").strip()

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()
        words = self._last_words()
        self._errors.close()
        if words:
            print(words, file=sys.stderr)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Turn a DeviceError into VirtualBoardStopped if the reason is that the virtual board has stopped."""
        try:
            yield
        except DeviceError as error:
            try:
                code = self._process.wait(0.5)
            except subprocess.TimeoutExpired:
                raise error from None
            words = self._last_words() or f"the virtual board ended with code {code}"
            if code != _STOPPED:  # the host or a person ended it, which says nothing about the image
                raise DeviceError(f"{self._board}: {words}") from error
            raise VirtualBoardStopped(f"{self._board}: {words}") from error

    def _last_words(self) -> str:
        self._errors.seek(0)
        return (self._errors.read().strip().splitlines() or [""])[-1]

    def _end(self) -> int:
        """End the process; returns its code."""
        self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        return self._process.returncode
