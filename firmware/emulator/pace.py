"""Real time for a virtual board: its clock never runs ahead of the host's, over no interval."""

import time

from firmware.emulator.counter import Counter

_STEP_S = 0.01  # virtual time between two looks at the host's clock
BITS_PER_BYTE = 10  # start bit, eight bits, stop bit


class Pace:
    """Compares both clocks since they were last equal: time that the host lost is never made up for."""

    def __init__(self, counter: Counter, clock_hz: int, baud: int):
        self._counter = counter
        self._clock_hz = clock_hz
        self._step_cycles = round(_STEP_S * clock_hz)
        self._byte_cycles = clock_hz * BITS_PER_BYTE // baud
        self._received_cycles = 0
        self._align()

    def _align(self) -> None:
        self._cycles, self._host_s = self._counter.cycles, time.monotonic()
        self.next_cycles = self._cycles + self._step_cycles

    def _ahead_s(self) -> float:
        return (self._counter.cycles - self._cycles) / self._clock_hz - (time.monotonic() - self._host_s)

    def hold(self) -> None:
        """Sleep for as long as the board is ahead."""
        ahead_s = self._ahead_s()
        if ahead_s > 0:
            time.sleep(ahead_s)
        self._align()

    def idle(self) -> None:
        """The image did nothing but wait: the time that passed on the host passed on the board as well."""
        self._counter.advance(max(0, round(-self._ahead_s() * self._clock_hz)))
        self._align()

    def sent(self) -> None:
        """Take the time that a byte needs on the wire."""
        self._counter.advance(self._byte_cycles)

    def received(self) -> None:
        """Let no byte come earlier than one follows the other on the wire."""
        self._counter.advance(max(0, self._received_cycles + self._byte_cycles - self._counter.cycles))
        self._received_cycles = self._counter.cycles
