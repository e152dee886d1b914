"""SPI of the STM32F4 as a master, and the port whose pin selects what is behind it."""

from collections.abc import Callable
from typing import Any, ClassVar

from firmware.emulator.bus import Peripheral, Register
from firmware.emulator.peripherals.stm32_common import Gpio


class SelectingGpio(Gpio):
    """A port of which one pin is a chip select: low selects."""

    def __init__(self, letter: str, base: int, clocked: Callable[[], bool], pins: str, pin: int):
        super().__init__(letter, base, clocked, pins)
        self._pin = pin
        self.on_select: Callable[[], None] = lambda: None

    @property
    def selected(self) -> bool:
        """True while the pin is an output and low."""
        return self.value["MODER"] >> 2 * self._pin & 3 == 1 and not self.drives_high(self._pin)

    def write_BSRR(self, value: int) -> None:
        """Set and reset pins; a falling chip select begins a transfer."""
        before = self.selected
        super().write_BSRR(value)
        if self.selected and not before:
            self.on_select()


class Spi(Peripheral):
    """RM0090: master with software slave management, 8 bits. A transfer takes no time.

    Nothing answers, which reads as ones, unless `device` is set and its chip select is low.
    """

    registers: ClassVar = {
        "CR1": Register(0x00, writable=0xFFFF),
        "CR2": Register(0x04, writable=0x00F7),
        "SR": Register(0x08, reset=0x0002, writable=0),
        "DR": Register(0x0C, writable=0xFFFF),
    }
    _RXNE, _TXE, _MSTR, _SPE = 1 << 0, 1 << 1, 1 << 2, 1 << 6

    def __init__(self, name: str, base: int, clocked: Callable[[], bool], select: SelectingGpio):
        super().__init__(name, base, clocked)
        self._select = select
        self._device: Any = None
        self._received: int | None = None

    def attach(self, device: Any) -> None:
        """Put a device with `select()` and `exchange(byte)` behind the bus."""
        self._device, self._select.on_select = device, device.select

    def read_SR(self) -> int:
        """Transmitter always empty, never busy."""
        return self._TXE | (self._RXNE if self._received is not None else 0)

    def read_DR(self) -> int:
        """Take the received byte."""
        received, self._received = self._received, None
        return received or 0

    def write_DR(self, value: int) -> None:
        """Exchange a byte; an SPI that is off or no master sends nothing."""
        if self.value["CR1"] & (self._MSTR | self._SPE) == self._MSTR | self._SPE:
            answers = self._device is not None and self._select.selected
            self._received = self._device.exchange(value & 0xFF) if answers else 0xFF
