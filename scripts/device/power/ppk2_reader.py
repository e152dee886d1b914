"""Reads a Power Profiler Kit II, as a process of its own: python -m scripts.device.power.ppk2_reader PORT MODE MV

Says "ready" when the kit is calibrated and supplies the board. After "start" on its standard input it says "started",
and then only sends samples, little-endian float32 amperes, until "stop" or the end of the input. Its last line on
standard error is the time of the first sample, on this machine's monotonic clock, or what went wrong, "TraceGap: …" for
example, with exit code 1. `ppk2-api` is GPL-2, so it stays in this process.

A sample of the kit is a little-endian word: 14 bits of the converter, 3 of the range, at bit 18 a counter of 6 bits
that tells lost samples (github.com/NordicSemiconductor/pc-nrfconnect-ppk, serial device).
"""

import select
import sys
import time

import numpy as np
import serial
from ppk2_api.ppk2_api import PPK2_API

from scripts.device.power.trace import MonitorLost, MonitorSaturated, PowerError, TraceGap

RATE_HZ = 100_000
LIMIT_A = 1.0
_FULL_SCALE, _LAST_RANGE = 0x3FFF, 4
_SILENCE_S = 1.5
_DRAIN_S = 0.3  # after "stop", what is still under way arrives


class Decoder:
    """Turns the kit's bytes into amperes; refuses gaps and saturation, with the time since the start."""

    def __init__(self, kit: PPK2_API):
        self._kit, self._rest = kit, b""
        self._count: int | None = None
        self._samples = 0
        # No sample arrives before it was taken: the promptest of all deliveries tells best when the first one was.
        self.first_s = float("inf")

    def amperes(self, content: bytes, heard_s: float) -> np.ndarray:
        """Return the samples (n,) float32 in what came at `heard_s`; a part of a sample waits for the rest of it."""
        content = self._rest + content
        whole = len(content) // 4 * 4
        content, self._rest = content[:whole], content[whole:]
        if not content:
            return np.zeros(0, np.float32)
        words = np.frombuffer(content, "<u4").astype(np.int64)
        self._check_count(words >> 18 & 0x3F)
        full = np.flatnonzero(((words & _FULL_SCALE) == _FULL_SCALE) & ((words >> 14 & 7) >= _LAST_RANGE))
        if full.size:
            raise MonitorSaturated(f"saturated {self._when(full[0])}: the converter is at its end in the last range")
        current_a = np.array(self._kit.get_samples(content)[0]) * 1e-6
        over = np.flatnonzero(current_a > LIMIT_A)
        if over.size:
            found = f"{current_a[over[0]]:.3g} A, the kit measures up to {LIMIT_A:g} A"
            raise MonitorSaturated(f"saturated {self._when(over[0])}: {found}")
        self._samples += len(words)
        self.first_s = min(self.first_s, heard_s - self._samples / RATE_HZ)
        return current_a.astype("<f4")

    def _check_count(self, count: np.ndarray) -> None:
        before = count[0] - 1 if self._count is None else self._count
        missing = np.diff(count, prepend=before) - 1 & 0x3F
        if missing.any():
            first = np.flatnonzero(missing)[0]
            raise TraceGap(f"{missing[first]} samples or more are missing {self._when(first)}")
        self._count = count[-1]

    def _when(self, index: int) -> str:
        return f"{(self._samples + index) / RATE_HZ:.5f} s after the start"


def open_kit(port: str, mode: str, millivolts: int) -> PPK2_API:
    """Return the kit, calibrated and supplying the board."""
    try:
        kit = PPK2_API(port, timeout=1, write_timeout=5, exclusive=True)
        kit.stop_measuring()
        kit.ser.reset_input_buffer()
        calibrated = kit.get_modifiers()
    except (serial.SerialException, OSError, UnicodeDecodeError) as error:
        raise PowerError(f"port {port}: {error}") from error
    if not calibrated:
        raise PowerError(f"expected the calibration from port {port}, got no answer")
    if mode == "source":
        kit.use_source_meter()
    else:
        kit.use_ampere_meter()
    kit.set_source_voltage(millivolts)
    kit.toggle_DUT_power("ON")
    return kit


def record(kit: PPK2_API) -> float:
    """Send samples until the input says to stop; returns when the first one was taken, by time.monotonic()."""
    kit.ser.reset_input_buffer()
    kit.start_measuring()
    sys.stdout.buffer.write(b"started\n")
    decoder, heard_s, stopping = Decoder(kit), time.monotonic(), False
    while True:
        try:
            content = kit.get_data()
        except (serial.SerialException, OSError) as error:
            raise MonitorLost(f"the monitor was lost: {error}") from error
        if content:
            heard_s = time.monotonic()
            sys.stdout.buffer.write(decoder.amperes(content, heard_s).tobytes())
            sys.stdout.buffer.flush()
        elif stopping and time.monotonic() - heard_s > _DRAIN_S:
            return decoder.first_s
        elif time.monotonic() - heard_s > _SILENCE_S:
            raise MonitorLost(f"the monitor has sent nothing for {_SILENCE_S:g} s")
        if stopping:
            time.sleep(0.002)
        elif select.select([0], [], [], 0 if content else 0.002)[0]:
            kit.stop_measuring()
            stopping, heard_s = True, time.monotonic()


def main(port: str, mode: str, millivolts: str) -> int:
    """Serve one recording; returns the exit code."""
    try:
        kit = open_kit(port, mode, int(millivolts))
        print("ready", flush=True)
        if sys.stdin.buffer.raw.read(6) == b"start\n":
            print(record(kit), file=sys.stderr)
        kit.toggle_DUT_power("OFF")
    except PowerError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
