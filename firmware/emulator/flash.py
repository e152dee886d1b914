"""Flash that the image itself rewrites: what a chip's controller adds to the memory, and a power cut at any operation.

Erasing sets the bits of a page, programming only clears bits: a new value is the old one AND what is written. While an
operation runs, nothing else may be asked of the controller; fetches wait for it, so a loop that waits sees it
busy once. A power cut leaves each word of an erased page old, erased or in between, and of a programmed unit some bits.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from firmware.emulator.bus import BusError, Peripheral, PowerCut


@dataclass
class Power:
    """When power fails: at the operation of the flash that `operations` counts down to, from 1; None for never."""

    cut_after: int | None = None
    random: Random = field(default_factory=lambda: Random(0))
    operations: int = 0

    def fails(self) -> bool:
        """Count one operation; True if power fails in the middle of it."""
        self.operations += 1
        return self.operations == self.cut_after


class Array:
    """The memory of one region; `changed(start, size)` is called with addresses after every change."""

    def __init__(self, memory: memoryview, origin: int, power: Power, changed: Callable[[int, int], None]):
        self._memory = memory
        self.origin = origin
        self._power = power
        self._changed = changed
        self._dead = False

    def read(self, address: int, size: int) -> bytes:
        """Return `size` bytes."""
        start = address - self.origin
        return bytes(self._memory[start : start + size])

    def erase(self, address: int, size: int) -> None:
        """Set all bits of a page; raises PowerCut."""
        self._write(address, b"\xff" * size, self._torn_erase)

    def program(self, address: int, content: bytes) -> None:
        """Clear the bits that are clear in `content`; raises PowerCut."""
        old = self.read(address, len(content))
        self._write(address, bytes(a & b for a, b in zip(old, content, strict=True)), self._torn_program)

    def _write(self, address: int, new: bytes, torn: Callable[[bytes, bytes], bytes]) -> None:
        if self._dead:
            return
        if self._power.fails():
            self._dead = True
            new = torn(self.read(address, len(new)), new)
        start = address - self.origin
        self._memory[start : start + len(new)] = new
        self._changed(address, len(new))
        if self._dead:
            raise PowerCut(f"power cut at 0x{address:08x}")

    def _torn_erase(self, old: bytes, new: bytes) -> bytes:
        """Return a page in the middle of its erasure: each word old, erased, or with some of its bits set."""
        words = bytearray(old)
        for at in range(0, len(old), 4):
            kind = self._power.random.randrange(3)
            if kind:
                noise = b"\xff" * 4 if kind == 1 else self._power.random.randbytes(4)
                words[at : at + 4] = bytes(a | b for a, b in zip(old[at : at + 4], noise, strict=True))
        return bytes(words)

    def _torn_program(self, old: bytes, new: bytes) -> bytes:
        """Return a unit in the middle of being programmed: some of the bits that shall be cleared are."""
        noise = self._power.random.randbytes(len(old))
        return bytes(n | o & r for o, n, r in zip(old, new, noise, strict=True))


class FlashController(Peripheral):
    """Base of the controllers. `store` takes the stores of the image into flash; `_work` times an operation."""

    _array: Array
    _advance: Callable[[int], None]
    _clock_hz: int

    def attach(self, array: Array, clock_hz: int, advance: Callable[[int], None]) -> None:
        """Connect the memory, and what lets processor cycles pass."""
        self._array, self._clock_hz, self._advance = array, clock_hz, advance
        self._busy_s = 0.0

    @property
    def writable(self) -> bool:
        """Whether a store into flash would program it; if not, the board stops there."""
        raise NotImplementedError

    def store(self, address: int, size: int, value: int) -> None:
        """Program `size` bytes; raises BusError for what the chip refuses."""
        raise NotImplementedError

    def _work(self, duration_s: float) -> None:
        self._check_idle()
        self._busy_s = duration_s

    def _check_idle(self) -> None:
        if self._busy_s:
            raise BusError(f"{self.name}: asked for more while an operation is under way")

    def _wait(self) -> bool:
        """Return whether an operation is under way; it ends now: the asking code waits for its own fetch."""
        busy = self._busy_s > 0
        if busy:
            self._advance(round(self._busy_s * self._clock_hz))
            self._busy_s = 0.0
        return busy
