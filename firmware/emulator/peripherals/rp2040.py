"""Peripherals of the RP2040: RP2040 datasheet. Oscillators, PLL and clock switches are ready at once."""

from collections.abc import Callable
from typing import ClassVar

from firmware.emulator.bus import Peripheral, Ready, Register
from firmware.emulator.console import Console

_ROSC_HZ = 6_500_000  # section 2.17: what the chip boots from, nominally


class Resets(Peripheral):
    """Section 2.14.3: what is not held in reset is done with it at once."""

    registers: ClassVar = {
        "RESET": Register(0x0, reset=0x01FF_FFFF, writable=0x01FF_FFFF),
        "RESET_DONE": Register(0x8, writable=0),
    }

    def __init__(self):
        super().__init__("resets", 0x4000_C000)

    def read_RESET_DONE(self) -> int:
        """The blocks that are out of reset."""
        return ~self.value["RESET"] & 0x01FF_FFFF

    def released(self, bit: int) -> Callable[[], bool]:
        """Return a function that tells whether a block is out of reset; accesses to others hang."""
        return lambda: not self.value["RESET"] >> bit & 1


class Xosc(Peripheral):
    """Section 2.16.7: the crystal oscillator."""

    registers: ClassVar = {
        "CTRL": Register(0x0, writable=0x00FF_FFFF),
        "STATUS": Register(0x4, writable=0),
        "STARTUP": Register(0xC, reset=0x00C4, writable=0x0010_3FFF),
    }

    def __init__(self, crystal_hz: int):
        super().__init__("xosc", 0x4002_4000)
        self._crystal_hz = crystal_hz

    @property
    def clock_hz(self) -> int:
        """The crystal's frequency; 0 unless CTRL has the magic words for on and for 1 to 15 MHz."""
        return self._crystal_hz if self.value["CTRL"] == 0xFAB << 12 | 0xAA0 else 0

    def read_STATUS(self) -> int:
        """STABLE and ENABLED."""
        return 1 << 31 | 1 << 12 if self.clock_hz else 0


class Pll(Peripheral):
    """Section 2.18.4: a PLL, locked as soon as it and its VCO are powered and it is fed."""

    registers: ClassVar = {
        "CS": Register(0x0, reset=1, writable=0x13F),
        "PWR": Register(0x4, reset=0x2D, writable=0x2D),
        "FBDIV_INT": Register(0x8, writable=0xFFF),
        "PRIM": Register(0xC, reset=0x0007_7000, writable=0x0007_7000),
    }
    _PD, _POSTDIVPD, _VCOPD, _LOCK = 1 << 0, 1 << 3, 1 << 5, 1 << 31

    def __init__(self, xosc: Xosc, released: Callable[[], bool]):
        super().__init__("pll_sys", 0x4002_8000, released)
        self._xosc = xosc

    @property
    def _vco_hz(self) -> int:
        powered = not self.value["PWR"] & (self._PD | self._VCOPD)
        return self._xosc.clock_hz // (self.value["CS"] & 0x3F) * self.value["FBDIV_INT"] if powered else 0

    def read_CS(self) -> int:
        """Locked if the VCO runs in its range of 750 to 1600 MHz, section 2.18.2."""
        return self.value["CS"] | (self._LOCK if 750e6 <= self._vco_hz <= 1600e6 else 0)

    @property
    def clock_hz(self) -> int:
        """The output; 0 while the dividers are off."""
        first, second = self.value["PRIM"] >> 16 & 7, self.value["PRIM"] >> 12 & 7
        divided = not self.value["PWR"] & self._POSTDIVPD and first and second
        return self._vco_hz // (first * second) if divided else 0


class Clocks(Peripheral):
    """Section 2.15.7: reference, system and peripheral clock. A switch without glitch happens at once."""

    registers: ClassVar = {
        "REF_CTRL": Register(0x30, writable=0x63),
        "REF_SELECTED": Register(0x38, reset=1, writable=0),
        "SYS_CTRL": Register(0x3C, writable=0xE1),
        "SYS_DIV": Register(0x40, reset=0x100),
        "SYS_SELECTED": Register(0x44, reset=1, writable=0),
        "PERI_CTRL": Register(0x48, writable=0xCE0),
    }

    def __init__(self, xosc: Xosc, pll: Pll):
        super().__init__("clocks", 0x4000_8000)
        self._xosc, self._pll = xosc, pll

    def read_REF_SELECTED(self) -> int:
        """One bit for the source of the reference clock."""
        return 1 << (self.value["REF_CTRL"] & 3)

    def read_SYS_SELECTED(self) -> int:
        """One bit for the source of the system clock."""
        return 1 << (self.value["SYS_CTRL"] & 1)

    @property
    def ref_hz(self) -> int:
        """Ring oscillator, auxiliary source (not modelled: 0) or crystal."""
        return (_ROSC_HZ, 0, self._xosc.clock_hz, 0)[self.value["REF_CTRL"] & 3]

    @property
    def sys_hz(self) -> int:
        """The reference clock, or PLL_SYS as auxiliary source; the divider has 8 fractional bits."""
        auxiliary_hz = self._pll.clock_hz if not self.value["SYS_CTRL"] >> 5 & 7 else 0
        source_hz = auxiliary_hz if self.value["SYS_CTRL"] & 1 else self.ref_hz
        return source_hz * 256 // self.value["SYS_DIV"] if self.value["SYS_DIV"] else 0

    @property
    def peri_hz(self) -> int:
        """The system clock, if enabled; other sources are not modelled."""
        return self.sys_hz if self.value["PERI_CTRL"] & (1 << 11 | 7 << 5) == 1 << 11 else 0


class Watchdog(Peripheral):
    """Section 4.7.6: only the tick that it makes for the timer."""

    registers: ClassVar = {"TICK": Register(0x2C, reset=0x200, writable=0x3FF)}
    ready: ClassVar = {"TICK": (Ready(1 << 9, 1 << 10),)}

    def __init__(self, clocks: Clocks):
        super().__init__("watchdog", 0x4005_8000)
        self._clocks = clocks

    @property
    def tick_hz(self) -> float:
        """The reference clock divided by CYCLES; 0 when off."""
        tick = self.value["TICK"]
        return self._clocks.ref_hz / (tick & 0x1FF) if tick >> 9 & 1 and tick & 0x1FF else 0.0


class Timer(Peripheral):
    """Section 4.6.5: the 64-bit timer's lower half. It starts with the block's release from reset, near enough."""

    registers: ClassVar = {"TIMERAWL": Register(0x28, writable=0)}

    def __init__(self, watchdog: Watchdog, clocks: Clocks, released: Callable[[], bool], cycles: Callable[[], int]):
        super().__init__("timer", 0x4005_4000, released)
        self._watchdog, self._clocks, self._cycles = watchdog, clocks, cycles

    def read_TIMERAWL(self) -> int:
        """The ticks in the modelled cycles, at the present clocks."""
        return int(self._cycles() * self._watchdog.tick_hz / self._clocks.sys_hz) & 0xFFFF_FFFF


class IoBank0(Peripheral):
    """Section 2.19.6.1: function of the 30 pins; it keeps its configuration."""

    registers: ClassVar = {f"CTRL{n}": Register(0x04 + 8 * n, reset=0x1F) for n in range(30)}

    def __init__(self, released: Callable[[], bool]):
        super().__init__("io_bank0", 0x4001_4000, released)

    def function(self, pin: int) -> int | None:
        """Return FUNCSEL of a pin, or None if the pin is not given to a peripheral."""
        function = self.value[f"CTRL{pin}"] & 0x1F
        return None if function == 0x1F else function


class PadsBank0(Peripheral):
    """Section 2.19.6.3: the pads of the 30 pins; it keeps its configuration."""

    registers: ClassVar = {f"GPIO{n}": Register(0x04 + 4 * n, reset=0x56, writable=0xFF) for n in range(30)}

    def __init__(self, released: Callable[[], bool]):
        super().__init__("pads_bank0", 0x4001_C000, released)


class PadsQspi(Peripheral):
    """Section 2.19.6.4: the pads of the flash; it keeps its configuration."""

    registers: ClassVar = {
        "SCLK": Register(0x4, reset=0x56, writable=0xFF),
        **{f"SD{line}": Register(0x8 + 4 * line, reset=0x52, writable=0xFF) for line in range(4)},
        "SS": Register(0x18, reset=0x5A, writable=0xFF),
    }

    def __init__(self):
        super().__init__("pads_qspi", 0x4002_0000)


class Pl011(Peripheral):
    """Section 4.2.8: UART, Arm's PL011. Transfers take no time."""

    registers: ClassVar = {
        "DR": Register(0x00, writable=0xFF),
        "FR": Register(0x18, writable=0),
        "IBRD": Register(0x24, writable=0xFFFF),
        "FBRD": Register(0x28, writable=0x3F),
        "LCR_H": Register(0x2C, writable=0xFF),
        "CR": Register(0x30, reset=0x300, writable=0xFF87),
    }
    _UARTEN, _TXE, _RXE = 1 << 0, 1 << 8, 1 << 9
    _RXFE, _TXFE = 1 << 4, 1 << 7

    def __init__(self, name: str, base: int, released: Callable[[], bool], console: Console):
        super().__init__(name, base, released)
        self._console = console
        self._latched_divider = 0

    def _enabled(self, direction: int) -> bool:
        wanted = self._UARTEN | direction
        return self.value["CR"] & wanted == wanted

    def read_FR(self) -> int:
        """Transmitter always empty; receiver as the console says."""
        received = self._enabled(self._RXE) and self._console.available()
        return self._TXFE | (0 if received else self._RXFE)

    def read_DR(self) -> int:
        """Take the received byte."""
        return self._console.receive() if self._enabled(self._RXE) else 0

    def write_DR(self, value: int) -> None:
        """Send a byte; a transmitter that is off loses it."""
        if self._enabled(self._TXE):
            self._console.send(value)

    def write_LCR_H(self, value: int) -> None:
        """Set the frame, which also latches the divider: section 4.2.7.1."""
        self.value["LCR_H"] = value
        self._latched_divider = self.value["IBRD"] << 6 | self.value["FBRD"]

    def baud(self, clock_hz: int) -> float:
        """Section 4.2.7.1: the divider counts 64ths of sixteen samples a bit."""
        return clock_hz * 64 / 16 / self._latched_divider


class Ssi(Peripheral):
    """Section 4.10.13: the interface to the flash, and a W25Q16JV behind it, as far as the second boot stage needs.

    A command is what was written since the transmitter was last seen empty.
    """

    registers: ClassVar = {
        "CTRLR0": Register(0x00),
        "CTRLR1": Register(0x04),
        "SSIENR": Register(0x08, writable=1),
        "SER": Register(0x10, writable=1),
        "BAUDR": Register(0x14, writable=0xFFFF),
        "SR": Register(0x28, writable=0),
        "DR0": Register(0x60),
        "RX_SAMPLE_DLY": Register(0xF0),
        "SPI_CTRLR0": Register(0xF4, reset=0x0300_0000),
    }
    _TFNF, _TFE, _RFNE = 1 << 1, 1 << 2, 1 << 3
    _QUAD_READ, _KEEP_READING, _QUAD_ENABLE = 0xEB, 0xA0, 1 << 1

    def __init__(self):
        super().__init__("ssi", 0x1800_0000)
        self._command: list[int] = []
        self._received: list[int] = []
        self._status_2 = 0
        self._writable = False
        self._keeps_reading = False

    @property
    def _quad(self) -> bool:
        return self.value["CTRLR0"] >> 21 & 3 == 2

    def write_DR0(self, value: int) -> None:
        """Send a byte (or, in quad mode, command and address); an interface that is off loses it."""
        if not self.value["SSIENR"] or not self.value["SER"]:
            return
        self._command.append(value)
        status = {0x05: 0, 0x35: self._status_2}.get(self._command[0], 0)
        self._received.append(status if len(self._command) > 1 else 0)

    def read_DR0(self) -> int:
        """Take what came back."""
        return self._received.pop(0) if self._received else 0

    def read_SR(self) -> int:
        """Empty and idle: what was sent has arrived."""
        self._finish()
        return self._TFNF | self._TFE | (self._RFNE if self._received else 0)

    def _finish(self) -> None:
        command, self._command = self._command, []
        if command == [0x06]:
            self._writable = True
        elif command[:1] == [0x31] and len(command) == 2 and self._writable:
            self._status_2, self._writable = command[1], False
        elif self._quad and command == [self._QUAD_READ, self._KEEP_READING]:
            self._received.clear()
            self._keeps_reading = bool(self._status_2 & self._QUAD_ENABLE)

    @property
    def executes_in_place(self) -> bool:
        """Whether an access to the flash's addresses would be answered.

        Needs the flash in its state without commands, and accesses of 32 bits of address and mode bits on four lines,
        four dummy clocks and no command, with the mode bits that keep that state.
        """
        wanted = self._KEEP_READING << 24 | 4 << 11 | 32 // 4 << 2 | 2
        ready = self.value["SSIENR"] and self._quad and self.value["CTRLR0"] >> 16 & 0x1F == 31
        return bool(ready and self._keeps_reading and self.value["SPI_CTRLR0"] == wanted)
