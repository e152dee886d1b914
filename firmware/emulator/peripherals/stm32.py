"""Peripherals of the STM32 families, by the version of their register layout."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import BusError, Peripheral, Ready, Register
from firmware.emulator.console import Console
from firmware.emulator.flash import FlashController


class UsartV1(Peripheral):
    """USART of STM32F1, F2, F4 and L1: RM0090. Transfers take no time."""

    registers: ClassVar = {
        "SR": Register(0x00, reset=0x00C0),
        "DR": Register(0x04, writable=0x1FF),
        "BRR": Register(0x08, writable=0xFFFF),
        "CR1": Register(0x0C, writable=0xBFFF),
        "CR2": Register(0x10, writable=0x7F6F),
        "CR3": Register(0x14, writable=0x0FFF),
    }
    _TXE_TC, _RXNE, _UE, _TE, _RE = 0xC0, 1 << 5, 1 << 13, 1 << 3, 1 << 2

    def __init__(self, name: str, base: int, clocked: Callable[[], bool], console: Console):
        super().__init__(name, base, clocked)
        self._console = console

    def _enabled(self, direction: int) -> bool:
        wanted = self._UE | direction
        return self.value["CR1"] & wanted == wanted

    def read_SR(self) -> int:
        """Transmitter always empty; receiver as the console says."""
        received = self._enabled(self._RE) and self._console.available()
        return self._TXE_TC | (self._RXNE if received else 0)

    def interrupt(self) -> bool:
        """RXNEIE, TCIE and TXEIE have the places in CR1 that the flags have in SR."""
        enabled = self.value["CR1"] & (self._TXE_TC | self._RXNE) if self._enabled(0) else 0
        return bool(enabled & self._TXE_TC) or (self.listens() and self._console.has_input())

    def listens(self) -> bool:
        """RXNEIE, with the receiver on."""
        return self._enabled(self._RE) and bool(self.value["CR1"] & self._RXNE)

    def read_DR(self) -> int:
        """Take the received byte."""
        return self._console.receive() if self._enabled(self._RE) else 0

    def write_DR(self, value: int) -> None:
        """Send a byte; a transmitter that is off loses it."""
        if self._enabled(self._TE):
            self._console.send(value & 0xFF)

    def baud(self, clock_hz: int) -> float:
        """RM0090, oversampling by 16: USARTDIV in sixteenths is BRR."""
        return clock_hz / self.value["BRR"]


# What MODER, OSPEEDR and PUPDR of a port hold after reset: pins are inputs or analog, but for those of the debugger.
_PINS_AFTER_RESET = {
    "input": (0, {"a": (0xA800_0000, 0x0C00_0000, 0x6400_0000), "b": (0x280, 0xC0, 0x100)}),
    "analog": (0xFFFF_FFFF, {"a": (0xABFF_FFFF, 0x0C00_0000, 0x6400_0000), "b": (0xFFFF_FEBF, 0xC0, 0x100)}),
    "analog, no JTAG": (0xFFFF_FFFF, {"a": (0xEBFF_FFFF, 0x0C00_0000, 0x2400_0000)}),
}


class GpioV2(Peripheral):
    """GPIO port of all families but F1: RM0090; it keeps its configuration.

    `pins` says what the pins of the family are after reset: "input", "analog", or "analog, no JTAG".
    """

    registers: ClassVar = {
        "MODER": Register(0x00),
        "OTYPER": Register(0x04),
        "OSPEEDR": Register(0x08),
        "PUPDR": Register(0x0C),
        "BSRR": Register(0x18),
        "AFRL": Register(0x20),
        "AFRH": Register(0x24),
    }

    def __init__(self, letter: str, base: int, clocked: Callable[[], bool], pins: str):
        super().__init__(f"gpio{letter}", base, clocked)
        mode, of_debugger = _PINS_AFTER_RESET[pins]
        values = of_debugger.get(letter, (mode, 0, 0))
        self.value |= zip(("MODER", "OSPEEDR", "PUPDR"), values, strict=True)

    def function(self, pin: int) -> int | None:
        """Return the alternate function of a pin, or None if the pin is not in that mode."""
        if self.value["MODER"] >> 2 * pin & 3 != 2:
            return None
        return self.value["AFRH" if pin > 7 else "AFRL"] >> 4 * (pin % 8) & 0xF


class WaitStates(Peripheral):
    """A flash interface's access control, the same in every family."""

    @property
    def wait_states(self) -> int:
        """ACR.LATENCY."""
        return self.value["ACR"] & 0xF


class LockedFlash(FlashController):
    """Flash interface that two keys unlock, of the families with KEYR, SR and CR: RM0090 section 3.6, and RM0444."""

    _KEYS = (0x4567_0123, 0xCDEF_89AB)
    _LOCK, _STRT, _PG, _ERASE, _BUSY = 1 << 31, 1 << 16, 1, 2, 1 << 16
    _UNITS: ClassVar[str]  # what it erases
    _keys_seen = 0

    @property
    def writable(self) -> bool:
        """CR.PG, unlocked."""
        return self.value["CR"] & (self._LOCK | self._PG) == self._PG

    def write_KEYR(self, value: int) -> None:
        """Both keys in turn unlock; anything else locks until the next reset."""
        right = self._keys_seen < 2 and value == self._KEYS[self._keys_seen]
        self._keys_seen = self._keys_seen + 1 if right else 3
        if self._keys_seen == 2:
            self.value["CR"] &= ~self._LOCK

    def read_SR(self) -> int:
        """BSY, as often as an operation is found under way, and the errors."""
        return self.value["SR"] | (self._BUSY if self._wait() else 0)

    def write_SR(self, value: int) -> None:
        """Errors are cleared by writing them."""
        self.value["SR"] &= ~value

    def write_CR(self, value: int) -> None:
        """Lock, choose, or start an erasure."""
        self._check_idle()
        if self.value["CR"] & self._LOCK:
            raise BusError("flash CR: written while locked")
        self.value["CR"] = value & ~self._STRT
        if value & self._LOCK:
            self._keys_seen = 0
        elif value & self._STRT:
            if value & (self._ERASE | self._PG) != self._ERASE:
                raise BusError(f"flash CR: only the erasure of {self._UNITS} is modelled")
            self._erase(value)

    def _erase(self, control: int) -> None:
        """Erase what CR has chosen."""
        raise NotImplementedError


class F4Flash(LockedFlash, WaitStates):
    """Flash interface: RM0090. Times are the typical ones of DS8626 tables 39 and 40, words at 3.3 V."""

    registers: ClassVar = {
        "ACR": Register(0x00, writable=0x1F0F),
        "KEYR": Register(0x04),
        "SR": Register(0x0C),
        "CR": Register(0x10, reset=1 << 31, writable=0x8101_03FF),
    }
    _UNITS, _WORDS = "sectors", 2 << 8
    _PROGRAM_S = 16e-6
    _ERASE_S: ClassVar = {16: 0.25, 64: 0.55, 128: 1.0}

    def _erase(self, control: int) -> None:
        origin, kib = self._sector(control >> 3 & 0xF)
        self._work(self._ERASE_S[kib])
        self._array.erase(origin, kib << 10)

    def _sector(self, number: int) -> tuple[int, int]:
        """Return origin and size in KiB of a sector: table 5."""
        if number > 11:
            raise BusError(f"flash CR: sector {number} of 12")
        kib = [16] * 4 + [64] + [128] * 7
        return self._array.origin + (sum(kib[:number]) << 10), kib[number]

    def store(self, address: int, size: int, value: int) -> None:
        """Section 3.6.3: units of PSIZE, aligned."""
        if self.value["CR"] & 3 << 8 != self._WORDS or size != 4 or address % 4:
            raise BusError(f"flash: {size} bytes at 0x{address:08x} do not agree with PSIZE")
        self._work(self._PROGRAM_S)
        self._array.program(address, value.to_bytes(4, "little"))


class F4Power(Peripheral):
    """Power control: RM0090 section 5.4. VOSRDY is set at once."""

    registers: ClassVar = {
        "CR": Register(0x00, reset=0x0000_4000),
        "CSR": Register(0x04, reset=0x0000_4000, writable=0x0000_0300),
    }


class ClockGates(Peripheral):
    """A clock control's gates of the peripherals' clocks."""

    def gate(self, register: str, bit: int) -> Callable[[], bool]:
        """Return a function that tells whether a peripheral's clock is on."""
        return lambda: bool(self.value[register] >> bit & 1)


class ResetFlags(Peripheral):
    """A clock control's flags of the last reset; how they are removed differs between families."""

    def after_reset(self, cause: str) -> None:
        """RM0090 section 7.3.21: SFTRSTF or IWDGRSTF, with PINRSTF."""
        self.value["CSR"] = 0x2400_0000 if cause == "watchdog" else 0x1400_0000


class F4Rcc(ClockGates, ResetFlags):
    """Reset and clock control: RM0090. Oscillators and the PLL are ready as soon as they are on."""

    registers: ClassVar = {
        "CR": Register(0x00, reset=0x0000_0083, writable=0x0F0D_00F9),
        "PLLCFGR": Register(0x04, reset=0x2400_3010),
        "CFGR": Register(0x08, writable=0xFFFF_FFF3),
        "AHB1ENR": Register(0x30, reset=0x0010_0000),
        "APB1ENR": Register(0x40),
        "APB2ENR": Register(0x44),
        "CSR": Register(0x74, reset=0x0E00_0000, writable=0x0100_0001),
    }
    ready: ClassVar = {
        "CR": (Ready(1 << 0, 1 << 1), Ready(1 << 16, 1 << 17), Ready(1 << 24, 1 << 25)),
        "CFGR": (Ready(1 << 0, 1 << 2), Ready(1 << 1, 1 << 3)),  # SWS follows SW
    }
    _HSI_HZ = 16_000_000

    def __init__(self, hse_hz: int):
        super().__init__("rcc", 0x4002_3800)
        self._hse_hz = hse_hz

    def write_CSR(self, value: int) -> None:
        """RMVF removes the flags."""
        self.value["CSR"] = 0 if value >> 24 & 1 else self.value["CSR"] & ~1 | value & 1

    @property
    def sysclk_hz(self) -> int:
        """The system clock that the registers select: 0 for an oscillator that is off."""
        running = self.value["CR"]
        hse_hz = self._hse_hz if running >> 16 & 1 else 0
        pll = self.value["PLLCFGR"]
        source_hz = hse_hz if pll >> 22 & 1 else self._HSI_HZ
        m, n, p = pll & 0x3F, pll >> 6 & 0x1FF, 2 * ((pll >> 16 & 3) + 1)
        pll_hz = source_hz * n // m // p if running >> 24 & 1 else 0
        return (self._HSI_HZ, hse_hz, pll_hz, 0)[self.value["CFGR"] & 3]

    @property
    def apb1_hz(self) -> int:
        """Clock of the APB1 peripherals (AHB undivided)."""
        divider = self.value["CFGR"] >> 10 & 7
        return self.sysclk_hz >> (divider - 3 if divider >= 4 else 0)

    @property
    def apb1_timer_cycles(self) -> int:
        """Processor cycles in one clock of the APB1 timers, which is twice APB1's if that is divided."""
        divider = self.sysclk_hz // self.apb1_hz
        return max(1, divider // 2)
