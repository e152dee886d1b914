"""Peripherals of the nRF52840: Product Specification v1.7. Tasks take no time, so their events come at once."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import BusError, Peripheral, Register
from firmware.emulator.console import Console
from firmware.emulator.flash import FlashController


class Clock(Peripheral):
    """CLOCK and POWER, which share their base: the 64 MHz clock, from the internal oscillator until a task starts the
    crystal; and why the chip was reset.
    """

    registers: ClassVar = {
        "TASKS_HFCLKSTART": Register(0x000, writable=1),
        "RESETREAS": Register(0x400),
        "HFCLKSTAT": Register(0x40C, reset=0x0001_0000, writable=0),
    }
    clock_hz = 64_000_000

    def __init__(self):
        super().__init__("clock", 0x4000_0000)

    def after_reset(self, cause: str) -> None:
        """POWER, RESETREAS: DOG or SREQ."""
        self.value["RESETREAS"] = 1 << 1 if cause == "watchdog" else 1 << 2

    def write_RESETREAS(self, value: int) -> None:
        """Flags are cleared by writing them."""
        self.value["RESETREAS"] &= ~value

    def write_TASKS_HFCLKSTART(self, value: int) -> None:
        """Start the crystal, which becomes the source."""
        self.value["HFCLKSTAT"] |= value

    @property
    def from_crystal(self) -> bool:
        """HFCLKSTAT.SRC."""
        return bool(self.value["HFCLKSTAT"] & 1)


class Watchdog(Peripheral):
    """WDT with its first reload register alone, which is the only one enabled after reset.

    `cycles` returns the processor's cycles. Once it runs its configuration is blocked.
    """

    registers: ClassVar = {
        "TASKS_START": Register(0x000, writable=1),
        "RUNSTATUS": Register(0x400, writable=0),
        "CRV": Register(0x504, reset=0xFFFF_FFFF),
        "RR0": Register(0x600),
    }
    _FEED, _TICK_HZ = 0x6E52_4635, 32_768

    def __init__(self, cycles: Callable[[], int]):
        super().__init__("wdt", 0x4001_0000)
        self._cycles = cycles
        self._fed_cycles: int | None = None

    def write_TASKS_START(self, value: int) -> None:
        """Start; a second time does nothing."""
        if value and self._fed_cycles is None:
            self._fed_cycles = self._cycles()
            self.value["RUNSTATUS"] = 1

    def write_CRV(self, value: int) -> None:
        """Set what it counts down from, before it runs."""
        self.value["CRV"] = value if self._fed_cycles is None else self.value["CRV"]

    def write_RR0(self, value: int) -> None:
        """Feed it, with the right word."""
        if value == self._FEED and self._fed_cycles is not None:
            self._fed_cycles = self._cycles()

    def bites_at(self) -> int | None:
        """Return the cycle at which it resets the chip unless it is fed; None if it was not started."""
        if self._fed_cycles is None:
            return None
        return self._fed_cycles + (self.value["CRV"] + 1) * Clock.clock_hz // self._TICK_HZ


class Nvmc(FlashController):
    """NVMC: the instruction cache's switch; flash in words and pages, times as in the electrical specification.

    READY is found low once where silicon stops the processor for as long, as it runs from the same flash.
    """

    registers: ClassVar = {
        "READY": Register(0x400, reset=1, writable=0),
        "CONFIG": Register(0x504, writable=3),
        "ERASEPAGE": Register(0x508),
        "ICACHECNF": Register(0x540, writable=0x101),
    }
    PAGE_BYTES = 4096
    _WRITE, _ERASE = 1, 2
    _WRITE_S, _ERASE_S = 41e-6, 85e-3

    def __init__(self):
        super().__init__("nvmc", 0x4001_E000)

    @property
    def wait_states(self) -> int:
        """At most three with the cache on, two with it off: CPU, electrical specification."""
        return 3 if self.value["ICACHECNF"] & 1 else 2

    @property
    def writable(self) -> bool:
        """CONFIG.WEN is Wen."""
        return self.value["CONFIG"] == self._WRITE

    def read_READY(self) -> int:
        """Low as often as an operation is found under way."""
        return int(not self._wait())

    def write_CONFIG(self, value: int) -> None:
        """Allow writing or erasing, never both."""
        self._check_idle()
        if value == self._WRITE | self._ERASE:
            raise BusError("nvmc CONFIG: 3 is reserved")
        self.value["CONFIG"] = value

    def write_ERASEPAGE(self, value: int) -> None:
        """Erase the page that begins at an address."""
        if self.value["CONFIG"] != self._ERASE:
            raise BusError("nvmc ERASEPAGE: erasing is not enabled")
        if value % self.PAGE_BYTES:
            raise BusError(f"nvmc ERASEPAGE: no page begins at 0x{value:08x}")
        self._work(self._ERASE_S)
        self._array.erase(value, self.PAGE_BYTES)

    def store(self, address: int, size: int, value: int) -> None:
        """NVMC, writing to flash: whole words only."""
        if size != 4 or address % 4:
            raise BusError(f"nvmc: {size} bytes at 0x{address:08x} are not a word")
        self._work(self._WRITE_S)
        self._array.program(address, value.to_bytes(4, "little"))


class Gpio(Peripheral):
    """One GPIO port, its registers counted from OUT's offset, 0x500; it keeps its configuration."""

    registers: ClassVar = {
        "OUTSET": Register(0x008),
        **{f"PIN_CNF{n}": Register(0x200 + 4 * n, reset=2) for n in range(32)},
    }

    def __init__(self, port: int):
        super().__init__(f"p{port}", 0x5000_0500 + 0x300 * port)

    def is_output(self, pin: int) -> bool:
        """PIN_CNF.DIR."""
        return bool(self.value[f"PIN_CNF{pin}"] & 1)


class Uart(Peripheral):
    """UART, the one without DMA. A byte leaves at once; one that came is in RXD when its event has been seen."""

    registers: ClassVar = {
        "TASKS_STARTRX": Register(0x000, writable=1),
        "TASKS_STARTTX": Register(0x008, writable=1),
        "EVENTS_RXDRDY": Register(0x108, writable=1),
        "EVENTS_TXDRDY": Register(0x11C, writable=1),
        "ENABLE": Register(0x500, writable=0xF),
        "PSEL_RTS": Register(0x508, reset=0xFFFF_FFFF),
        "PSEL_TXD": Register(0x50C, reset=0xFFFF_FFFF),
        "PSEL_CTS": Register(0x510, reset=0xFFFF_FFFF),
        "PSEL_RXD": Register(0x514, reset=0xFFFF_FFFF),
        "RXD": Register(0x518, writable=0),
        "TXD": Register(0x51C, writable=0xFF),
        "BAUDRATE": Register(0x524, reset=0x0400_0000),
        "CONFIG": Register(0x56C, writable=0xF),
    }
    _ENABLED = 4
    _DISCONNECTED = 1 << 31

    def __init__(self, name: str, base: int, console: Console):
        super().__init__(name, base)
        self._console = console

    def _runs(self, task: str, pin: str) -> bool:
        enabled = self.value["ENABLE"] == self._ENABLED and not self.value[pin] & self._DISCONNECTED
        return enabled and bool(self.value[task])

    def write_ENABLE(self, value: int) -> None:
        """Enabling and disabling leave both directions stopped."""
        self.value |= {"ENABLE": value, "TASKS_STARTRX": 0, "TASKS_STARTTX": 0}

    def read_EVENTS_RXDRDY(self) -> int:
        """Raise the event if a byte has come."""
        if self._runs("TASKS_STARTRX", "PSEL_RXD") and self._console.available():
            self.value["EVENTS_RXDRDY"] = 1
        return self.value["EVENTS_RXDRDY"]

    def read_RXD(self) -> int:
        """Take the received byte."""
        return self._console.receive() if self._runs("TASKS_STARTRX", "PSEL_RXD") else 0

    def write_TXD(self, value: int) -> None:
        """Send a byte; a transmitter that is off loses it and never says that it is done."""
        if self._runs("TASKS_STARTTX", "PSEL_TXD"):
            self._console.send(value)
            self.value["EVENTS_TXDRDY"] = 1

    def baud(self) -> float:
        """BAUDRATE is the part of the 16 MHz peripheral clock in units of 2^-32."""
        return self.value["BAUDRATE"] * 16e6 / (1 << 32)
