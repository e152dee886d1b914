"""Exceptions of a Cortex-M: which one is taken, entry, return, and sleep until one comes (DDI 0403E B1.5).

Unicorn leaves all of this to us. An exception is taken between two blocks of code, so later than on silicon by at most
a block, and always at the same place when time alone caused it. Entry and return cost the cycles that Arm publishes for
memory without wait states; the later saving of floating-point registers, which a handler that uses them pays, costs
nothing here.
"""

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

import unicorn
from unicorn import arm_const

from firmware.board import Board
from firmware.emulator import frames
from firmware.emulator.bus import Bus, Peripheral
from firmware.emulator.console import Console
from firmware.emulator.counter import NEVER_CYCLES, Counter
from firmware.emulator.pace import BITS_PER_BYTE
from firmware.emulator.peripherals.cortex_m import SVCALL, SYSTICK, SysTick
from firmware.emulator.peripherals.nvic import Nvic

_FIRST_INTERRUPT = 16
_THREAD_PRIORITY = 0x100
_FIRST_EXC_RETURN = 0xFFFF_FF00  # from here on, an address is no code but a return
_IDLE_S = 0.02
_PRIORITY_BITS = {"cortex-m0plus": 2}  # DDI 0419E B3.4.2; the others' chips choose, mostly four
_MASKS = arm_const.UC_ARM_REG_PRIMASK, arm_const.UC_ARM_REG_FAULTMASK


@dataclass(frozen=True)
class Latency:
    """Cycles from a request to its handler, from the return to the next instruction, and between two handlers."""

    entry: int
    exit: int
    tail_chain: int


# Entry: Arm's "Beginner's guide on interrupt latency" (J. Yiu, 2016), table 1. Exit: Arm article KA 103489845 has ten
# for the Cortex-M4; for the others it is not published and taken as the entry less the fetch of the vector, two cycles.
# Tail-chaining: DDI 0439B 3.9.1 has six for the Cortex-M4, taken for all.
_LATENCY = {
    "cortex-m0plus": Latency(15, 13, 6),
    "cortex-m4": Latency(12, 10, 6),
    "cortex-m7": Latency(12, 10, 6),
    "cortex-m33": Latency(12, 10, 6),
}


class Exceptions:
    """Decides and does what a core does for exceptions; `lines` are the peripherals with an interrupt, by its number.

    `vectors` is the address of the vector table for as long as VTOR is zero.
    """

    def __init__(
        self,
        board: Board,
        engine: unicorn.Uc,
        counter: Counter,
        console: Console,
        bus: Bus,
        lines: dict[int, Peripheral],
        vectors: int,
    ):
        self._board = board
        self._engine = engine
        self._counter = counter
        self._console = console
        self._scb, self._nvic, self._systick = bus["scb"], bus["nvic"], bus["systick"]
        self._lines = lines
        self._vectors = vectors
        self._latency = _LATENCY[board.core]
        self._byte_cycles = board.clock_hz * BITS_PER_BYTE // board.console.baud
        self._active: list[int] = []

    # What is due, and when to look again.

    def due(self) -> bool:
        """Look at all lines; return whether an exception has to be taken now."""
        self._sample()
        return self._next() is not None

    def next_cycles(self) -> int:
        """Return when `due` should be asked again, if the image does not touch a register before."""
        if not self.in_use:
            return NEVER_CYCLES
        if self._waiting() and self._masked():
            return 0  # instructions lift a mask, and no register tells
        times = [when for line in self._sources() if (when := line.rises_at()) is not None]
        if self._listens():
            times.append(self._counter.cycles + self._byte_cycles)
        return min(times, default=NEVER_CYCLES)

    @property
    def in_use(self) -> bool:
        """False as long as the image has enabled nothing that could interrupt it."""
        return bool(self._nvic.enabled or self._scb.pending or self._systick.rises_at() is not None)

    def _sources(self) -> list[Peripheral]:
        return [self._systick, *(line for number, line in self._lines.items() if self._nvic.enabled >> number & 1)]

    def _listens(self) -> bool:
        return any(line.listens() for line in self._sources())

    def _sample(self) -> None:
        if self._systick.expired():
            self._scb.pending |= 1 << SYSTICK
        for number, line in self._lines.items():
            if not self._nvic.active >> number & 1 and line.interrupt():
                self._nvic.pending |= 1 << number

    def _waiting(self) -> list[tuple[int, int]]:
        """Return (priority, number) of what is pending and enabled, highest first."""
        system = [n for n in range(_FIRST_INTERRUPT) if self._scb.pending >> n & 1]
        bits = self._nvic.pending & self._nvic.enabled
        interrupts = [n + _FIRST_INTERRUPT for n in range(bits.bit_length()) if bits >> n & 1]
        return sorted((self._priority(number), number) for number in system + interrupts)

    def _priority(self, number: int) -> int:
        if number >= _FIRST_INTERRUPT:
            return self._nvic.priority(number - _FIRST_INTERRUPT)
        return self._scb.priority(number)

    def _group(self, priority: int) -> int:
        """Return the part of a priority that decides on pre-emption, B1.5.4."""
        return priority >> (self._scb.value["AIRCR"] >> 8 & 7) + 1

    def _running_group(self) -> int:
        return min((self._group(self._priority(number)) for number in self._active), default=_THREAD_PRIORITY)

    def _masked(self) -> bool:
        return any(self._engine.reg_read(mask) & 1 for mask in self._masks()) or self._base_priority() > 0

    def _masks(self) -> tuple[int, ...]:
        return _MASKS[:1] if self._board.target.isa == "armv6m" else _MASKS

    def _base_priority(self) -> int:
        return 0 if self._board.target.isa == "armv6m" else self._engine.reg_read(arm_const.UC_ARM_REG_BASEPRI)

    def _limit(self) -> int:
        """Return the group priority that an exception must be better than."""
        if any(self._engine.reg_read(mask) & 1 for mask in self._masks()):
            return 0
        base = self._base_priority()
        return min(self._running_group(), self._group(base)) if base else self._running_group()

    def _next(self) -> int | None:
        """Return the exception that is to be taken now."""
        waiting = self._waiting()
        return waiting[0][1] if waiting and self._group(waiting[0][0]) < self._limit() else None

    # What happens when the engine has stopped.

    def resume(self, pc: int) -> int:
        """Take what is due at `pc`; return where to go on."""
        self._sample()
        number = self._next()
        return pc if number is None else self._enter(number, pc)

    def call(self, pc: int) -> int | None:
        """Do the SVC before `pc`; return where to go on, or None if it has no handler that could run now."""
        if self._group(self._scb.priority(SVCALL)) >= self._limit() or not self._has_handler(SVCALL):
            return None
        return self._enter(SVCALL, pc)

    def returns(self, pc: int) -> bool:
        """True if `pc` is no address but the return from the exception that runs."""
        return bool(self._active) and pc >= _FIRST_EXC_RETURN

    def leave(self, pc: int) -> int:
        """Return from the exception that runs, or go to the next one; return where to go on."""
        self._finish(self._active.pop())
        self._sample()
        number = self._next()
        exc_return = pc | 1
        if number is not None:
            self._counter.advance(self._latency.tail_chain)
            frames.restart(self._engine, exc_return, number)
            return self._start(number)
        self._counter.advance(self._latency.exit)
        return frames.leave(self._engine, exc_return)

    @property
    def sleeps_now(self) -> bool:
        """True if the image wants to sleep whenever no exception runs, and none does."""
        return not self._active and self._scb.sleeps_on_exit

    def sleep(self, limit_cycles: int) -> bool:
        """Wait until something is pending, or until `limit_cycles`; False if nothing ever could be, and that is never.

        Waiting for the host takes real time.
        """
        self._sample()
        while not self._waiting() and self._counter.cycles < limit_cycles:
            times = [when for line in self._sources() if (when := line.rises_at()) is not None]
            times += [limit_cycles] if limit_cycles < NEVER_CYCLES else []
            left = min(times) - self._counter.cycles if times else None
            if self._listens():
                passed = self._wait_for_host(_IDLE_S if left is None else left / self._board.clock_hz)
                left = passed if left is None else min(left, passed)
            if left is None:
                return False
            self._counter.advance(left)
            self._sample()
        return True

    def _wait_for_host(self, longest_s: float) -> int:
        """Wait for a byte; return how many cycles that took."""
        started_s = time.monotonic()
        self._console.wait(min(longest_s, _IDLE_S))
        return 1 + round((time.monotonic() - started_s) * self._board.clock_hz)

    def _enter(self, number: int, pc: int) -> int:
        frames.enter(self._engine, self._board.core, number, pc)
        self._counter.advance(self._latency.entry)
        return self._start(number)

    def _start(self, number: int) -> int:
        """Make `number` the exception that runs; return its handler's address."""
        if number >= _FIRST_INTERRUPT:
            self._nvic.pending &= ~(1 << number - _FIRST_INTERRUPT)
            self._nvic.active |= 1 << number - _FIRST_INTERRUPT
        else:
            self._scb.pending &= ~(1 << number)
        self._active.append(number)
        self._scb.active = number
        return self._vector(number) & ~1

    def _finish(self, number: int) -> None:
        if number >= _FIRST_INTERRUPT:
            self._nvic.active &= ~(1 << number - _FIRST_INTERRUPT)
        self._scb.active = self._active[-1] if self._active else 0

    def _vector(self, number: int) -> int:
        table = self._scb.value["VTOR"] or self._vectors
        return struct.unpack("<I", self._engine.mem_read(table + 4 * number, 4))[0]

    def _has_handler(self, number: int) -> bool:
        address = self._vector(number)
        return bool(address & 1) and any(r.origin <= address < r.end for r in self._board.memory)


def core_peripherals(board: Board, chip: list[Peripheral], cycles: Callable[[], int]) -> list[Peripheral]:
    """Return what every core has beside its system control, where the chip does not list it itself."""
    present = {peripheral.name for peripheral in chip}
    nvic = Nvic(board.settings["interrupts"], _PRIORITY_BITS.get(board.core, 4))
    return [p for p in (nvic, SysTick(cycles)) if p.name not in present]
