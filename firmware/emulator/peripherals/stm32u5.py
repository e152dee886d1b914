"""Peripherals of the STM32U5: RM0456, at the non-secure addresses."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import Peripheral, Ready, Register
from firmware.emulator.peripherals import stm32_common

_HSI_HZ = 16_000_000


class Flash(stm32_common.Flash):
    """FLASH_ACR: wait states in voltage range 1."""

    registers: ClassVar = {"ACR": Register(0x00, writable=0x0000_790F)}
    limits_hz = tuple(32_000_000 * (wait_states + 1) for wait_states in range(5))

    def __init__(self):
        super().__init__("flash", 0x4002_2000)


class Icache(Peripheral):
    """ICACHE: the invalidation after reset is over when the first instruction runs."""

    registers: ClassVar = {
        "CR": Register(0x00, reset=0x0000_0004, writable=0x000F_0007),
        "SR": Register(0x04, writable=0),
    }

    def __init__(self):
        super().__init__("icache", 0x4003_0400)

    @property
    def enabled(self) -> bool:
        """CR.EN."""
        return bool(self.value["CR"] & 1)


class Power(Peripheral):
    """PWR: the choice of regulator, which takes effect at once, and voltage scaling.

    The booster is ready if the PLL's source clocks it with 4 to 16 MHz.
    """

    registers: ClassVar = {
        "CR3": Register(0x08, writable=0x0000_0006),
        "VOSR": Register(0x0C, reset=0x0000_8000, writable=0x0007_0000),
        "SVMSR": Register(0x3C, reset=0x0000_8000, writable=0),
    }
    _REGS, _ACTVOSRDY = 1 << 1, 1 << 15
    _BOOSTRDY, _VOSRDY, _BOOSTEN = 1 << 14, 1 << 15, 1 << 18

    def __init__(self, clocked: Callable[[], bool], booster_hz: Callable[[], int]):
        super().__init__("pwr", 0x4602_0800, clocked)
        self._booster_hz = booster_hz

    def _boosted(self) -> bool:
        return bool(self.value["VOSR"] & self._BOOSTEN) and 4_000_000 <= self._booster_hz() <= 16_000_000

    def read_VOSR(self) -> int:
        """VOSRDY is set at once."""
        return self.value["VOSR"] & ~self._BOOSTRDY | self._VOSRDY | (self._BOOSTRDY if self._boosted() else 0)

    def read_SVMSR(self) -> int:
        """REGS follows CR3.REGSEL, which is the same bit; the voltage is ready at once."""
        return self._ACTVOSRDY | (self._REGS if self.converter_on else 0)

    @property
    def converter_on(self) -> bool:
        """Whether the core is supplied by the step-down converter, not by the linear regulator."""
        return bool(self.value["CR3"] & self._REGS)

    @property
    def limit_hz(self) -> int:
        """PWR_VOSR: range 4 to range 1 up to 25, 55, 110 and 160 MHz; without booster 55 MHz at most."""
        limit_hz = (25_000_000, 55_000_000, 110_000_000, 160_000_000)[self.value["VOSR"] >> 16 & 3]
        return limit_hz if self._boosted() else min(limit_hz, 55_000_000)


class Rcc(stm32_common.Rcc):
    """RCC. Oscillators and the PLL are ready as soon as they are on."""

    registers: ClassVar = {
        "CR": Register(0x00, reset=0x0000_0035, writable=0x151D_53DB),
        "CFGR1": Register(0x1C, writable=0x7F00_0033),
        "CFGR2": Register(0x20, reset=0x0000_6000, writable=0x001F_777F),
        "PLL1CFGR": Register(0x28, writable=0x0007_FF1F),
        "PLL1DIVR": Register(0x34, reset=0x0101_0280),
        "AHB2ENR1": Register(0x8C, reset=0xC000_0000),
        "AHB3ENR": Register(0x94, reset=0x8000_0000),
        "APB1ENR1": Register(0x9C),
        "APB2ENR": Register(0xA4),
    }
    ready: ClassVar = {
        "CR": (
            Ready(1 << 0, 1 << 2),
            Ready(1 << 4, 1 << 5),
            Ready(1 << 8, 1 << 10),
            Ready(1 << 16, 1 << 17),
            Ready(1 << 24, 1 << 25),
        ),
        "CFGR1": (Ready(1 << 0, 1 << 2), Ready(1 << 1, 1 << 3)),  # SWS follows SW
    }
    _MSI_HZ = 4_000_000

    def __init__(self):
        super().__init__(0x4602_0C00)

    @property
    def _pll_source_hz(self) -> int:
        running, source = self.value["CR"], self.value["PLL1CFGR"] & 3
        return {1: self._MSI_HZ, 2: _HSI_HZ if running >> 8 & 1 else 0}.get(source, 0)

    @property
    def booster_hz(self) -> int:
        """RCC_PLL1CFGR: the PLL's source divided by PLL1MBOOST, which is 0 for 1 and n for 2n."""
        divider = self.value["PLL1CFGR"] >> 12 & 0xF
        return self._pll_source_hz // (2 * divider or 1)

    @property
    def pll_r_hz(self) -> int:
        """RCC_PLL1CFGR and PLL1DIVR: the output R of the first PLL; 0 when it is off."""
        pll, dividers = self.value["PLL1CFGR"], self.value["PLL1DIVR"]
        on = self.value["CR"] >> 24 & 1 and pll >> 18 & 1
        m, n, r = (pll >> 8 & 0xF) + 1, (dividers & 0x1FF) + 1, (dividers >> 24 & 0x7F) + 1
        return self._pll_source_hz * n // m // r if on else 0

    @property
    def hclk_hz(self) -> int:
        """RCC_CFGR1 and CFGR2: MSI as after reset, HSI16 or the PLL, divided by HPRE."""
        hsi_hz = _HSI_HZ if self.value["CR"] >> 8 & 1 else 0
        source_hz = {0: self._MSI_HZ, 1: hsi_hz, 3: self.pll_r_hz}.get(self.value["CFGR1"] & 3, 0)
        return source_hz // stm32_common.ahb_divider(self.value["CFGR2"] & 0xF)

    @property
    def pclk1_hz(self) -> int:
        """Clock of the APB1 peripherals."""
        return self.hclk_hz // stm32_common.apb_divider(self.value["CFGR2"] >> 4 & 7)

    @property
    def pclk2_hz(self) -> int:
        """Clock of the APB2 peripherals."""
        return self.hclk_hz // stm32_common.apb_divider(self.value["CFGR2"] >> 8 & 7)

    def write_CFGR1(self, value: int) -> None:
        """Select the system clock."""
        self.value["CFGR1"] = value
        self.check()
