"""The independent watchdog of the STM32 families: RM0090 and RM0444, IWDG. Its own clock is taken for 32 kHz."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import Peripheral, Register

_LSI_HZ = 32_000


class IndependentWatchdog(Peripheral):
    """IWDG without a window. Prescaler and reload value are locked but for what follows the key 0x5555.

    `cycles` returns the processor's cycles, `core_hz` how many there are in a second.
    """

    registers: ClassVar = {
        "KR": Register(0x00, writable=0xFFFF),
        "PR": Register(0x04, writable=7),
        "RLR": Register(0x08, reset=0xFFF, writable=0xFFF),
        "SR": Register(0x0C, writable=0),
    }
    _UNLOCK, _FEED, _START = 0x5555, 0xAAAA, 0xCCCC

    def __init__(self, cycles: Callable[[], int], core_hz: Callable[[], int]):
        super().__init__("iwdg", 0x4000_3000)
        self._cycles, self._core_hz = cycles, core_hz
        self._fed_cycles: int | None = None
        self._unlocked = False

    def write_KR(self, value: int) -> None:
        """Start, feed or unlock; it cannot be stopped, and KR reads as zero."""
        self._unlocked = value == self._UNLOCK
        if value == self._START or (value == self._FEED and self._fed_cycles is not None):
            self._fed_cycles = self._cycles()

    def write_PR(self, value: int) -> None:
        """Set the prescaler, if unlocked."""
        self.value["PR"] = value if self._unlocked else self.value["PR"]

    def write_RLR(self, value: int) -> None:
        """Set what it counts down from, if unlocked."""
        self.value["RLR"] = value if self._unlocked else self.value["RLR"]

    def bites_at(self) -> int | None:
        """Return the cycle at which it resets the chip unless it is fed; None if it was not started."""
        if self._fed_cycles is None:
            return None
        ticks = (self.value["RLR"] + 1) * (4 << min(self.value["PR"], 6))
        return self._fed_cycles + ticks * self._core_hz() // _LSI_HZ
