"""A recorded trace: CSV with a header, or the binary trace of MLPerf Tiny's energy runner.

CSV: one column of time (time_s, time_ms, time_us, Timestamp(ms)), one of power (power_w, power_mw, power_uw) or current
(current_a, current_ma, current_ua, Current(uA)), and perhaps `marker`, which is 1 between the device's two markers.
Without it they lie at `start_s` and as much later as the device says. Binary: the byte 0xF1, the samples per second and
then the energy of every sample in microjoules, each a little-endian float32.
"""

import csv
from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic

from firmware.board import Board
from scripts.device.power.monitor import Monitor as Base
from scripts.device.power.trace import PowerError, Trace, TraceGap
from scripts.lib.lab import MonitorSettings

MLPERF_MAGIC = 0xF1
_TIMES = {"time_s": 1.0, "time_ms": 1e-3, "time_us": 1e-6, "Timestamp(ms)": 1e-3}
_POWERS = {"power_w": 1.0, "power_mw": 1e-3, "power_uw": 1e-6}
_CURRENTS = {"current_a": 1.0, "current_ma": 1e-3, "current_ua": 1e-6, "Current(uA)": 1e-6}


class Settings(MonitorSettings):
    """Which file, and where in it."""

    file: Annotated[str, pydantic.Field(min_length=1)]  #: relative to the checkout
    #: where the first marker lies, if the file has no column that says so
    start_s: Annotated[float, pydantic.Field(ge=0, strict=True)] | None = None


class Monitor(Base):
    """A file in the place of a monitor."""

    Settings = Settings

    def __init__(self, settings: Settings, board: Board):
        super().__init__(settings, board)
        self._trace, self._marked = load(Path(settings.file), self.supply_v)
        if self._marked and settings.start_s is not None:
            raise PowerError(f"{settings.file}: has a column 'marker', so start_s must not be given")

    def start(self) -> None:
        """Nothing: it was recorded."""

    def stop(self) -> Trace:
        """Return the whole file."""
        return self._trace

    def markers(self, heard_s: tuple[float, float], elapsed_s: float) -> tuple[float, float]:
        """Return the markers of the file, which must be as far apart as the device's, within 1 %."""
        if not self._marked:
            first = self.settings.start_s or float(self._trace.time_s[0])
            return first, first + elapsed_s
        apart = self._marked[1] - self._marked[0]
        if abs(apart - elapsed_s) > 0.01 * elapsed_s:
            found = f"its markers are {apart:.3f} s apart, those of the device {elapsed_s:.3f} s"
            raise PowerError(f"{self.settings.file}: {found}: another recording?")
        return self._marked


def load(path: Path, supply_v: float) -> tuple[Trace, tuple[float, float] | None]:
    """Return the trace in `path`, and its markers if it has some; raises PowerError naming file and place."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PowerError(f"{path}: cannot be read: {error.strerror}") from error
    if content[:1] == bytes([MLPERF_MAGIC]):
        return _load_binary(path, content), None
    return _load_csv(path, content, supply_v)


def _load_binary(path: Path, content: bytes) -> Trace:
    if len(content) < 9 or (len(content) - 5) % 4:
        raise PowerError(f"{path}: {len(content)} bytes are not 5 and 4 for each sample: truncated?")
    rate_hz = float(np.frombuffer(content, "<f4", 1, offset=1)[0])
    if not 1 <= rate_hz <= 1e7:
        raise PowerError(f"{path}: the sample rate is {rate_hz:g} Hz, expected 1 to 10,000,000")
    energy_uj = np.frombuffer(content, "<f4", offset=5).astype(np.float64)
    missing = np.flatnonzero(np.isnan(energy_uj))
    if missing.size:
        raise TraceGap(f"{path}: sample {missing[0]} is missing, at {missing[0] / rate_hz:.6f} s")
    return Trace(str(path), np.arange(len(energy_uj)) / rate_hz, energy_uj * 1e-6 * rate_hz)


def _load_csv(path: Path, content: bytes, supply_v: float) -> tuple[Trace, tuple[float, float] | None]:
    try:
        lines = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise PowerError(f"{path}: neither an MLPerf energy trace (first byte 0xf1) nor CSV: {error}") from error
    header = [name.strip() for name in lines[0]] if lines else []
    time_at, time_scale = _column(path, header, _TIMES, "time")
    value_at, value_scale = _column(path, header, _POWERS | {k: v * supply_v for k, v in _CURRENTS.items()}, "power")
    marker_at = header.index("marker") if "marker" in header else None
    time_s, power_w, marker = (np.zeros(len(lines) - 1) for _ in range(3))
    for row, line in enumerate(lines[1:]):
        try:
            if len(line) != len(header):
                raise ValueError(f"expected {len(header)} fields, got {len(line)}")
            time_s[row] = float(line[time_at]) * time_scale
            power_w[row] = float(line[value_at]) * value_scale
            marker[row] = float(line[marker_at]) if marker_at is not None else 0
        except ValueError as error:
            raise PowerError(f"{path}:{row + 2}: {error}") from error
    trace = Trace(str(path), time_s, power_w)
    return trace, _marked(path, trace, marker) if marker_at is not None else None


def _column(path: Path, header: list[str], known: dict[str, float], what: str) -> tuple[int, float]:
    found = [name for name in header if name in known]
    if len(found) != 1:
        raise PowerError(
            f"{path}: expected one column of {what} ({', '.join(known)}), got {', '.join(header) or 'none'}"
        )
    return header.index(found[0]), known[found[0]]


def _marked(path: Path, trace: Trace, marker: np.ndarray) -> tuple[float, float]:
    """Return start and end of the one stretch in which the marker is set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marker != 0, [0]]).astype(int)))
    if len(edges) != 2:
        raise PowerError(f"{path}: expected one stretch with marker 1, got {len(edges) // 2}")
    return float(trace.time_s[edges[0]]), float(trace.time_s[edges[1] - 1]) + trace.step_s
