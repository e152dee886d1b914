"""What every Cortex-M has inside: system control, debug control, DWT cycle counter, SysTick (DDI 0403E)."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import Peripheral, Register, ResetAsked

SVCALL, PENDSV, SYSTICK = 11, 14, 15  # numbers of exceptions, B1.5.2
_TRCENA = 1 << 24
_VECTKEY, _SYSRESETREQ = 0x05FA, 1 << 2


class SystemControl(Peripheral):
    """The registers of the system control space that start-up code and exceptions need, DDI 0403E B3.2.

    `pending` has a bit for each system exception that waits; `active` is the number of the one that runs.
    """

    registers: ClassVar = {
        "ICSR": Register(0x04),
        "VTOR": Register(0x08, writable=0xFFFF_FF80),
        "AIRCR": Register(0x0C, writable=0xFFFF_0704),
        "SCR": Register(0x10, writable=0x16),
        "CCR": Register(0x14, reset=0x0000_0200, writable=0x0000_031B),
        "SHPR1": Register(0x18, writable=0x00FF_FFFF),
        "SHPR2": Register(0x1C, writable=0xFF00_0000),
        "SHPR3": Register(0x20, writable=0xFFFF_00FF),
        "SHCSR": Register(0x24, writable=0x0007_0000),
        "CPACR": Register(0x88),
        "DEMCR": Register(0xFC),
    }

    def __init__(self):
        super().__init__("scb", 0xE000_ED00)
        self.pending = 0
        self.active = 0

    def read_ICSR(self) -> int:
        """What is pending and what runs, B3.2.4."""
        return (self.pending >> PENDSV & 1) << 28 | (self.pending >> SYSTICK & 1) << 26 | self.active

    def write_ICSR(self, value: int) -> None:
        """Set or clear the pending bits of PendSV and SysTick."""
        for number, bit in ((PENDSV, 27), (SYSTICK, 25)):
            if value >> bit + 1 & 1:
                self.pending |= 1 << number
            elif value >> bit & 1:
                self.pending &= ~(1 << number)

    def write_AIRCR(self, value: int) -> None:
        """Set the priority grouping; a write without the key does nothing, one may ask for a reset. B3.2.6."""
        if value >> 16 != _VECTKEY:
            return
        if value & _SYSRESETREQ:
            raise ResetAsked("scb AIRCR: asks for a reset")
        self.value["AIRCR"] = value & 0x700

    def priority(self, number: int) -> int:
        """Return the priority of the system exception `number` (from 4 on): 0 is the highest."""
        return self.value[f"SHPR{number // 4}"] >> 8 * (number % 4) & 0xFF

    @property
    def sleeps_on_exit(self) -> bool:
        """B3.2.7, SCR.SLEEPONEXIT."""
        return bool(self.value["SCR"] & 2)

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
    _ENABLE, _TICKINT, _PROCESSOR_CLOCK = 1 << 0, 1 << 1, 1 << 2

    def __init__(self, cycles: Callable[[], int]):
        super().__init__("systick", 0xE000_E010)
        self._cycles = cycles
        self._zero_cycles = 0  # the time at which a running counter was zero
        self._seen_cycles = {"flag": 0, "interrupt": 0}  # up to when somebody was told of zeros

    def _running(self) -> bool:
        wanted = self._ENABLE | self._PROCESSOR_CLOCK
        return self.value["CSR"] & wanted == wanted

    def _zero_after(self, cycles: int) -> int:
        """Return the next time at which the counter counts to zero."""
        period = self.value["RVR"] + 1
        return cycles + 1 + (self._zero_cycles - cycles - 1) % period

    def _reached_zero(self, reader: str) -> bool:
        """Return whether the counter counted to zero since this reader asked last."""
        since, now = self._seen_cycles[reader], self._cycles()
        self._seen_cycles[reader] = now
        return self._running() and self.value["RVR"] > 0 and self._zero_after(since) <= now

    def expired(self) -> bool:
        """Return whether the interrupt became due since the last call."""
        return self._reached_zero("interrupt") and bool(self.value["CSR"] & self._TICKINT)

    def rises_at(self) -> int | None:
        """The next zero, if that gives an interrupt."""
        gives = self._running() and self.value["CSR"] & self._TICKINT and self.value["RVR"]
        return self._zero_after(self._cycles()) if gives else None

    def read_CSR(self) -> int:
        """COUNTFLAG is set once for all zeros since the last read."""
        return self.value["CSR"] | (self._reached_zero("flag") << 16)

    def read_CVR(self) -> int:
        """Return the counter: the cycle after zero it has the reload value."""
        if not self._running():
            return self.value["CVR"]
        return (self._zero_cycles - self._cycles()) % (self.value["RVR"] + 1)

    def write_CVR(self, _: int) -> None:
        """Any write clears the counter."""
        self.value["CVR"] = 0
        self._zero_cycles = self._cycles()
        self._seen_cycles["flag"] = self._cycles()

    def write_CSR(self, value: int) -> None:
        """Start or stop the counter; it keeps its value."""
        count = self.read_CVR()
        self.value |= {"CSR": value, "CVR": count}
        self._seen_cycles = dict.fromkeys(self._seen_cycles, self._cycles())
        self._zero_cycles = self._cycles() + count
