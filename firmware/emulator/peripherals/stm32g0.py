"""Peripherals of the STM32G0: RM0444."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import BusError, Peripheral, Ready, Register
from firmware.emulator.peripherals import stm32, stm32_common

_HSI_HZ = 16_000_000


class Flash(stm32.LockedFlash, stm32_common.Flash):
    """Flash interface of the parts with two banks: wait states in voltage range 1, in which the chip leaves reset and
    stays; pages of 2 KB, double words. Times are the typical ones of DS13560, flash memory characteristics.
    """

    registers: ClassVar = {
        "ACR": Register(0x00, reset=0x0004_0600, writable=0x0005_0F07),
        "KEYR": Register(0x08),
        "SR": Register(0x10),
        "CR": Register(0x14, reset=0xC000_0000, writable=0x8301_23FB),
    }
    limits_hz = (24_000_000, 48_000_000, 64_000_000)
    PAGE_BYTES, BANK_BYTES = 2048, 262_144
    _UNITS, _BKER, _PROGERR = "pages", 1 << 13, 1 << 3
    _PROGRAM_S, _ERASE_S = 85e-6, 22e-3

    def __init__(self):
        super().__init__("flash", 0x4002_2000)
        self._first_word: tuple[int, bytes] | None = None

    def write_CR(self, value: int) -> None:
        """Lock, choose, or start an erasure; not in the middle of a double word."""
        if self._first_word:
            raise BusError("flash CR: written between the words of a double word")
        super().write_CR(value)

    def _erase(self, control: int) -> None:
        bank = self.BANK_BYTES if control & self._BKER else 0
        self._work(self._ERASE_S)
        self._array.erase(self._array.origin + bank + (control >> 3 & 0x7F) * self.PAGE_BYTES, self.PAGE_BYTES)

    def store(self, address: int, size: int, value: int) -> None:
        """Standard programming: a double word, the lower word first; one that is not erased takes zeros only."""
        self._check_idle()
        if size != 4 or address % 8 != (4 if self._first_word else 0):
            raise BusError(f"flash: {size} bytes at 0x{address:08x} are not the next word of a double word")
        word = value.to_bytes(4, "little")
        if not self._first_word:
            self._first_word = address, word
            return
        (start, first), self._first_word = self._first_word, None
        if start + 4 != address:
            raise BusError(f"flash: the words at 0x{start:08x} and 0x{address:08x} are no double word")
        content = first + word
        if any(content) and self._array.read(start, 8) != b"\xff" * 8:
            self.value["SR"] |= self._PROGERR
            return
        self._work(self._PROGRAM_S)
        self._array.program(start, content)


class Rcc(stm32_common.Rcc, stm32.ResetFlags):
    """RCC. Oscillators and the PLL are ready as soon as they are on."""

    registers: ClassVar = {
        "CR": Register(0x00, reset=0x0000_0500, writable=0x0305_3900),
        "CFGR": Register(0x08, writable=0x7700_7F07),
        "PLLCFGR": Register(0x0C, reset=0x0000_1000),
        "IOPENR": Register(0x34),
        "APBENR1": Register(0x3C),
        "APBENR2": Register(0x40),
        "CSR": Register(0x60, reset=0x0C00_0000, writable=0x0080_0003),
    }
    ready: ClassVar = {
        "CR": (Ready(1 << 8, 1 << 10), Ready(1 << 16, 1 << 17), Ready(1 << 24, 1 << 25)),
        "CFGR": (Ready(1 << 0, 1 << 3), Ready(1 << 1, 1 << 4), Ready(1 << 2, 1 << 5)),  # SWS follows SW
    }

    def __init__(self):
        super().__init__(0x4002_1000)

    def write_CSR(self, value: int) -> None:
        """RMVF removes the flags."""
        self.value["CSR"] = value & 3 | (0 if value >> 23 & 1 else self.value["CSR"] & 0xFE00_0000)

    @property
    def pll_r_hz(self) -> int:
        """RCC_PLLCFGR: the output R of the PLL, from HSI16; 0 when it is off."""
        pll = self.value["PLLCFGR"]
        on = self.value["CR"] >> 24 & 1 and pll >> 28 & 1 and pll & 3 == 2
        m, n, r = (pll >> 4 & 7) + 1, pll >> 8 & 0x7F, (pll >> 29 & 7) + 1
        return _HSI_HZ * n // m // r if on else 0

    @property
    def hclk_hz(self) -> int:
        """RCC_CFGR: HSI16 or the PLL, divided by HPRE; 0 for a source that is off or not modelled."""
        config = self.value["CFGR"]
        source_hz = {0: _HSI_HZ >> (self.value["CR"] >> 11 & 7), 2: self.pll_r_hz}.get(config & 7, 0)
        return source_hz // stm32_common.ahb_divider(config >> 8 & 0xF)

    @property
    def pclk_hz(self) -> int:
        """Clock of the peripherals."""
        return self.hclk_hz // stm32_common.apb_divider(self.value["CFGR"] >> 12 & 7)


class Tim2(Peripheral):
    """TIM2: timer of 32 bits: counting up from zero, without prescaler, at the processor's clock."""

    registers: ClassVar = {
        "CR1": Register(0x00, writable=0x0BFF),
        "CNT": Register(0x24),
    }

    def __init__(self, clocked: Callable[[], bool], cycles: Callable[[], int]):
        super().__init__("tim2", 0x4000_0000, clocked)
        self._cycles = cycles
        self._origin_cycles = 0  # the time at which a running counter would have been zero

    def read_CNT(self) -> int:
        """Return the cycles since the counter was zero, modulo 2^32."""
        running = self.value["CR1"] & 1
        return (self._cycles() - self._origin_cycles if running else self.value["CNT"]) & 0xFFFF_FFFF

    def write_CNT(self, value: int) -> None:
        """Set the counter."""
        self.value["CNT"] = value
        self._origin_cycles = self._cycles() - value

    def write_CR1(self, value: int) -> None:
        """Start or stop the counter; it keeps its value."""
        count = self.read_CNT()
        self.value["CR1"] = value
        self.write_CNT(count)
