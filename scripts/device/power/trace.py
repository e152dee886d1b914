"""Power over time, as a monitor recorded it; refuses gaps, samples out of order and windows outside of the trace."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firmware.files import whole
from scripts.device.link import DeviceError

_KEPT_POINTS = 10_000
_LARGEST_W = 100.0


class PowerError(DeviceError):
    """A monitor or a trace that cannot be used; the message names it and says where the trouble is."""


class TraceGap(PowerError):
    """Samples are missing."""


class MonitorLost(PowerError):
    """The monitor stopped sending."""


class MonitorSaturated(PowerError):
    """The board drew more than the monitor can measure."""


@dataclass(frozen=True)
class Trace:
    """Samples at a constant rate: `time_s` (n,) float64 rising, `power_w` (n,) float64; `name` is for messages."""

    name: str
    time_s: np.ndarray
    power_w: np.ndarray

    def __post_init__(self) -> None:
        if len(self.time_s) < 2:
            raise PowerError(f"{self.name}: expected at least 2 samples, got {len(self.time_s)}")
        odd = np.flatnonzero(~(np.isfinite(self.power_w) & (np.abs(self.power_w) <= _LARGEST_W)))
        if odd.size:
            found = f"{self.power_w[odd[0]]:g} W at {self.time_s[odd[0]]:.6g} s"
            raise PowerError(f"{self.name}: {found}, expected a number up to {_LARGEST_W:g} W")
        steps = np.diff(self.time_s)
        step = float(np.median(steps))
        odd = np.flatnonzero(~((steps > 0.5 * step) & (steps < 1.5 * step)))
        if odd.size:
            start, end = self.time_s[odd[0]], self.time_s[odd[0] + 1]
            if not end > start:
                raise PowerError(f"{self.name}: time goes from {start:.6f} s to {end:.6f} s")
            raise TraceGap(
                f"{self.name}: a gap from {start:.6f} s to {end:.6f} s, expected a sample every {step:.6g} s"
            )

    @property
    def step_s(self) -> float:
        """Time between two samples."""
        return float(self.time_s[-1] - self.time_s[0]) / (len(self.time_s) - 1)

    def window(self, start_s: float, end_s: float) -> "Trace":
        """Return the part between two times; raises PowerError if the trace does not cover them."""
        first, last = float(self.time_s[0]), float(self.time_s[-1]) + self.step_s
        if start_s < first - self.step_s or end_s > last + self.step_s:
            inside = f"{first:.3f} to {last:.3f} s"
            raise PowerError(
                f"{self.name}: the window {start_s:.3f} to {end_s:.3f} s is not inside the trace, {inside}"
            )
        inside = (self.time_s >= start_s - self.step_s / 2) & (self.time_s < end_s - self.step_s / 2)
        return Trace(self.name, self.time_s[inside], self.power_w[inside])

    @property
    def mean_w(self) -> float:
        """Mean power."""
        return float(self.power_w.mean())

    def write(self, path: Path, markers_s: tuple[float, float]) -> None:
        """Write a CSV for recorded.py to read: time from the first marker, at most 10,000 means over equal spans."""
        span = -(-len(self.time_s) // _KEPT_POINTS)
        count = len(self.time_s) // span
        power_w = self.power_w[: count * span].reshape(count, span).mean(axis=1)
        time_s = self.time_s[: count * span : span] - markers_s[0]
        inside = (time_s >= 0) & (time_s < markers_s[1] - markers_s[0])
        with whole(path) as part, part.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("time_s", "power_w", "marker"))
            writer.writerows((f"{t:.6f}", f"{p:.9g}", int(m)) for t, p, m in zip(time_s, power_w, inside, strict=True))
