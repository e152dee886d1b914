"""The host's side of the MLPerf Tiny serial protocol, and of the five commands that our images add.

Every exchange has a time limit; a reply that does not follow the protocol raises DeviceError with what was expected and
what came. Nothing is guessed: a number that cannot be read is an error, never a default. What our own commands answer
ends in a checksum, and so does the proof that the input arrived: a line that loses or changes bytes costs another try,
and gives a named error in the end, but never a wrong number.
"""

import contextlib
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self, TypeVar

import serial

from scripts.device.link import DeviceError, open_port

_LINE_LIMIT_BYTES = 1 << 20
_BYTES_PER_COMMAND = 31
_ATTEMPTS = 3
_QUIET_S = 0.2
# Two equal runs may differ by the steps of the clock at either end, and by this part.
_LAP_STEPS_US, _JITTER = 2, 1e-3
# How long a board may take to start talking, and to answer a command that computes nothing.
ANSWER_S = 15.0
# How long one "infer" may take.
INFER_S = 120.0

Answer = TypeVar("Answer")


class PortLost(DeviceError):
    """The port itself is gone: no use to try again."""


@dataclass(frozen=True)
class Inference:
    """What every compliant device tells about an "infer": time of all runs, and outputs with three decimals each.

    `heard_s` is when its two markers arrived here, by time.monotonic().
    """

    elapsed_us: int
    results: list[str]
    heard_s: tuple[float, float]


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
    """A board that speaks the protocol. `name` is used in messages; one "infer" may take `infer_s`.

    `transcript` has every command, marked by ">", and its answer, without the bytes of inputs; `busy_s` is how long
    its inferences took together, warm-ups aside, by the board's own clock.
    """

    def __init__(self, port: serial.SerialBase, name: str, infer_s: float | None = None):
        self._port = port
        self._infer_s = INFER_S if infer_s is None else infer_s
        self._name = name
        self.transcript: list[str] = []
        self.busy_s = 0.0

    @classmethod
    @contextlib.contextmanager
    def behind(cls, port: str, baud: int, name: str, infer_s: float | None = None) -> Iterator[Self]:
        """Open a serial port and give the board behind it, once it has answered."""
        with open_port(port, baud) as link:
            device = cls(link, name, infer_s)
            device.synchronise()
            yield device

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
            except PortLost:
                raise
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
        lines = self.command(command, "m-infer-done", self._infer_s)
        for expected in (f"m-warmup-start-{warmups}", f"m-infer-start-{runs}"):
            if expected not in lines:
                raise DeviceError(f"{self._name}: expected {expected!r} after {command!r}, got {lines}")
        laps = [int(match[1]) for line in lines if (match := re.fullmatch(r"m-lap-us-(\d+)", line))]
        if len(laps) != 2 or laps[1] < laps[0]:
            raise DeviceError(f"{self._name}: expected two rising 'm-lap-us-…' after {command!r}, got {lines}")
        self.busy_s += (laps[1] - laps[0]) / 1e6
        results = self._find(lines, command, r"m-results-\[(.*)\]")
        heard_s = [heard for line, heard in zip(lines, self._heard_s, strict=True) if line.startswith("m-lap-us-")]
        return Inference(laps[1] - laps[0], results.split(","), (heard_s[0], heard_s[1]))

    def prove(self, content: bytes) -> bytes:
        """Load an input, run the model and return its outputs' bytes; tries again after a fault on the way."""

        def attempt() -> bytes:
            self.load(content)
            self.infer(1, 0)
            output = self.output()
            self._check_input(content)  # last: a board that was reset in between has forgotten it
            return output

        return self._insist(attempt)

    def measure(self, content: bytes, warmups: int = 1) -> tuple[Timing, MemoryUse]:
        """Load an input, run the model and return what that took; tries again after a fault on the way.

        A warm-up fills the caches: what other samples, or a reset, have left in them does not count.
        """

        def attempt() -> tuple[Timing, MemoryUse]:
            self.load(content)
            self.infer(1, warmups)
            answers = self.timing(), self.memory()
            self._check_input(content)
            return answers

        return self._insist(attempt)

    def confirm(self, content: bytes, runs: int, warmups: int) -> Inference:
        """Load an input and run the model, for devices without checksums: what two goes in a row agree upon is true."""

        def attempt() -> Inference:
            goes = []
            for _ in range(2):
                self.load(content)
                goes.append(self.infer(runs, warmups))
            first, second = goes
            apart_us = abs(first.elapsed_us - second.elapsed_us)
            if first.results != second.results or apart_us > _LAP_STEPS_US + _JITTER * second.elapsed_us:
                raise DeviceError(f"{self._name}: the same input gave {first}, then {second}")
            return second

        return self._insist(attempt)

    def _insist(self, ask: Callable[[], Answer]) -> Answer:
        """Return what `ask` returns, in up to three attempts."""
        for attempt in range(_ATTEMPTS):
            try:
                if attempt:
                    self._drain()
                    self.synchronise()
                return ask()
            except PortLost:
                raise
            except DeviceError as error:
                if attempt == _ATTEMPTS - 1:
                    raise
                print(f"{error}; trying again")
        raise AssertionError("unreachable")

    def _drain(self) -> None:
        """Read until nothing comes any more: answers to what was given up."""
        with contextlib.suppress(DeviceError):
            deadline = time.monotonic() + ANSWER_S
            while time.monotonic() < deadline:
                self._line(time.monotonic() + _QUIET_S, "silence")

    def _check_input(self, content: bytes) -> None:
        lines = self._checked("input")
        found = tuple(
            self._find(lines, "input", form) for form in (r"m-input-bytes-(\d+)", r"m-input-crc-([0-9a-f]{8})")
        )
        expected = (str(len(content)), f"{zlib.crc32(content):08x}")
        if found != expected:
            raise DeviceError(f"{self._name}: expected the input (bytes, CRC-32) {expected}, the board has {found}")

    def output(self) -> bytes:
        """Return the raw bytes of all outputs."""
        digits = self._find(self._checked("output"), "output", r"m-output-\[((?:[0-9a-f]{2})*)\]")
        return bytes.fromhex(digits)

    def timing(self) -> Timing:
        """Return the cycles of the last inference, and of each layer."""
        lines = self._checked("layers", self._infer_s)
        layers = self._find(lines, "layers", r"m-layers-\[(\d+(?:,\d+)*)\]")
        return Timing(
            int(self._find(lines, "layers", r"m-runs-(\d+)")),
            int(self._find(lines, "layers", r"m-cycles-(\d+)")),
            [int(cycles) for cycles in layers.split(",")],
        )

    def memory(self) -> MemoryUse:
        """Return the RAM that the image counts itself."""
        lines = self._checked("memory")
        fields = {"arena": "arena", "static": "static", "stack": "stack", "stack_peak": "stack-peak"}
        return MemoryUse(
            **{name: int(self._find(lines, "memory", rf"m-{tag}-bytes-(\d+)")) for name, tag in fields.items()}
        )

    def version(self) -> str | None:
        """Return what the image says it is: "boardwalk BOARD MODELHASH" for ours, None if it cannot tell."""

        def attempt() -> str | None:
            lines = self._exchange("version", ANSWER_S)
            if len(lines) == 1 and lines[0].startswith("e-["):
                return None
            return self._find(self._verify("version", lines), "version", r"m-version-\[(.*)\]")

        # A command that was garbled on its way is unknown as well: only who refuses again and again does not have it.
        answers = (self._insist(attempt) for _ in range(_ATTEMPTS))
        return next((answer for answer in answers if answer is not None), None)

    def heartbeat(self) -> str:
        """Return the line in which a board that has slots tells what it did, without its brackets."""
        return self._insist(lambda: self._find(self._checked("heartbeat"), "heartbeat", r"m-heartbeat-\[(.*)\]"))

    def refusal(self, slot: int) -> str:
        """Return why the bootloader did not start a slot, of a board that has slots."""
        from firmware.bootloader import REFUSALS  # here and not above: the compiler comes with it, measuring needs none

        code = self._find(self._checked("slots"), "slots", rf"m-slot-\[{slot} .*refusal (\d+) .*\]")
        return REFUSALS[int(code)] if int(code) < len(REFUSALS) else "it was not looked at"

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
        self._heard_s: list[float] = []
        while (line := self._line(deadline, "m-ready", text, timeout_s)) != "m-ready":
            lines.append(line)
            self._heard_s.append(time.monotonic())
        if not re.match(r"db [0-9a-f]", text):
            self.transcript += [f"> {text}%", *lines, "m-ready"]
        if "m-init-done" in lines:
            raise DeviceError(f"{self._name}: the board was reset before or while it answered {text!r}")
        return lines

    def _checked(self, command: str, timeout_s: float | None = None) -> list[str]:
        """Send one of our own commands and return its reply lines, which their checksum has proven."""
        return self._verify(command, self.command(command, None, timeout_s))

    def _verify(self, command: str, lines: list[str]) -> list[str]:
        content = "".join(f"{line}\r\n" for line in lines[:-1]).encode("ascii", "replace")
        expected = f"m-crc-{zlib.crc32(content):08x}"
        if lines[-1:] != [expected]:
            raise DeviceError(
                f"{self._name}: expected {expected!r} at the end of the answer to {command!r}, got {lines}"
            )
        return lines[:-1]

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
            raise PortLost(f"{self._name}: the port was lost while sending {text!r}: {error}") from error

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
                raise PortLost(f"{self._name}: the port was lost while waiting for {expected!r}: {error}") from error
            if len(line) >= _LINE_LIMIT_BYTES:
                raise DeviceError(
                    f"{self._name}: a line of more than {_LINE_LIMIT_BYTES} bytes while waiting for {expected!r}"
                )
            if line.endswith(b"\n"):
                text = line.decode("ascii", "replace").strip()
                if text:
                    return text
                line.clear()
