"""Reads a Power Profiler Kit II, as a process of its own: python -m scripts.device.power.ppk2_reader PORT MODE MV

Says "ready" when the kit is calibrated and supplies the board. After "start" on its standard input it says "started",
and after "stop" or the end of the input it sends all samples, little-endian float32 amperes. Its last line on standard
error is the time of the first sample, on this machine's monotonic clock, or what went wrong, "TraceGap: …" for example,
with exit code 1. `ppk2-api` is GPL-2, so it stays in this process.

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
_DRAIN_S = 0.5  # after "stop", what is still under way arrives


def decode(kit: PPK2_API, content: bytes) -> np.ndarray:
    """Return the samples (n,) float32 in amperes; refuses gaps and saturation, with the time since the start."""
    content = content[: len(content) // 4 * 4]
    words = np.frombuffer(content, "<u4").astype(np.int64)
    missing = np.diff(words >> 18 & 0x3F) - 1 & 0x3F
    if missing.any():
        first = np.flatnonzero(missing)[0]
        raise TraceGap(f"{missing[first]} samples or more are missing {_when(first + 1)}")
    full = np.flatnonzero(((words & _FULL_SCALE) == _FULL_SCALE) & ((words >> 14 & 7) >= _LAST_RANGE))
    if full.size:
        raise MonitorSaturated(f"saturated {_when(full[0])}: the converter is at its end in the last range")
    current_a = np.array(kit.get_samples(content)[0]) * 1e-6
    over = np.flatnonzero(current_a > LIMIT_A)
    if over.size:
        found = f"{current_a[over[0]]:.3g} A, the kit measures up to {LIMIT_A:g} A"
        raise MonitorSaturated(f"saturated {_when(over[0])}: {found}")
    return current_a.astype("<f4")


def _when(index: int) -> str:
    return f"{index / RATE_HZ:.5f} s after the start"


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


def record(kit: PPK2_API) -> tuple[bytes, float]:
    """Read until the input says to stop; returns the kit's bytes and when the first sample was taken.

    No sample arrives before it was taken: the promptest of all deliveries tells best when the first one was.
    """
    kit.ser.reset_input_buffer()
    kit.start_measuring()
    sys.stdout.buffer.write(b"started\n")
    sys.stdout.buffer.flush()
    content, heard_s, first_s, stopping = bytearray(), time.monotonic(), float("inf"), False
    while True:
        try:
            part = kit.get_data()
        except (serial.SerialException, OSError) as error:
            raise MonitorLost(f"the monitor was lost: {error}") from error
        if part:
            content += part
            heard_s = time.monotonic()
            first_s = min(first_s, heard_s - len(content) / 4 / RATE_HZ)
        elif stopping and time.monotonic() - heard_s > _DRAIN_S:
            return bytes(content), first_s
        elif time.monotonic() - heard_s > _SILENCE_S:
            raise MonitorLost(f"the monitor has sent nothing for {_SILENCE_S:g} s")
        if stopping:
            time.sleep(0.002)
        elif select.select([0], [], [], 0 if part else 0.002)[0]:
            kit.stop_measuring()
            stopping, heard_s = True, time.monotonic()


def main(port: str, mode: str, millivolts: str) -> int:
    """Serve one recording; returns the exit code."""
    try:
        kit = open_kit(port, mode, int(millivolts))
        print("ready", flush=True)
        try:
            recording = record(kit) if sys.stdin.buffer.raw.read(6) == b"start\n" else None
        finally:
            kit.toggle_DUT_power("OFF")
        if recording:
            sys.stdout.buffer.write(decode(kit, recording[0]).tobytes())
            print(recording[1], file=sys.stderr)
    except PowerError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
