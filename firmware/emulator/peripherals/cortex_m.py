"""What every Cortex-M has inside: system control, debug control, DWT cycle counter, SysTick (DDI 0403E)."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import Peripheral, Register

_TRCENA = 1 << 24


class SystemControl(Peripheral):
    """The registers of the system control space that start-up code touches, DDI 0403E B3.2."""

    registers: ClassVar = {
        "VTOR": Register(0x08, writable=0xFFFF_FF80),
        "CPACR": Register(0x88),
        "DEMCR": Register(0xFC),
    }

    def __init__(self):
        super().__init__("scb", 0xE000_ED00)

    @property
    def fpu_enabled(self) -> bool:
        """DDI 0403E B3.2.20: full access to coprocessors 10 and 11."""
        return self.value["CPACR"] >> 20 & 0xF == 0xF

    @property
    def trace_enabled(self) -> bool:
        """DDI 0403E C1.6.5: DEMCR.TRCENA, without which the DWT does nothing."""
        return bool(self.value["DEMCR"] & _TRCENA)


class Dwt(Peripheral):
    """Data watchpoint and trace unit, DDI 0403E C1.8: only the cycle counter."""

    registers: ClassVar = {
        "CTRL": Register(0x00, reset=0x4000_0000, writable=1),
        "CYCCNT": Register(0x04),
    }

    def __init__(self, system: SystemControl, cycles: Callable[[], int]):
        super().__init__("dwt", 0xE000_1000, clocked=lambda: system.trace_enabled)
        self._cycles = cycles
        self._origin_cycles = 0  # the time at which a running counter would have been zero

    def _running(self) -> bool:
        return bool(self.value["CTRL"] & 1)

    def read_CYCCNT(self) -> int:
        """Return the modelled cycles since the counter was zero, modulo 2^32."""
        count = self._cycles() - self._origin_cycles if self._running() else self.value["CYCCNT"]
        return count & 0xFFFF_FFFF

    def write_CYCCNT(self, value: int) -> None:
        """Set the counter."""
        self.value["CYCCNT"] = value
        self._origin_cycles = self._cycles() - value

    def write_CTRL(self, value: int) -> None:
        """Start or stop the counter; it keeps its value."""
        count = self.read_CYCCNT()
        self.value["CTRL"] = value
        self.write_CYCCNT(count)


class SysTick(Peripheral):
    """The 24-bit system timer, DDI 0403E B3.3, on the processor's clock: it counts cycles down."""

    registers: ClassVar = {
        "CSR": Register(0x0, writable=0x7),
        "RVR": Register(0x4, writable=0x00FF_FFFF),
        "CVR": Register(0x8, writable=0x00FF_FFFF),
    }
    _ENABLE, _PROCESSOR_CLOCK = 1 << 0, 1 << 2

    def __init__(self, cycles: Callable[[], int]):
        super().__init__("systick", 0xE000_E010)
        self._cycles = cycles
        self._zero_cycles = 0  # the time at which a running counter was zero

    def _running(self) -> bool:
        wanted = self._ENABLE | self._PROCESSOR_CLOCK
        return self.value["CSR"] & wanted == wanted

    def read_CVR(self) -> int:
        """Return the counter: the cycle after zero it has the reload value."""
        if not self._running():
            return self.value["CVR"]
        return (self._zero_cycles - self._cycles()) % (self.value["RVR"] + 1)

    def write_CVR(self, _: int) -> None:
        """Any write clears the counter."""
        self.value["CVR"] = 0
        self._zero_cycles = self._cycles()

    def write_CSR(self, value: int) -> None:
        """Start or stop the counter; it keeps its value."""
        count = self.read_CVR()
        self.value |= {"CSR": value, "CVR": count}
        self._zero_cycles = self._cycles() + count
