"""The host's side of the image that streams a sensor: what there is, and windows of samples without gaps."""

import re
from dataclasses import dataclass

import numpy as np

from scripts.device.link import DeviceError
from scripts.device.protocol import ANSWER_S, Device


class SamplesLost(DeviceError):
    """A window with a gap: the sensor was faster than the board, or bytes were lost on the way."""


@dataclass(frozen=True)
class SensorInfo:
    """What the image says of its sensor; `unit` is what one count stands for."""

    name: str
    rate_hz: int
    axes: int
    unit: str


class SensorStream(Device):
    """A board that runs the streaming image."""

    def sensor(self) -> SensorInfo:
        """Return what is there; raises DeviceError if the sensor does not answer, or another image runs."""
        found = self._insist(
            lambda: self._find(self._checked("sensor"), "sensor", r"m-sensor-\[(\w+,\d+,\d+,[^,\]]+)\]")
        )
        name, rate_hz, axes, unit = found.split(",")
        return SensorInfo(name, int(rate_hz), int(axes), unit)

    def record(self, info: SensorInfo, samples: int) -> np.ndarray:
        """Return the next `samples`, int16 (samples, axes), as they are taken; raises SamplesLost if one is missing."""
        lines = self.command(f"record {samples}", None, ANSWER_S + 2 * samples / info.rate_hz)
        try:
            lines = self._verify("record", lines)
        except DeviceError as error:
            raise SamplesLost(f"{self._name}: a window lost bytes on its way") from error
        numbers = [re.fullmatch(r"m-sample-\[(\d+(?:,-?\d+)*)\]", line) for line in lines]
        rows = [[int(value) for value in match[1].split(",")] for match in numbers if match]
        if len(rows) != len(lines) or len(rows) != samples or {len(row) for row in rows} != {1 + info.axes}:
            raise DeviceError(f"{self._name}: expected {samples} samples of {info.axes} axes, got {len(rows)} lines")
        if [row[0] for row in rows] != list(range(samples)):
            lost = rows[-1][0] + 1 - samples
            raise SamplesLost(f"{self._name}: the sensor overwrote {lost} of {samples} samples before they were read")
        return np.array([row[1:] for row in rows], np.int16)
