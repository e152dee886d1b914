"""Registers of peripherals, and the bus that finds the one behind an address.

A peripheral is a class with a table of its registers. A register without code of its own keeps what was written to it;
a method `read_NAME` or `write_NAME` gives it behaviour; `ready` sets status bits while the bits that enable them are
set. An access to a register that is not in the table, or wider than it, is an error; so is one without the clock on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar


class BusError(Exception):
    """An access that the virtual board cannot answer; the text says why."""


class ResetAsked(Exception):
    """An access after which the chip resets itself; the text says which."""


class PowerCut(Exception):
    """Power is gone, at an operation of the flash."""


@dataclass(frozen=True)
class Register:
    """A register: offset and size in bytes, reset value, and the bits that software can change."""

    offset: int
    reset: int = 0
    size: int = 4
    writable: int = 0xFFFF_FFFF


@dataclass(frozen=True)
class Ready:
    """In one register, the bits `status` read as set when all bits `enable` are set, else as clear."""

    enable: int
    status: int


class Peripheral:
    """Base of all peripherals: `registers` by name, and `ready` bits by register name.

    `clocked` says whether the bus clock reaches the peripheral; without it the real one ignores accesses or hangs.
    """

    registers: ClassVar[dict[str, Register]]
    ready: ClassVar[dict[str, tuple[Ready, ...]]] = {}

    def __init__(self, name: str, base: int, clocked: Callable[[], bool] = lambda: True):
        self.name = name
        self.base = base
        self.clocked = clocked
        self.value = {key: register.reset for key, register in self.registers.items()}
        self._by_offset = {
            offset: (key, register)
            for key, register in self.registers.items()
            for offset in range(register.offset, register.offset + register.size)
        }
        self.end = base + max(self._by_offset, default=-1) + 1  # the first address behind the last register
        self._handlers = {
            (kind, key): getattr(self, f"{kind}_{key}", None) for kind in ("read", "write") for key in self.registers
        }

    def read(self, address: int, size: int) -> int:
        """Return `size` bytes of a register; raises BusError."""
        key, _, shift = self._find(address, size)
        handler = self._handlers["read", key]
        value = handler() if handler else self._with_status(key)
        return value >> shift & (1 << 8 * size) - 1

    def write(self, address: int, size: int, value: int) -> None:
        """Write `size` bytes of a register; raises BusError. A narrow write keeps the other bytes."""
        key, register, shift = self._find(address, size)
        lanes = (1 << 8 * size) - 1 << shift
        value = self.value[key] & ~lanes | value << shift & lanes
        value = self.value[key] & ~register.writable | value & register.writable
        handler = self._handlers["write", key]
        if handler:
            handler(value)
        else:
            self.value[key] = value

    def interrupt(self) -> bool:
        """Return the level of the interrupt line; only what has one says more."""
        return False

    def listens(self) -> bool:
        """True if a byte from the host would raise the interrupt line."""
        return False

    def rises_at(self) -> int | None:
        """Return the cycle at which time alone will raise the interrupt line; None if it will not."""
        return None

    def _with_status(self, key: str) -> int:
        value = self.value[key]
        for rule in self.ready.get(key, ()):
            value = value | rule.status if value & rule.enable == rule.enable else value & ~rule.status
        return value

    def _find(self, address: int, size: int) -> tuple[str, Register, int]:
        """Return name, register and bit shift of an access."""
        offset = address - self.base
        found = self._by_offset.get(offset)
        if found is None:
            raise BusError(f"not modelled ({self.name} offset 0x{offset:x})")
        key, register = found
        if not self.clocked():
            raise BusError(f"{self.name} {key}: the peripheral's clock is off")
        if offset + size > register.offset + register.size or offset % size:
            raise BusError(f"{self.name} {key} has {register.size} bytes at offset 0x{register.offset:x}")
        return key, register, 8 * (offset - register.offset)


class Bus:
    """All peripherals of a board, found by address."""

    def __init__(self, peripherals: list[Peripheral]):
        self.peripherals = sorted(peripherals, key=lambda peripheral: peripheral.base)
        for low, high in zip(self.peripherals, self.peripherals[1:], strict=False):
            if low.end > high.base:
                raise ValueError(f"peripherals {low.name} and {high.name} overlap")
        self._found: dict[int, Peripheral] = {}  # by address, for every character asks several times

    def __getitem__(self, name: str) -> Peripheral:
        """Return the peripheral `name`."""
        return next(peripheral for peripheral in self.peripherals if peripheral.name == name)

    def __contains__(self, name: str) -> bool:
        return any(peripheral.name == name for peripheral in self.peripherals)

    def find(self, address: int) -> Peripheral:
        """Return the peripheral that an address belongs to; raises BusError."""
        if address not in self._found:
            behind = (one for one in self.peripherals if one.base <= address < one.end)
            peripheral = next(behind, None)
            if peripheral is None:
                raise BusError("not modelled")
            self._found[address] = peripheral
        return self._found[address]
