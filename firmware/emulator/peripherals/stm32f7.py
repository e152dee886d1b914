"""Peripherals of the STM32F74x and F75x: RM0385."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import Peripheral, Ready, Register
from firmware.emulator.peripherals import stm32_common


class Flash(stm32_common.Flash):
    """FLASH_ACR: wait states at 2.7 to 3.6 V."""

    registers: ClassVar = {"ACR": Register(0x00, writable=0x0000_0B0F)}
    limits_hz = (*(30_000_000 * (wait_states + 1) for wait_states in range(7)), 216_000_000)

    def __init__(self):
        super().__init__("flash", 0x4002_3C00)


class Power(Peripheral):
    """PWR. Voltage and over-drive are ready at once, the switch of over-drive after over-drive itself."""

    registers: ClassVar = {
        "CR1": Register(0x00, reset=0x0000_C000, writable=0x000F_EFEF),
        "CSR1": Register(0x04, reset=0x0000_4000, writable=0),
    }
    _ODEN, _ODSWEN = 1 << 16, 1 << 17

    def __init__(self, clocked: Callable[[], bool]):
        super().__init__("pwr", 0x4000_7000, clocked)

    def read_CSR1(self) -> int:
        """VOSRDY, and ODRDY and ODSWRDY as CR1 asks for them."""
        over_drive = self.value["CR1"] & (self._ODEN | self._ODSWEN)
        return 1 << 14 | (over_drive if over_drive & self._ODEN else 0)

    @property
    def limit_hz(self) -> int:
        """PWR, over-drive: 144, 168 and 180 MHz in scale 3, 2 and 1; 216 MHz in scale 1 with over-drive."""
        scale = self.value["CR1"] >> 14 & 3
        over_drive = self.value["CR1"] & (self._ODEN | self._ODSWEN) == self._ODEN | self._ODSWEN
        return (0, 144_000_000, 168_000_000, 216_000_000 if over_drive else 180_000_000)[scale]


class Rcc(stm32_common.Rcc):
    """RCC. Oscillators and the PLL are ready as soon as they are on."""

    registers: ClassVar = {
        "CR": Register(0x00, reset=0x0000_0083, writable=0x150D_00F9),
        "PLLCFGR": Register(0x04, reset=0x2400_3010),
        "CFGR": Register(0x08, writable=0xFFFF_FCF3),
        "AHB1ENR": Register(0x30, reset=0x0010_0000),
        "APB1ENR": Register(0x40),
        "APB2ENR": Register(0x44),
    }
    ready: ClassVar = {
        "CR": (Ready(1 << 0, 1 << 1), Ready(1 << 16, 1 << 17), Ready(1 << 24, 1 << 25)),
        "CFGR": (Ready(1 << 0, 1 << 2), Ready(1 << 1, 1 << 3)),  # SWS follows SW
    }
    _HSI_HZ = 16_000_000

    def __init__(self, hse_hz: int):
        super().__init__(0x4002_3800)
        self._hse_hz = hse_hz

    @property
    def hclk_hz(self) -> int:
        """RCC_CR, PLLCFGR, CFGR: HSI, HSE or the PLL, divided by HPRE; 0 for a source that is off."""
        running, pll, config = self.value["CR"], self.value["PLLCFGR"], self.value["CFGR"]
        hse_hz = self._hse_hz if running >> 16 & 1 else 0
        source_hz = hse_hz if pll >> 22 & 1 else self._HSI_HZ
        m, n, p = pll & 0x3F, pll >> 6 & 0x1FF, 2 * ((pll >> 16 & 3) + 1)
        pll_hz = source_hz * n // m // p if running >> 24 & 1 and m else 0
        return (self._HSI_HZ, hse_hz, pll_hz, 0)[config & 3] // stm32_common.ahb_divider(config >> 4 & 0xF)

    @property
    def pclk1_hz(self) -> int:
        """Clock of the APB1 peripherals."""
        return self.hclk_hz // stm32_common.apb_divider(self.value["CFGR"] >> 10 & 7)

    @property
    def pclk2_hz(self) -> int:
        """Clock of the APB2 peripherals."""
        return self.hclk_hz // stm32_common.apb_divider(self.value["CFGR"] >> 13 & 7)
