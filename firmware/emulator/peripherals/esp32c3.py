"""Peripherals of the ESP32-C3: technical reference manual (TRM). Clock switches take no time."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import Peripheral, Register
from firmware.emulator.console import Console

_WDT_KEY, _SWD_KEY = 0x50D8_3AA1, 0x8F1D_312A


class RtcControl(Peripheral):
    """TRM, low-power management: PLL power, and two watchdogs behind write protection."""

    registers: ClassVar = {
        "OPTIONS0": Register(0x00, reset=0x1C00_A000),
        "WDTCONFIG0": Register(0x90, reset=0x8001_3214),  # as the boot ROM leaves it: on
        "WDTWPROTECT": Register(0xA8, reset=_WDT_KEY),
        "SWD_CONF": Register(0xAC, reset=0x04B0_0000, writable=0xFFFE_0000),
        "SWD_WPROTECT": Register(0xB0),
    }
    _PLL_FORCE_OFF, _AUTO_FEED, _ENABLE = 1 << 6 | 1 << 8 | 1 << 10, 1 << 31, 1 << 31

    def __init__(self):
        super().__init__("rtc_cntl", 0x6000_8000)

    def write_WDTCONFIG0(self, value: int) -> None:
        """Only with the key in WDTWPROTECT."""
        if self.value["WDTWPROTECT"] == _WDT_KEY:
            self.value["WDTCONFIG0"] = value

    def write_SWD_CONF(self, value: int) -> None:
        """Only with the key in SWD_WPROTECT."""
        if self.value["SWD_WPROTECT"] == _SWD_KEY:
            self.value["SWD_CONF"] = value

    @property
    def watchdogs_off(self) -> bool:
        """Neither of the two would reset the chip."""
        return not self.value["WDTCONFIG0"] & self._ENABLE and bool(self.value["SWD_CONF"] & self._AUTO_FEED)

    @property
    def pll_powered(self) -> bool:
        """Nothing forces the PLL off."""
        return not self.value["OPTIONS0"] & self._PLL_FORCE_OFF


class TimerGroup(Peripheral):
    """TRM, timer group: only the watchdog, which the boot ROM leaves on, behind its write protection.

    What is written to its configuration takes effect with WDT_CONF_UPDATE_EN, which reads as zero.
    """

    registers: ClassVar = {
        "WDTCONFIG0": Register(0x48, reset=0x8004_C000),
        "WDTWPROTECT": Register(0x64, reset=_WDT_KEY),
    }

    _UPDATE, _FLASH_BOOT, _ENABLE = 1 << 22, 1 << 14, 1 << 31

    def __init__(self):
        super().__init__("timg0", 0x6001_F000)
        self._in_effect = self.value["WDTCONFIG0"]

    def write_WDTCONFIG0(self, value: int) -> None:
        """Only with the key in WDTWPROTECT."""
        if self.value["WDTWPROTECT"] == _WDT_KEY:
            self.value["WDTCONFIG0"] = value & ~self._UPDATE
            self._in_effect = value if value & self._UPDATE else self._in_effect

    @property
    def watchdog_off(self) -> bool:
        """WDT_EN and the protection of booting from flash are off, and in effect so."""
        return not self._in_effect & (self._ENABLE | self._FLASH_BOOT)


class System(Peripheral):
    """TRM, system registers: processor clock, and the peripherals' clocks and resets."""

    registers: ClassVar = {
        "CPU_PER_CONF": Register(0x08, reset=0x0C, writable=0xFF),
        "PERIP_CLK_EN0": Register(0x10, reset=0xF9C1_E06F),
        "PERIP_RST_EN0": Register(0x18),
        "SYSCLK_CONF": Register(0x58, reset=0x1, writable=0xFFF),
    }

    def __init__(self, rtc: RtcControl, crystal_hz: int):
        super().__init__("system", 0x600C_0000)
        self._rtc, self._crystal_hz = rtc, crystal_hz

    @property
    def cpu_hz(self) -> int:
        """TRM, reset and clock, table of CPU clocks: crystal divided, or 80 or 160 MHz from the PLL; 0 for others."""
        configuration, period = self.value["SYSCLK_CONF"], self.value["CPU_PER_CONF"] & 3
        if configuration >> 10 & 3 == 0:
            return self._crystal_hz // ((configuration & 0x3FF) + 1)
        from_pll = configuration >> 10 & 3 == 1 and self._rtc.pll_powered
        return (80_000_000, 160_000_000, 0, 0)[period] if from_pll else 0

    def enabled(self, bit: int) -> Callable[[], bool]:
        """Return a function that tells whether a peripheral has its clock and is out of reset."""
        return lambda: bool(self.value["PERIP_CLK_EN0"] >> bit & 1 and not self.value["PERIP_RST_EN0"] >> bit & 1)


class IoMux(Peripheral):
    """TRM, IO MUX: the pins' functions; it keeps its configuration."""

    registers: ClassVar = {f"GPIO{n}": Register(0x04 + 4 * n, reset=0xB00) for n in range(22)}

    def __init__(self):
        super().__init__("io_mux", 0x6000_9000)

    def function(self, pin: int) -> int:
        """MCU_SEL of a pin."""
        return self.value[f"GPIO{pin}"] >> 12 & 7


class Uart(Peripheral):
    """TRM, UART controller. Transfers take no time."""

    registers: ClassVar = {
        "FIFO": Register(0x00, writable=0xFF),
        "CLKDIV": Register(0x14, reset=0x2B6, writable=0x00F0_0FFF),
        "STATUS": Register(0x1C, writable=0),
        "CONF0": Register(0x20, reset=0x1000_001C),
        "CLK_CONF": Register(0x78, reset=0x0370_1000),
    }
    _SCLK_EN, _TX_SCLK_EN, _RX_SCLK_EN, _CRYSTAL = 1 << 22, 1 << 24, 1 << 25, 3 << 20

    def __init__(self, name: str, base: int, enabled: Callable[[], bool], console: Console):
        super().__init__(name, base, enabled)
        self._console = console

    def _clocked(self, direction: int) -> bool:
        wanted = self._SCLK_EN | direction
        return self.value["CLK_CONF"] & wanted == wanted

    def read_STATUS(self) -> int:
        """Transmit FIFO always empty; one byte in the receive FIFO if the console has any."""
        return int(self._clocked(self._RX_SCLK_EN) and self._console.available())

    def read_FIFO(self) -> int:
        """Take the received byte."""
        return self._console.receive() if self._clocked(self._RX_SCLK_EN) else 0

    def write_FIFO(self, value: int) -> None:
        """Send a byte; a transmitter without a clock keeps it for ever."""
        if self._clocked(self._TX_SCLK_EN):
            self._console.send(value)

    def baud(self, crystal_hz: int) -> float:
        """The crystal's clock by its divider, then by CLKDIV in sixteenths; 0 for another source."""
        configuration, divider = self.value["CLK_CONF"], self.value["CLKDIV"]
        if configuration & self._CRYSTAL != self._CRYSTAL:
            return 0.0
        return crystal_hz / ((configuration >> 12 & 0xFF) + 1) * 16 / ((divider & 0xFFF) << 4 | divider >> 20)


class PerformanceCounter(Peripheral):
    """TRM, ESP-RISC-V CPU: the performance counter's control and status registers, at four times their number."""

    registers: ClassVar = {
        "mpcer": Register(4 * 0x7E0, writable=0x7FF),
        "mpcmr": Register(4 * 0x7E1, reset=1, writable=0x3),
        "mpccr": Register(4 * 0x7E2),
    }
    _CYCLES, _COUNT = 1, 1

    def __init__(self, cycles: Callable[[], int]):
        super().__init__("csr", 0)
        self._cycles = cycles
        self._origin_cycles = 0  # the time at which a running counter would have been zero

    def _running(self) -> bool:
        return self.value["mpcer"] == self._CYCLES and bool(self.value["mpcmr"] & self._COUNT)

    def read_mpccr(self) -> int:
        """Return the modelled cycles since the counter was zero, modulo 2^32."""
        count = self._cycles() - self._origin_cycles if self._running() else self.value["mpccr"]
        return count & 0xFFFF_FFFF

    def write_mpccr(self, value: int) -> None:
        """Set the counter."""
        self.value["mpccr"] = value
        self._origin_cycles = self._cycles() - value

    def _configure(self, name: str, value: int) -> None:
        count = self.read_mpccr()
        self.value[name] = value
        self.write_mpccr(count)

    def write_mpcer(self, value: int) -> None:
        """Choose what to count: only cycles alone are modelled; the counter keeps its value."""
        self._configure("mpcer", value)

    def write_mpcmr(self, value: int) -> None:
        """Start or stop the counter; it keeps its value."""
        self._configure("mpcmr", value)
