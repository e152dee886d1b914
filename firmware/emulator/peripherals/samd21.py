"""Peripherals of the SAM D21: DS40001882. Clock domains synchronise in no time: SYNCBUSY reads as zero."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import Peripheral, Register
from firmware.emulator.console import Console

_OSC32K_HZ = 32_768
_OSC8M_HZ = 8_000_000


class Sysctrl(Peripheral):
    """SYSCTRL: oscillators. An enabled oscillator is ready at once, and the DFLL locks at once in closed loop."""

    registers: ClassVar = {
        "INTFLAG": Register(0x08),
        "PCLKSR": Register(0x0C, writable=0),
        "XOSC32K": Register(0x14, reset=0x0080, size=2),
        "OSC8M": Register(0x20, reset=0x0000_0382),
        "DFLLCTRL": Register(0x24, reset=0x0080, size=2),
        "DFLLVAL": Register(0x28),
        "DFLLMUL": Register(0x2C),
    }
    _ENABLE, _CLOSED_LOOP = 1 << 1, 1 << 2
    _XOSC32KRDY, _OSC8MRDY, _DFLLRDY, _DFLLLCKF, _DFLLLCKC = 1 << 1, 1 << 3, 1 << 4, 1 << 6, 1 << 7

    def __init__(self):
        super().__init__("sysctrl", 0x4000_0800)

    def read_PCLKSR(self) -> int:
        """Ready and lock bits, from the enable bits. The DFLL is ready for writing even when it is off."""
        locked = self.value["DFLLCTRL"] & (self._ENABLE | self._CLOSED_LOOP) == self._ENABLE | self._CLOSED_LOOP
        return (
            self._DFLLRDY
            | (self._XOSC32KRDY if self.value["XOSC32K"] & self._ENABLE else 0)
            | (self._OSC8MRDY if self.value["OSC8M"] & self._ENABLE else 0)
            | (self._DFLLLCKF | self._DFLLLCKC if locked else 0)
        )

    @property
    def dfll_hz(self) -> int:
        """The closed-loop frequency, for a 32.768 kHz reference; 0 when the loop is not closed."""
        locked = self.read_PCLKSR() & self._DFLLLCKF
        return (self.value["DFLLMUL"] & 0xFFFF) * _OSC32K_HZ if locked else 0

    def source_hz(self, source: int) -> int:
        """The frequency of a generator source: XOSC32K, OSC8M (divided) and DFLL48M."""
        osc8m_hz = _OSC8M_HZ >> (self.value["OSC8M"] >> 8 & 3)
        xosc32k_hz = _OSC32K_HZ if self.value["XOSC32K"] & self._ENABLE else 0
        return {5: xosc32k_hz, 6: osc8m_hz, 7: self.dfll_hz}.get(source, 0)


class Gclk(Peripheral):
    """GCLK: generic clock controller. CTRL.SWRST completes at once."""

    registers: ClassVar = {
        "CTRL": Register(0x00, size=1, writable=0),
        "STATUS": Register(0x01, size=1, writable=0),
        "CLKCTRL": Register(0x02, size=2),
        "GENCTRL": Register(0x04),
        "GENDIV": Register(0x08),
    }

    def __init__(self, sysctrl: Sysctrl):
        super().__init__("gclk", 0x4000_0C00)
        self._sysctrl = sysctrl
        self._channels: dict[int, int] = {}
        self._generators = {0: 0x0001_0600}  # after reset generator 0 runs from OSC8M
        self._divisors: dict[int, int] = {}

    def write_CLKCTRL(self, value: int) -> None:
        """Set the channel that the ID field names."""
        self.value["CLKCTRL"] = value
        self._channels[value & 0x3F] = value

    def write_GENCTRL(self, value: int) -> None:
        """Set the generator that the ID field names."""
        self.value["GENCTRL"] = value
        self._generators[value & 0xF] = value

    def write_GENDIV(self, value: int) -> None:
        """Set the divisor of the generator that the ID field names."""
        self.value["GENDIV"] = value
        self._divisors[value & 0xF] = value >> 8 & 0xFFFF

    def generator_hz(self, generator: int) -> int:
        """The frequency of a generator; 0 when it is off. DIVSEL = 0: the divisor divides."""
        control = self._generators.get(generator, 0)
        source_hz = self._sysctrl.source_hz(control >> 8 & 0x1F) if control >> 16 & 1 else 0
        return source_hz // max(1, self._divisors.get(generator, 1))

    def channel_hz(self, channel: int) -> int:
        """The frequency that a peripheral channel gets; 0 when it is off."""
        control = self._channels.get(channel, 0)
        return self.generator_hz(control >> 8 & 0xF) if control >> 14 & 1 else 0


class PowerManager(Peripheral):
    """PM: bus clock gates."""

    registers: ClassVar = {
        "CPUSEL": Register(0x08, size=1),
        "APBASEL": Register(0x09, size=1),
        "APBBSEL": Register(0x0A, size=1),
        "APBCSEL": Register(0x0B, size=1),
        "AHBMASK": Register(0x14, reset=0x0000_007F),
        "APBAMASK": Register(0x18, reset=0x0000_007F),
        "APBBMASK": Register(0x1C, reset=0x0000_007F),
        "APBCMASK": Register(0x20, reset=0x0001_0000),
    }

    def __init__(self):
        super().__init__("pm", 0x4000_0400)

    def gate(self, bit: int) -> Callable[[], bool]:
        """Return a function that tells whether an APBC peripheral's bus clock is on."""
        return lambda: bool(self.value["APBCMASK"] >> bit & 1)


class Nvmctrl(Peripheral):
    """NVMCTRL: flash controller, read timing only."""

    registers: ClassVar = {"CTRLB": Register(0x04)}

    def __init__(self):
        super().__init__("nvmctrl", 0x4100_4000)

    @property
    def wait_states(self) -> int:
        """CTRLB.RWS."""
        return self.value["CTRLB"] >> 1 & 0xF


class PortGroup(Peripheral):
    """PORT: one group of 32 pins; it keeps its configuration."""

    registers: ClassVar = {
        "DIRSET": Register(0x08),
        "OUTSET": Register(0x18),
        **{f"PMUX{n}": Register(0x30 + n, size=1) for n in range(16)},
        **{f"PINCFG{n}": Register(0x40 + n, size=1) for n in range(32)},
    }

    def __init__(self, group: int):
        super().__init__(f"port{'ab'[group]}", 0x4100_4400 + 0x80 * group)

    def function(self, pin: int) -> int | None:
        """Return the peripheral function of a pin (0 is A), or None if the pin is not given to a peripheral."""
        if not self.value[f"PINCFG{pin}"] & 1:
            return None
        return self.value[f"PMUX{pin // 2}"] >> 4 * (pin % 2) & 0xF


class SercomUsart(Peripheral):
    """SERCOM as USART. Transfers take no time."""

    registers: ClassVar = {
        "CTRLA": Register(0x00),
        "CTRLB": Register(0x04),
        "BAUD": Register(0x0C, size=2),
        "INTENCLR": Register(0x14, size=1),
        "INTENSET": Register(0x16, size=1),
        "INTFLAG": Register(0x18, size=1),
        "STATUS": Register(0x1A, size=2),
        "SYNCBUSY": Register(0x1C, writable=0),
        "DATA": Register(0x28, size=2, writable=0x1FF),
    }
    _SWRST, _ENABLE, _INTERNAL_CLOCK = 1 << 0, 1 << 1, 1 << 2
    _DRE, _TXC, _RXC = 1 << 0, 1 << 1, 1 << 2
    _TXEN, _RXEN = 1 << 16, 1 << 17

    def __init__(self, name: str, base: int, clocked: Callable[[], bool], console: Console):
        super().__init__(name, base, clocked)
        self._console = console

    def write_CTRLA(self, value: int) -> None:
        """A software reset restores every register."""
        if value & self._SWRST:
            self.value = {key: register.reset for key, register in self.registers.items()}
        else:
            self.value["CTRLA"] = value

    def _enabled(self, direction: int) -> bool:
        mode_mask = 7 << 2
        usart = self.value["CTRLA"] & (mode_mask | self._ENABLE) == self._INTERNAL_CLOCK | self._ENABLE
        return usart and bool(self.value["CTRLB"] & direction)

    def read_INTFLAG(self) -> int:
        """Transmitter always empty; receiver as the console says."""
        received = self._enabled(self._RXEN) and self._console.available()
        return (self._DRE | self._TXC if self._enabled(self._TXEN) else 0) | (self._RXC if received else 0)

    def write_INTENSET(self, value: int) -> None:
        """Both registers read as what is enabled; ones set it here, and clear it in the other."""
        self.value["INTENSET"] |= value
        self.value["INTENCLR"] = self.value["INTENSET"]

    def write_INTENCLR(self, value: int) -> None:
        """Clear what has a one."""
        self.value["INTENSET"] &= ~value
        self.value["INTENCLR"] = self.value["INTENSET"]

    def interrupt(self) -> bool:
        """The interrupts DRE, TXC and RXC."""
        sending = self._enabled(self._TXEN) and self.value["INTENSET"] & (self._DRE | self._TXC)
        return bool(sending) or (self.listens() and self._console.has_input())

    def listens(self) -> bool:
        """RXC, with the receiver on."""
        return self._enabled(self._RXEN) and bool(self.value["INTENSET"] & self._RXC)

    def read_DATA(self) -> int:
        """Take the received byte."""
        return self._console.receive() if self._enabled(self._RXEN) else 0

    def write_DATA(self, value: int) -> None:
        """Send a byte; a transmitter that is off loses it."""
        if self._enabled(self._TXEN):
            self._console.send(value & 0xFF)

    def baud(self, clock_hz: int) -> float:
        """SERCOM, asynchronous arithmetic, 16 samples a bit."""
        return clock_hz / 16 * (1 - self.value["BAUD"] / 65536)


class Tc32(Peripheral):
    """Timer pair as one 32-bit counter without prescaler.

    COUNT shows what the last read request latched, as on silicon. The timer clock is the CPU's.
    """

    registers: ClassVar = {
        "CTRLA": Register(0x00, size=2),
        "READREQ": Register(0x02, size=2, writable=0xC01F),
        "STATUS": Register(0x0F, reset=0x08, size=1, writable=0),
        "COUNT": Register(0x10),
    }
    _ENABLE, _MODE_PRESCALER_MASK, _MODE_COUNT32 = 1 << 1, 0x70C, 2 << 2
    _RREQ = 1 << 15

    def __init__(self, name: str, base: int, clocked: Callable[[], bool], cycles: Callable[[], int]):
        super().__init__(name, base, clocked)
        self._cycles = cycles
        self._origin_cycles = 0

    def _running(self) -> bool:
        return self.value["CTRLA"] & (self._MODE_PRESCALER_MASK | self._ENABLE) == self._MODE_COUNT32 | self._ENABLE

    def write_CTRLA(self, value: int) -> None:
        """Enabling starts the counter at zero."""
        was_running = self._running()
        self.value["CTRLA"] = value
        if self._running() and not was_running:
            self._origin_cycles = self._cycles()

    def write_READREQ(self, value: int) -> None:
        """RREQ with the address of COUNT latches it."""
        self.value["READREQ"] = value & 0x401F
        if value & self._RREQ and value & 0x1F == self.registers["COUNT"].offset and self._running():
            self.value["COUNT"] = (self._cycles() - self._origin_cycles) & 0xFFFF_FFFF
