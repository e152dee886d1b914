"""ST X-NUCLEO-LPM01A: supplies the board with 1.8 to 3.3 V and tells its energy every millisecond, up to 50 mA.

Text over serial (UM2269, Getting started with PowerShield firmware): "PowerShield > ack COMMAND" answers a command;
a recording is lines of samples such as "6409-07" (6409e-7 J) with "TimeStamp: 001s 000ms, buff 01%" once a second,
and ends with "Acquisition completed". Range: UM2243.
"""

import re
import time
from typing import Annotated, Self

import numpy as np
import pydantic
import serial

from firmware.board import Board
from scripts.device.link import open_port
from scripts.device.power.monitor import Monitor as Base
from scripts.device.power.monitor import Stream
from scripts.device.power.trace import MonitorLost, MonitorSaturated, PowerError, Trace, TraceGap
from scripts.lib.lab import MonitorSettings

RATE_HZ = 1000
_LIMIT_A = 0.050
_BAUD = 3_686_400
_ANSWER_S = 5.0
_PROMPT = "PowerShield >"
_SAMPLE = re.compile(r"(\d{4})([+-]\d\d)")
_TIME = re.compile(r"TimeStamp:[ ><](\d{3})s (\d{3})ms, buff \d\d\d?%")
_END = "Acquisition completed"


class Settings(MonitorSettings):
    """How the monitor is reached."""

    port: Annotated[str, pydantic.Field(min_length=1)]  #: of the monitor's own USB connector


class Monitor(Base):
    """A monitor on a serial port."""

    Settings = Settings

    def __init__(self, settings: Settings, board: Board):
        super().__init__(settings, board)
        if not 1.8 <= self.supply_v <= 3.3:
            raise PowerError(f"{self.name}: supply_v is {self.supply_v:g}, expected 1.8 to 3.3 V")
        self._stream: Stream | None = None

    def __enter__(self) -> Self:
        self._port = open_port(self.settings.port, _BAUD)
        try:
            self._port.write(b"stop\n")  # of an earlier session; there is no answer if nothing runs
            self._port.reset_input_buffer()
            millivolts = round(self.supply_v * 1000)
            for command in (
                "htc", f"volt {millivolts}m", "acqtime inf", "trigsrc sw", "trigdelay 0", "acqmode dyn",
                "output energy", "format ascii_dec", f"freq {RATE_HZ // 1000}k", "pwr on",
            ):  # fmt: skip
                self._command(command)
        except BaseException:
            self._port.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream:
            self._stream.close()
        try:
            self._port.write(b"pwr off\nhrc\n")
        except (serial.SerialException, OSError) as error:
            print(f"{self.name}: the board's supply may still be on: {error}")
        self._port.close()

    def _command(self, text: str) -> None:
        """Send a command and wait until it is acknowledged."""
        deadline, seen = time.monotonic() + _ANSWER_S, ""
        try:
            self._port.write(f"{text}\n".encode("ascii"))
            while time.monotonic() < deadline:
                line = self._port.readline().decode("ascii", "replace").replace(_PROMPT, "").strip(" \r\n\0")
                if line == f"ack {text}":
                    return
                if line.lower().startswith("error"):
                    raise PowerError(f"{self.name}: {text!r} was refused: {line}")
                seen = line or seen
        except (serial.SerialException, OSError) as error:
            raise MonitorLost(f"{self.name}: the monitor was lost while sending {text!r}: {error}") from error
        raise PowerError(f"{self.name}: expected 'ack {text}' within {_ANSWER_S:g} s, got {seen!r}")

    def start(self) -> None:
        """Begin to sample."""
        self._command("start")
        self._stream = Stream(self.name, lambda: self._port.read(self._port.in_waiting))

    def stop(self) -> Trace:
        """End and decode the recording."""
        self._stream.check()
        try:
            self._port.write(b"stop\n")
        except (serial.SerialException, OSError) as error:
            raise MonitorLost(f"{self.name}: the monitor was lost while sending 'stop': {error}") from error
        deadline = time.monotonic() + _ANSWER_S
        while _END.encode() not in self._stream.content[-200:]:
            self._stream.check()
            if time.monotonic() > deadline:
                raise MonitorLost(f"{self.name}: expected {_END!r} within {_ANSWER_S:g} s after 'stop'")
            time.sleep(0.01)
        energy_j = self._decode(self._stream.end().decode("ascii", "replace"))
        over = np.flatnonzero(energy_j * RATE_HZ > _LIMIT_A * self.supply_v)
        if over.size:
            found = f"{energy_j[over[0]] * RATE_HZ / self.supply_v * 1000:.3g} mA"
            limit = f"the monitor measures up to {_LIMIT_A * 1000:g} mA"
            raise MonitorSaturated(
                f"{self.name}: saturated {over[0] / RATE_HZ:.3f} s after the start: {found}, {limit}"
            )
        time_s = self._stream.started_s + np.arange(len(energy_j)) / RATE_HZ
        return Trace(self.name, time_s, energy_j * RATE_HZ)

    def _decode(self, text: str) -> np.ndarray:
        """Return the energy of every sample (n,) in joules; refuses what is neither sample nor message."""
        energy_j: list[float] = []
        stamped: tuple[int, int] | None = None
        for line in text.replace("\0", "").split(_END)[0].splitlines():
            line = line.replace(_PROMPT, "").strip()
            if match := _TIME.fullmatch(line):
                milliseconds = int(match[1]) * 1000 + int(match[2])
                if stamped and (len(energy_j) - stamped[1]) * 1000 != (milliseconds - stamped[0]) * RATE_HZ:
                    missing = (milliseconds - stamped[0]) * RATE_HZ // 1000 - len(energy_j) + stamped[1]
                    span = f"between {stamped[0] / 1000:.3f} s and {milliseconds / 1000:.3f} s of its clock"
                    raise TraceGap(f"{self.name}: {missing} samples are missing {span}")
                stamped = milliseconds, len(energy_j)
            elif line.lower().startswith("error") or "vercurrent" in line:
                raise MonitorSaturated(f"{self.name}: {len(energy_j) / RATE_HZ:.3f} s after the start it says {line!r}")
            elif _SAMPLE.fullmatch(line):
                energy_j.append(float(f"{line[:4]}e{line[4:]}"))
            elif line and not line.startswith(("ack", "summary", "event")):
                raise TraceGap(f"{self.name}: {line!r} is no sample, {len(energy_j) / RATE_HZ:.3f} s after the start")
        return np.array(energy_j)
