"""LIS3DSH accelerometer behind SPI: the registers that the driver touches, and samples from a file.

Datasheet (Doc ID 022405), sections 6.2 and 7. A new sample is there every 10 ms of the board's time; one that is
overwritten before it was read sets ZYXOR. After the last sample the first one follows.
"""

import csv
from collections.abc import Callable
from pathlib import Path

from firmware.settings import SettingsError

BUS = "spi1"
AXES = 3
_READ, _ADDRESS = 0x80, 0x7F
_WHO_AM_I, _CTRL_REG4, _STATUS, _OUT_X_L = 0x0F, 0x20, 0x27, 0x28
_RATES_HZ = {6: 100}  # CTRL_REG4.ODR; others are not modelled: no sample comes
_ZYXDA, _ZYXOR = 1 << 3, 1 << 7


def read_samples(path: Path) -> list[tuple[int, ...]]:
    """Return the samples in a CSV of three counts a line, -32768..32767; raises SettingsError naming the line."""
    try:
        with path.open(newline="") as file:
            rows = [tuple(int(value) for value in row) for row in csv.reader(file)]
    except (OSError, ValueError) as error:
        raise SettingsError([f"{path}: expected lines of {AXES} whole numbers: {error}"]) from error
    for line, row in enumerate(rows, start=1):
        if len(row) != AXES or not all(-32768 <= value <= 32767 for value in row):
            raise SettingsError([f"{path}:{line}: expected {AXES} numbers from -32768 to 32767, got {list(row)}"])
    if not rows:
        raise SettingsError([f"{path}: no samples"])
    return rows


class Sensor:
    """What is behind the chip select; `cycles` tells the board's time."""

    def __init__(self, samples: list[tuple[int, ...]], clock_hz: int, cycles: Callable[[], int]):
        self._samples, self._clock_hz, self._cycles = samples, clock_hz, cycles
        self._registers = {_WHO_AM_I: 0x3F}
        self._started = self._seen = 0
        self._address: int | None = None
        self._output = b""

    def select(self) -> None:
        """The chip select falls: the next byte is an address."""
        self._address = None

    def exchange(self, byte: int) -> int:
        """Take a byte and give one."""
        if self._address is None:
            self._address, self._reads = byte & _ADDRESS, bool(byte & _READ)
            if self._reads and self._address == _OUT_X_L:
                self._take()
            return 0xFF
        address, self._address = self._address, self._address + 1
        if not self._reads:
            self._write(address, byte)
            return 0xFF
        if _OUT_X_L <= address < _OUT_X_L + 2 * AXES:
            return self._output[address - _OUT_X_L]
        return self._status() if address == _STATUS else self._registers.get(address, 0)

    def _write(self, address: int, byte: int) -> None:
        self._registers[address] = byte
        if address == _CTRL_REG4:
            self._started, self._seen = self._cycles(), 0

    def _made(self) -> int:
        """How many samples there have been since the rate was set."""
        rate_hz = _RATES_HZ.get(self._registers.get(_CTRL_REG4, 0) >> 4, 0)
        return (self._cycles() - self._started) * rate_hz // self._clock_hz

    def _status(self) -> int:
        unread = self._made() - self._seen
        return (_ZYXDA if unread else 0) | (_ZYXOR if unread > 1 else 0)

    def _take(self) -> None:
        self._seen = self._made()
        sample = self._samples[max(self._seen - 1, 0) % len(self._samples)]
        self._output = b"".join(value.to_bytes(2, "little", signed=True) for value in sample)
