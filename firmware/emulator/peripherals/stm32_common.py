"""What the STM32 families after the F4 share: USART and LPUART of the second generation, and how clocks are checked."""

from collections.abc import Callable
from typing import ClassVar

from firmware.board import Board
from firmware.emulator.bus import Bus, BusError, Peripheral, Register
from firmware.emulator.console import Console
from firmware.emulator.peripherals import stm32


class Gpio(stm32.GpioV2):
    """GPIO port that also knows what it drives: RM0090, BSRR sets and resets bits of ODR."""

    registers: ClassVar = {**stm32.GpioV2.registers, "ODR": Register(0x14, writable=0xFFFF)}

    def write_BSRR(self, value: int) -> None:
        """Set the pins of the lower half, reset those of the upper; setting wins."""
        self.value["ODR"] = self.value["ODR"] & ~(value >> 16) | value & 0xFFFF

    def drives_high(self, pin: int) -> bool:
        """True for an output that is set."""
        return self.value["MODER"] >> 2 * pin & 3 == 1 and bool(self.value["ODR"] >> pin & 1)


def speeds(board: Board, bus: Bus) -> tuple[float, float, int]:
    """Return processor clock in Hz, console baud and flash wait states, as the registers have them."""
    return bus["rcc"].core_hz, bus[board.console.uart].baud, bus["flash"].wait_states


def gpio_ports(base: int, letters: str, gate: Callable[[int], Callable[[], bool]], pins: str) -> list[Gpio]:
    """Return the ports, 0x400 apart in every family; `gate(index)` is the clock of a port, `pins` as in GpioV2."""
    return [Gpio(letter, base + 0x400 * i, gate(i), pins) for i, letter in enumerate(letters)]


class Flash(stm32.WaitStates):
    """Flash interface, access control only. `limits_hz` gives the fastest clock for 0, 1, 2 ... wait states."""

    limits_hz: ClassVar[tuple[int, ...]]

    @property
    def limit_hz(self) -> int:
        """The fastest clock at which reads are right."""
        return self.limits_hz[min(self.wait_states, len(self.limits_hz) - 1)]


class Rcc(stm32.ClockGates):
    """Base of the clock controls: what `ClockGates` has, and the refusal of a clock that is too fast."""

    def __init__(self, base: int):
        super().__init__("rcc", base)
        self._limits: list[tuple[str, Callable[[], int], Callable[[], int]]] = []

    def limit(self, name: str, clock_hz: Callable[[], int], limit_hz: Callable[[], int]) -> None:
        """Refuse every selection after which `clock_hz()` is above `limit_hz()`; `name` says what limits."""
        self._limits.append((name, clock_hz, limit_hz))

    @property
    def core_hz(self) -> int:
        """The processor's clock: that of the buses, unless a family says otherwise."""
        return self.hclk_hz

    def check(self) -> None:
        """Raise BusError if a clock is faster than its limit at this moment."""
        for name, clock_hz, limit_hz in self._limits:
            if clock_hz() > limit_hz():
                raise BusError(f"rcc: {clock_hz() / 1e6:g} MHz, but {name} allow {limit_hz() / 1e6:g} MHz")

    def write_CFGR(self, value: int) -> None:
        """Select the system clock and the bus dividers."""
        self.value["CFGR"] = value
        self.check()


def ahb_divider(hpre: int) -> int:
    """HPRE, the same in all families: 0xxx no division, 1000 to 1011 by 2 to 16, 1100 to 1111 by 64 to 512."""
    if hpre < 8:
        return 1
    return 2 << (hpre - 8) if hpre < 12 else 64 << (hpre - 12)


def apb_divider(ppre: int) -> int:
    """PPRE, the same in all families: 0xx no division, 100 to 111 by 2 to 16."""
    return 1 if ppre < 4 else 2 << (ppre - 4)


class UsartV2(Peripheral):
    """USART with separate data registers: RM0444. Transfers take no time.

    `clock_hz` returns the kernel clock. BRR and CR3 can be written only while the USART is off.
    """

    registers: ClassVar = {
        "CR1": Register(0x00),
        "CR2": Register(0x04),
        "CR3": Register(0x08),
        "BRR": Register(0x0C, writable=0xF_FFFF),
        "ISR": Register(0x1C, writable=0),
        "ICR": Register(0x20),
        "RDR": Register(0x24, writable=0),
        "TDR": Register(0x28, writable=0x1FF),
    }
    _UE, _RE, _TE = 1 << 0, 1 << 2, 1 << 3
    _RXNE, _TC_TXE, _TEACK, _REACK = 1 << 5, 0xC0, 1 << 21, 1 << 22

    def __init__(
        self,
        name: str,
        base: int,
        clocked: Callable[[], bool],
        console: Console,
        clock_hz: Callable[[], int],
    ):
        super().__init__(name, base, clocked)
        self._console = console
        self._clock_hz = clock_hz

    def _enabled(self, direction: int) -> bool:
        wanted = self._UE | direction
        return self.value["CR1"] & wanted == wanted

    def _write_while_off(self, key: str, value: int) -> None:
        if self._enabled(0):
            raise BusError(f"{self.name} {key}: can be written only while the USART is off")
        self.value[key] = value

    def write_BRR(self, value: int) -> None:
        """Set the divider."""
        self._write_while_off("BRR", value)

    def write_CR3(self, value: int) -> None:
        """Set the options."""
        self._write_while_off("CR3", value)

    def read_ISR(self) -> int:
        """Transmitter always empty; receiver as the console says."""
        receiving = self._enabled(self._RE)
        received = receiving and self._console.available()
        return (
            self._TC_TXE
            | (self._TEACK if self._enabled(self._TE) else 0)
            | (self._REACK if receiving else 0)
            | (self._RXNE if received else 0)
        )

    def interrupt(self) -> bool:
        """RXNEIE, TCIE and TXEIE have the places in CR1 that the flags have in ISR."""
        enabled = self.value["CR1"] & (self._TC_TXE | self._RXNE) if self._enabled(0) else 0
        return bool(enabled & self._TC_TXE) or (self.listens() and self._console.has_input())

    def listens(self) -> bool:
        """RXNEIE, with the receiver on."""
        return self._enabled(self._RE) and bool(self.value["CR1"] & self._RXNE)

    def read_RDR(self) -> int:
        """Take the received byte."""
        return self._console.receive() if self._enabled(self._RE) else 0

    def write_TDR(self, value: int) -> None:
        """Send a byte; a transmitter that is off loses it."""
        if self._enabled(self._TE):
            self._console.send(value & 0xFF)

    @property
    def baud(self) -> float:
        """RM0444, oversampling by 16, no prescaler: kernel clock over BRR, which is at least 16."""
        divider = self.value["BRR"]
        return self._clock_hz() / divider if divider >= 16 else 0.0


class Lpuart(UsartV2):
    """LPUART: RM0444; as the USART for what is modelled, but for the divider."""

    @property
    def baud(self) -> float:
        """RM0444: 256 times the kernel clock over BRR, which is at least 0x300."""
        divider = self.value["BRR"]
        return 256 * self._clock_hz() / divider if divider >= 0x300 else 0.0
