"""Keeps a physical board to one user at a time, across processes and checkouts of this machine."""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.device.link import DeviceError
from scripts.lib.lab import Unit

_POLL_S = 0.2


@contextmanager
def any_free(units: list[Unit], timeout_s: float) -> Iterator[Unit]:
    """Give the first unit that nobody else holds, waiting up to `timeout_s`; it is held until the block ends.

    The lock belongs to the open file: whatever ends this process releases it.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        for unit in units:
            handle = os.open(_lock_file(unit), os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                continue
            try:
                yield unit
                return
            finally:
                os.close(handle)
        if time.monotonic() >= deadline:
            names = ", ".join(unit.address for unit in units)
            raise DeviceError(f"{units[0].board}: every unit ({names}) has been in use for {timeout_s:g} s")
        time.sleep(_POLL_S)


def _lock_file(unit: Unit) -> Path:
    """One file for each address, whatever name the port goes by."""
    address = os.path.realpath(unit.port) if unit.port and "://" not in unit.port else unit.address
    return Path(tempfile.gettempdir()) / f"boardwalk-{hashlib.sha256(address.encode()).hexdigest()[:16]}.lock"
