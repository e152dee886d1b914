"""Peripherals of the STM32H74x and H75x: RM0433, and RM0399 for the ones with two cores."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import BusError, Peripheral, Ready, Register
from firmware.emulator.peripherals import stm32_common


class Flash(stm32_common.Flash):
    """FLASH_ACR: wait states in scale 1 and 0, with WRHIGHFREQ = 2 above 185 MHz."""

    registers: ClassVar = {"ACR": Register(0x00, reset=0x0000_0037, writable=0x0000_003F)}
    limits_hz = (70_000_000, 140_000_000, 210_000_000, 225_000_000, 240_000_000)

    def __init__(self):
        super().__init__("flash", 0x5200_2000)

    @property
    def limit_hz(self) -> int:
        """The fastest clock of the bus at which reads are right."""
        limit_hz = super().limit_hz
        return limit_hz if self.value["ACR"] >> 4 & 3 >= 2 else min(limit_hz, 185_000_000)


class SystemConfiguration(Peripheral):
    """SYSCFG: over-drive only."""

    registers: ClassVar = {"PWRCR": Register(0x2C, writable=1)}

    def __init__(self, clocked: Callable[[], bool]):
        super().__init__("syscfg", 0x5800_0400, clocked)


class Power(Peripheral):
    """PWR. The voltage may change once the supply was chosen, and the supply can be chosen once."""

    registers: ClassVar = {
        "CSR1": Register(0x04, writable=0),
        "CR3": Register(0x0C, reset=0x0000_0006, writable=0x0000_003F),
        "D3CR": Register(0x18, reset=0x0000_4000, writable=0x0000_C000),
    }
    _ACTVOSRDY = _VOSRDY = 1 << 13

    def __init__(self, over_drive: Callable[[], bool]):
        super().__init__("pwr", 0x5802_4800)
        self._over_drive = over_drive
        self._chosen = False

    def write_CR3(self, value: int) -> None:
        """PWR_CR3: the first write after power-on counts."""
        if self._chosen:
            raise BusError("pwr CR3: the supply was chosen already")
        self._chosen = True
        self.value["CR3"] = value

    def read_CSR1(self) -> int:
        """ACTVOS as D3CR, ready once the supply was chosen."""
        return self.value["D3CR"] & 0xC000 | (self._ACTVOSRDY if self._chosen else 0)

    def read_D3CR(self) -> int:
        """VOSRDY is set at once."""
        return self.value["D3CR"] | self._VOSRDY

    def write_D3CR(self, value: int) -> None:
        """Change the voltage scale."""
        if not self._chosen:
            raise BusError("pwr D3CR: the voltage cannot change before the supply was chosen in CR3")
        self.value["D3CR"] = value

    @property
    def limit_hz(self) -> int:
        """DS12110, general operating conditions: processor clock in scale 3, 2 and 1; RM0433: scale 0."""
        scale = self.value["D3CR"] >> 14 & 3
        return (200_000_000, 200_000_000, 300_000_000, 480_000_000 if self._over_drive() else 400_000_000)[scale]


class Rcc(stm32_common.Rcc):
    """RCC. Oscillators and the PLL are ready as soon as they are on.

    `oscillator_on` says whether the board's oscillator runs: without it HSE is never ready.
    """

    registers: ClassVar = {
        "CR": Register(0x00, reset=0x0000_0001, writable=0x150D_129B),
        "CFGR": Register(0x10),
        "D1CFGR": Register(0x18),
        "D2CFGR": Register(0x1C),
        "D3CFGR": Register(0x20),
        "PLLCKSELR": Register(0x28, reset=0x0202_0200),
        "PLLCFGR": Register(0x2C, reset=0x01FF_0000),
        "PLL1DIVR": Register(0x30, reset=0x0101_0280),
        "AHB4ENR": Register(0xE0),
        "APB1LENR": Register(0xE8),
        "APB2ENR": Register(0xF0),
        "APB4ENR": Register(0xF4, reset=0x0001_0000),
    }
    ready: ClassVar = {
        "CFGR": (Ready(1 << 0, 1 << 3), Ready(1 << 1, 1 << 4), Ready(1 << 2, 1 << 5)),  # SWS follows SW
    }
    _HSI_HZ = 64_000_000
    _HSION, _HSIRDY = 1 << 0, 1 << 2
    _HSEON, _HSERDY, _PLLON, _PLLRDY = 1 << 16, 1 << 17, 1 << 24, 1 << 25

    def __init__(self, hse_hz: int, oscillator_on: Callable[[], bool]):
        super().__init__(0x5802_4400)
        self._hse_hz = hse_hz
        self._oscillator_on = oscillator_on

    def read_CR(self) -> int:
        """Ready bits follow the enable bits."""
        value = self.value["CR"]
        hse = value & self._HSEON and self._oscillator_on()
        return (
            value
            | (self._HSIRDY if value & self._HSION else 0)
            | (self._HSERDY if hse else 0)
            | (self._PLLRDY if value & self._PLLON else 0)
        )

    @property
    def sysclk_hz(self) -> int:
        """RCC_CFGR, PLLCKSELR, PLLCFGR, PLL1DIVR: HSI or output P of the first PLL; 0 for a source that is off."""
        selected = self.value["CFGR"] & 7
        if selected == 0:
            return self._HSI_HZ
        running, config, dividers = self.value["CR"], self.value["PLLCFGR"], self.value["PLL1DIVR"]
        m = self.value["PLLCKSELR"] >> 4 & 0x3F
        if selected != 3 or not (running & self._PLLON and config >> 16 & 1 and m):
            return 0
        hse_hz = self._hse_hz if self.read_CR() & self._HSERDY else 0
        source_hz = {0: self._HSI_HZ, 2: hse_hz}.get(self.value["PLLCKSELR"] & 3, 0)
        return source_hz * ((dividers & 0x1FF) + 1) // m // ((dividers >> 9 & 0x7F) + 1)

    @property
    def core_hz(self) -> int:
        """RCC_D1CFGR: the processor's clock, SYSCLK divided by D1CPRE."""
        return self.sysclk_hz // stm32_common.ahb_divider(self.value["D1CFGR"] >> 8 & 0xF)

    @property
    def hclk_hz(self) -> int:
        """The clock of the buses and the flash: the processor's divided by HPRE."""
        return self.core_hz // stm32_common.ahb_divider(self.value["D1CFGR"] & 0xF)

    @property
    def pclk1_hz(self) -> int:
        """Clock of the APB1 peripherals."""
        return self.hclk_hz // stm32_common.apb_divider(self.value["D2CFGR"] >> 4 & 7)

    @property
    def pclk2_hz(self) -> int:
        """Clock of the APB2 peripherals."""
        return self.hclk_hz // stm32_common.apb_divider(self.value["D2CFGR"] >> 8 & 7)
