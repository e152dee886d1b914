"""The basic timers TIM6 and TIM7 of all STM32 families: RM0090."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import Peripheral, Register


class BasicTimer(Peripheral):
    """Counts up to ARR and starts again; `clock_cycles` returns the processor's cycles in one of the timer's clock.

    With ARR = 0, as after reset, it stands still. A new prescaler counts from the next update by EGR or the next start
    on; one-pulse mode is not modelled.
    """

    registers: ClassVar = {
        "CR1": Register(0x00, writable=0x87),
        "CR2": Register(0x04, writable=0x70),
        "DIER": Register(0x0C, writable=0x1),
        "SR": Register(0x10, writable=0x1),
        "EGR": Register(0x14, writable=0x1),
        "CNT": Register(0x24, writable=0xFFFF),
        "PSC": Register(0x28, writable=0xFFFF),
        "ARR": Register(0x2C, writable=0xFFFF),
    }
    _CEN, _URS = 1 << 0, 1 << 2

    def __init__(
        self,
        name: str,
        base: int,
        clocked: Callable[[], bool],
        cycles: Callable[[], int],
        clock_cycles: Callable[[], int],
    ):
        super().__init__(name, base, clocked)
        self._cycles = cycles
        self._clock_cycles = clock_cycles
        self._prescaler = 0
        self._zero_cycles = 0  # the time at which a running counter was zero
        self._overflows_seen = 0

    def _running(self) -> bool:
        return bool(self.value["CR1"] & self._CEN and self.value["ARR"])

    def _count_cycles(self) -> int:
        return (self._prescaler + 1) * self._clock_cycles()

    def _counts(self) -> int:
        """Return how often the counter has counted since it was zero."""
        return (self._cycles() - self._zero_cycles) // self._count_cycles()

    def _set(self, count: int) -> None:
        self.value["CNT"] = count
        self._zero_cycles = self._cycles() - count * self._count_cycles()
        self._overflows_seen = 0

    def _look(self) -> None:
        """Raise the update flag if the counter has started again since the last look."""
        if self._running():
            overflows = self._counts() // (self.value["ARR"] + 1)
            self.value["SR"] |= overflows > self._overflows_seen
            self._overflows_seen = overflows

    def read_CNT(self) -> int:
        """Return the counter."""
        return self._counts() % (self.value["ARR"] + 1) if self._running() else self.value["CNT"]

    def write_CNT(self, value: int) -> None:
        """Set the counter."""
        self._look()
        self._set(value)

    def write_ARR(self, value: int) -> None:
        """Set the last count; the counter keeps its value."""
        self._look()
        count = self.read_CNT()
        self.value["ARR"] = value
        self._set(count)

    def write_CR1(self, value: int) -> None:
        """Start or stop the counter; it keeps its value."""
        self._look()
        count, started = self.read_CNT(), value & self._CEN and not self._running()
        self.value["CR1"] = value
        if started:
            self._prescaler = self.value["PSC"]
        self._set(count)

    def write_EGR(self, value: int) -> None:
        """UG starts again from zero with the new prescaler, and raises the flag unless URS is set."""
        if value:
            self._prescaler = self.value["PSC"]
            self._set(0)
            self.value["SR"] |= not self.value["CR1"] & self._URS

    def read_SR(self) -> int:
        """UIF."""
        self._look()
        return self.value["SR"]

    def write_SR(self, value: int) -> None:
        """A zero clears UIF, a one does nothing."""
        self._look()
        self.value["SR"] &= value

    def interrupt(self) -> bool:
        """UIE and UIF."""
        return bool(self.value["DIER"] & self.read_SR())

    def rises_at(self) -> int | None:
        """The next overflow, if it gives an interrupt."""
        if not self._running() or not self.value["DIER"]:
            return None
        period = self.value["ARR"] + 1
        return self._zero_cycles + (self._counts() // period + 1) * period * self._count_cycles()
