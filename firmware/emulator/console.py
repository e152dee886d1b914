"""The virtual board's UART as a raw pseudo-terminal that any serial program can open, close and open again."""

import contextlib
import os
import pty
import select
import tty
from collections import deque
from collections.abc import Callable

from firmware.emulator.pace import Pace

# An image that asks this often in a row for input that is not there, each time within so many cycles, waits for it.
_PATIENCE_POLLS = 8
_TIGHT_LOOP_CYCLES = 1000
_IDLE_S = 0.02
_CHUNK_BYTES = 512


class Console:
    """Bytes to and from the image. `cycles` tells the virtual time; it separates waiting from polling now and then.

    With a `pace`, output comes no earlier than from a real board, and input no faster than its line carries it.
    """

    def __init__(self, cycles: Callable[[], int], pace: Pace | None = None):
        # Holding the slave open keeps the terminal alive while no client is connected.
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._received: deque[int] = deque()
        self._sending = bytearray()
        self.serve(cycles, pace)

    def serve(self, cycles: Callable[[], int], pace: Pace | None) -> None:
        """Begin anew with another clock, for a board that was reset."""
        self._cycles, self._pace = cycles, pace
        self._polls = 0
        self._last_poll_cycles = 0

    def send(self, byte: int) -> None:
        """Send one byte; the host sees it at the end of a line, of a chunk, or when the image waits for input."""
        self._polls = 0
        self._sending.append(byte)
        if self._pace:
            self._pace.sent()
        if byte == ord("\n") or len(self._sending) >= _CHUNK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand everything sent to the host; waits while the terminal is full, and keeps receiving meanwhile."""
        if self._pace and self._sending:
            self._pace.hold()
        while self._sending:
            try:
                del self._sending[: os.write(self._master, self._sending)]
            except BlockingIOError:
                select.select([self._master], [self._master], [])
                self._receive()

    def available(self) -> bool:
        """True if a byte has been received. Sleeps a little when the image does nothing but ask."""
        if self._received:
            return True
        now_cycles = self._cycles()
        tight = now_cycles - self._last_poll_cycles < _TIGHT_LOOP_CYCLES
        self._last_poll_cycles = now_cycles
        self._polls = self._polls + 1 if tight else 0
        if self._polls == 1 and tight:
            return False  # perhaps a look at the transmitter, which shares the status register
        idle = self._polls >= _PATIENCE_POLLS
        if idle:
            self.flush()
        self._look(_IDLE_S if idle else 0)
        if idle and self._pace:
            self._pace.idle()
        return bool(self._received)

    def has_input(self) -> bool:
        """True if a byte has been received; never sleeps."""
        self.flush()
        if not self._received:
            self._look(0)
        return bool(self._received)

    def wait(self, timeout_s: float) -> None:
        """Sleep until a byte comes, for so long at most."""
        self.flush()
        if not self._received:
            self._look(timeout_s)

    def _look(self, timeout_s: float) -> None:
        if select.select([self._master], [], [], timeout_s)[0]:
            self._receive()

    def receive(self) -> int:
        """Return the next byte, or 0 when there is none."""
        self._polls = 0
        if self._pace and self._received:
            self._pace.received()
        return self._received.popleft() if self._received else 0

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._received.extend(os.read(self._master, 4096))

    def close(self) -> None:
        """Flush and close the terminal."""
        self.flush()
        os.close(self._master)
        os.close(self._slave)
