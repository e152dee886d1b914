"""The host's side of the MLPerf Tiny serial protocol, and of the four commands that our images add.

Every exchange has a time limit; a reply that does not follow the protocol raises DeviceError with what was expected and
what came. Nothing is guessed: a number that cannot be read is an error, never a default.
"""

import re
import time
from dataclasses import dataclass

import serial

from scripts.device.link import DeviceError

_LINE_LIMIT_BYTES = 1 << 20
_BYTES_PER_COMMAND = 31
# How long a board may take to start talking, and to answer a command that computes nothing.
ANSWER_S = 15.0


@dataclass(frozen=True)
class Inference:
    """What every compliant device tells about an "infer": time of all runs, and outputs with three decimals each."""

    elapsed_us: int
    results: list[str]


@dataclass(frozen=True)
class Timing:
    """What `layers%` tells: cycles of all runs of the last "infer" together, and of every layer, run once more."""

    runs: int
    cycles: int
    layer_cycles: list[int]


@dataclass(frozen=True)
class MemoryUse:
    """What `memory%` tells, in bytes."""

    arena: int
    static: int
    stack: int
    stack_peak: int


class Device:
    """A board that speaks the protocol. `name` is used in messages, `infer_timeout_s` bounds one "infer"."""

    def __init__(self, port: serial.SerialBase, name: str, infer_timeout_s: float = 120.0):
        self._port = port
        self._name = name
        self._infer_timeout_s = infer_timeout_s

    def synchronise(self) -> None:
        """Wait until the board answers "name%", whatever it was saying before."""
        deadline = time.monotonic() + ANSWER_S
        while True:
            try:
                # An unfinished command of an earlier session ends here; what it answers is skipped.
                self._write("%name%")
                while not self._line(min(deadline, time.monotonic() + 3.0), "m-name-dut-[…]").startswith(
                    "m-name-dut-["
                ):
                    pass
                self._expect_ready(deadline)
                return
            except DeviceError:
                if time.monotonic() >= deadline:
                    raise

    def load(self, content: bytes) -> None:
        """Fill the input buffer with raw tensor bytes."""
        self.command(f"db load {len(content)}", f"m-[Expecting {len(content)} bytes]")
        for start in range(0, len(content), _BYTES_PER_COMMAND):
            part = content[start : start + _BYTES_PER_COMMAND]
            last = start + len(part) == len(content)
            self.command(f"db {part.hex()}", "m-load-done" if last else None)

    def infer(self, runs: int, warmups: int) -> Inference:
        """Run the model on what was loaded."""
        command = f"infer {runs} {warmups}"
        lines = self.command(command, "m-infer-done", self._infer_timeout_s)
        laps = [int(match[1]) for line in lines if (match := re.fullmatch(r"m-lap-us-(\d+)", line))]
        if len(laps) != 2 or laps[1] < laps[0]:
            raise DeviceError(f"{self._name}: expected two rising 'm-lap-us-…' after {command!r}, got {lines}")
        results = self._find(lines, command, r"m-results-\[(.*)\]")
        return Inference(laps[1] - laps[0], results.split(","))

    def output(self) -> bytes:
        """Return the raw bytes of all outputs."""
        digits = self._value("output", r"m-output-\[((?:[0-9a-f]{2})*)\]")
        return bytes.fromhex(digits)

    def timing(self) -> Timing:
        """Return the cycles of the last inference, and of each layer."""
        lines = self.command("layers", None, self._infer_timeout_s)
        layers = self._find(lines, "layers", r"m-layers-\[(\d+(?:,\d+)*)\]")
        return Timing(
            int(self._find(lines, "layers", r"m-runs-(\d+)")),
            int(self._find(lines, "layers", r"m-cycles-(\d+)")),
            [int(cycles) for cycles in layers.split(",")],
        )

    def memory(self) -> MemoryUse:
        """Return the RAM that the image counts itself."""
        lines = self.command("memory", None)
        fields = {"arena": "arena", "static": "static", "stack": "stack", "stack_peak": "stack-peak"}
        return MemoryUse(
            **{name: int(self._find(lines, "memory", rf"m-{tag}-bytes-(\d+)")) for name, tag in fields.items()}
        )

    def version(self) -> str | None:
        """Return what the image says it is: "boardwalk BOARD MODELHASH" for ours, None if it cannot tell."""
        lines = self._exchange("version", ANSWER_S)
        if any(line.startswith("e-[") for line in lines):
            return None
        return self._find(lines, "version", r"m-version-\[(.*)\]")

    def command(self, text: str, expected: str | None, timeout_s: float | None = None) -> list[str]:
        """Send a command and return its reply lines without the final "m-ready"; `expected` must be one of them."""
        lines = self._exchange(text, ANSWER_S if timeout_s is None else timeout_s)
        errors = [line for line in lines if line.startswith("e-[")]
        if errors:
            raise DeviceError(f"{self._name}: {text!r} was refused: {errors[0]}")
        if expected is not None and expected not in lines:
            raise DeviceError(f"{self._name}: expected {expected!r} after {text!r}, got {lines}")
        return lines

    def _exchange(self, text: str, timeout_s: float) -> list[str]:
        """Send a command and return its reply lines, whatever they say."""
        self._write(f"{text}%")
        deadline = time.monotonic() + timeout_s
        lines: list[str] = []
        while (line := self._line(deadline, "m-ready", text, timeout_s)) != "m-ready":
            lines.append(line)
        return lines

    def _value(self, command: str, pattern: str) -> str:
        return self._find(self.command(command, None), command, pattern)

    def _find(self, lines: list[str], command: str, pattern: str) -> str:
        matches = [match[1] for line in lines if (match := re.fullmatch(pattern, line))]
        if len(matches) != 1:
            raise DeviceError(f"{self._name}: expected one line like {pattern!r} after {command!r}, got {lines}")
        return matches[0]

    def _expect_ready(self, deadline: float) -> None:
        line = self._line(deadline, "m-ready")
        if line != "m-ready":
            raise DeviceError(f"{self._name}: expected 'm-ready', got {line!r}")

    def _write(self, text: str) -> None:
        try:
            self._port.write(text.encode("ascii"))
        except (serial.SerialException, OSError) as error:
            raise DeviceError(f"{self._name}: the port was lost while sending {text!r}: {error}") from error

    def _line(self, deadline: float, expected: str, command: str = "name", timeout_s: float = 3.0) -> str:
        """Return the next line that is not empty; raises when `deadline` passes."""
        line = bytearray()
        while True:
            if time.monotonic() >= deadline:
                got = f"{line.decode('ascii', 'replace')!r}" if line else "nothing"
                raise DeviceError(
                    f"{self._name}: expected {expected!r} within {timeout_s:g} s after {command!r}, got {got}"
                )
            try:
                line += self._port.read_until(b"\n", _LINE_LIMIT_BYTES)
            except (serial.SerialException, OSError) as error:
                raise DeviceError(f"{self._name}: the port was lost while waiting for {expected!r}: {error}") from error
            if len(line) >= _LINE_LIMIT_BYTES:
                raise DeviceError(
                    f"{self._name}: a line of more than {_LINE_LIMIT_BYTES} bytes while waiting for {expected!r}"
                )
            if line.endswith(b"\n"):
                text = line.decode("ascii", "replace").strip()
                if text:
                    return text
                line.clear()
