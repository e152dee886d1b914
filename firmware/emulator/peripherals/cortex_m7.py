"""What a Cortex-M7 has beyond the other cores: first-level caches, and a lock on its trace unit."""

from typing import ClassVar

from firmware.emulator.bus import BusError, Peripheral, Register
from firmware.emulator.peripherals import cortex_m

_CCR_DC, _CCR_IC = 1 << 16, 1 << 17


class SystemControl(cortex_m.SystemControl):
    """System control with the registers of the caches' configuration, DDI 0403E B3.2.8 and B4.8."""

    registers: ClassVar = {
        **cortex_m.SystemControl.registers,
        "CCR": Register(0x14, reset=0x0004_0200, writable=0x0007_031B),
        "CCSIDR": Register(0x80, writable=0),
        "CSSELR": Register(0x84, writable=0xF),
    }

    def __init__(self, data_cache_bytes: int):
        super().__init__()
        self.sets, self.ways = data_cache_bytes // 32 // 4, 4
        self.maintenance = CacheMaintenance(self)

    def read_CCSIDR(self) -> int:
        """Cortex-M7 TRM (DDI 0489F) 4.3: the data cache has 4 ways with lines of 32 bytes (LineSize 1)."""
        if self.value["CSSELR"] != 0:
            raise BusError("scb CCSIDR: only the data cache is modelled")
        return 0xF000_0000 | (self.sets - 1) << 13 | (self.ways - 1) << 3 | 1

    def write_CCR(self, value: int) -> None:
        """DDI 0489F 5.6: a cache is enabled after all of it was invalidated."""
        started = value & ~self.value["CCR"]
        if started & _CCR_IC and not self.maintenance.instruction_invalidated:
            raise BusError("scb CCR: the instruction cache is enabled before it was invalidated")
        if started & _CCR_DC and len(self.maintenance.invalidated) != self.sets * self.ways:
            lines = f"{len(self.maintenance.invalidated)} of {self.sets * self.ways}"
            raise BusError(f"scb CCR: the data cache is enabled with {lines} lines invalidated")
        self.value["CCR"] = value

    @property
    def caches_enabled(self) -> bool:
        """Both caches are on."""
        both = _CCR_IC | _CCR_DC
        return self.value["CCR"] & both == both


class CacheMaintenance(Peripheral):
    """Invalidation by set and way, DDI 0403E B2.2.7. Caches are not modelled: it remembers what was invalidated."""

    registers: ClassVar = {"ICIALLU": Register(0x00), "DCISW": Register(0x10)}

    def __init__(self, system: SystemControl):
        super().__init__("cache", 0xE000_EF50)
        self._system = system
        self.instruction_invalidated = False
        self.invalidated: set[tuple[int, int]] = set()

    def write_ICIALLU(self, _: int) -> None:
        """All of the instruction cache."""
        self.instruction_invalidated = True

    def write_DCISW(self, value: int) -> None:
        """One line of the data cache: the way in bits 31 and 30, the set from bit 5."""
        way, row = value >> 30, value >> 5 & 0x1FF
        if row >= self._system.sets:
            raise BusError(f"cache DCISW: set {row} of {self._system.sets}")
        self.invalidated.add((row, way))


class Dwt(cortex_m.Dwt):
    """The trace unit, whose registers ignore writes until it is unlocked: CoreSight architecture, IHI 0029E B2.3.10."""

    registers: ClassVar = {**cortex_m.Dwt.registers, "LAR": Register(0xFB0)}
    _KEY = 0xC5AC_CE55

    def _unlocked(self) -> bool:
        return self.value["LAR"] == self._KEY

    def write_CYCCNT(self, value: int) -> None:
        """Set the counter, if unlocked."""
        if self._unlocked():
            super().write_CYCCNT(value)

    def write_CTRL(self, value: int) -> None:
        """Start or stop the counter, if unlocked."""
        if self._unlocked():
            super().write_CTRL(value)
