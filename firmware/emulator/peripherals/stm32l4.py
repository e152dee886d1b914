"""Peripherals of the STM32L4+: RM0432."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import BusError, Peripheral, Ready, Register
from firmware.emulator.peripherals import stm32_common

_HSI_HZ = 16_000_000


class Flash(stm32_common.Flash):
    """FLASH_ACR: wait states in voltage range 1."""

    registers: ClassVar = {"ACR": Register(0x00, reset=0x0000_0600, writable=0x0000_7F0F)}
    limits_hz = tuple(20_000_000 * (wait_states + 1) for wait_states in range(6))

    def __init__(self):
        super().__init__("flash", 0x4002_2000)


class Power(Peripheral):
    """PWR: range 1 (CR1.VOS after reset), normal or boost, and the supply of port G."""

    registers: ClassVar = {
        "CR1": Register(0x00, reset=0x0000_0200, writable=0x0000_4717),
        "CR2": Register(0x04, writable=0x0000_06FF),
        "CR5": Register(0x80, reset=0x0000_0100, writable=0x0000_0100),
    }

    def __init__(self, clocked: Callable[[], bool]):
        super().__init__("pwr", 0x4000_7000, clocked)

    @property
    def limit_hz(self) -> int:
        """PWR, voltage scaling: 80 MHz in range 1 normal, 120 MHz in range 1 boost, 26 MHz in range 2."""
        if self.value["CR1"] >> 9 & 3 != 1:
            return 26_000_000
        return 80_000_000 if self.value["CR5"] >> 8 & 1 else 120_000_000

    @property
    def port_g_supplied(self) -> bool:
        """CR2.IOSV, without which pins PG2 to PG15 are isolated."""
        return bool(self.value["CR2"] >> 9 & 1)


class Rcc(stm32_common.Rcc):
    """RCC. Oscillators and the PLL are ready as soon as they are on."""

    registers: ClassVar = {
        "CR": Register(0x00, reset=0x0000_0063, writable=0x150D_0BFD),
        "CFGR": Register(0x08, writable=0x7F00_BFF3),
        "PLLCFGR": Register(0x0C, reset=0x0000_1000),
        "AHB2ENR": Register(0x4C),
        "APB1ENR1": Register(0x58),
        "APB1ENR2": Register(0x5C),
        "APB2ENR": Register(0x60),
    }
    ready: ClassVar = {
        "CR": (
            Ready(1 << 0, 1 << 1),
            Ready(1 << 8, 1 << 10),
            Ready(1 << 16, 1 << 17),
            Ready(1 << 24, 1 << 25),
        ),
        "CFGR": (Ready(1 << 0, 1 << 2), Ready(1 << 1, 1 << 3)),  # SWS follows SW
    }
    _MSI_HZ = 4_000_000

    def __init__(self):
        super().__init__(0x4002_1000)

    @property
    def pll_r_hz(self) -> int:
        """RCC_PLLCFGR: the output R of the PLL, from HSI16; 0 when PLL or HSI16 is off."""
        pll, running = self.value["PLLCFGR"], self.value["CR"]
        on = running >> 24 & 1 and running >> 8 & 1 and pll >> 24 & 1 and pll & 3 == 2
        m, n, r = (pll >> 4 & 0xF) + 1, pll >> 8 & 0x7F, 2 * ((pll >> 25 & 3) + 1)
        return _HSI_HZ * n // m // r if on else 0

    @property
    def hclk_hz(self) -> int:
        """RCC_CFGR: MSI as after reset, HSI16 or the PLL, divided by HPRE; 0 for a source that is off."""
        config = self.value["CFGR"]
        hsi_hz = _HSI_HZ if self.value["CR"] >> 8 & 1 else 0
        source_hz = {0: self._MSI_HZ, 1: hsi_hz, 3: self.pll_r_hz}.get(config & 3, 0)
        return source_hz // stm32_common.ahb_divider(config >> 4 & 0xF)

    @property
    def pclk1_hz(self) -> int:
        """Clock of the APB1 peripherals."""
        return self.hclk_hz // stm32_common.apb_divider(self.value["CFGR"] >> 8 & 7)

    @property
    def pclk2_hz(self) -> int:
        """Clock of the APB2 peripherals."""
        return self.hclk_hz // stm32_common.apb_divider(self.value["CFGR"] >> 11 & 7)

    def write_CFGR(self, value: int) -> None:
        """PWR, voltage scaling: from below 80 MHz to above it only by way of an AHB divider."""
        before_hz = self.hclk_hz
        super().write_CFGR(value)
        if self.hclk_hz > 80_000_000 and before_hz < self.hclk_hz // 2:
            raise BusError(
                f"rcc: from {before_hz / 1e6:g} to {self.hclk_hz / 1e6:g} MHz without an AHB divider between"
            )
