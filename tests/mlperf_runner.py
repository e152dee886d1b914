"""A runner for MLPerf Tiny's performance mode, written from the protocol's description alone; it shares no code with
scripts/device, so that neither can hide the other's mistakes. It is strict: what is not in the description is an error.
"""

import os
import re
import select
import time
from dataclasses import dataclass

MAX_BYTES_PER_LINE = 31


class ProtocolError(AssertionError):
    """The device did not keep to the protocol."""


@dataclass(frozen=True)
class Loop:
    """One "infer": what the device says it took in all, what the host saw, and the last outputs."""

    runs: int
    device_s: float
    host_s: float
    results: list[float]


class Runner:
    """Talks to a device on a raw terminal."""

    def __init__(self, path: str, timeout_s: float = 60.0):
        self._terminal = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self._timeout_s = timeout_s
        self._pending = b""

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._terminal)

    def boot(self) -> list[str]:
        """Return the lines of the start, which end in m-ready."""
        return self._until_ready()

    def ask(self, command: str) -> list[str]:
        """Send a command; return its lines without m-ready. An error line is an error."""
        lines = self.ask_anything(command)
        if any(line.startswith("e-") for line in lines):
            raise ProtocolError(f"{command}: {lines}")
        return lines

    def ask_anything(self, command: str) -> list[str]:
        """Send a command; return its lines without m-ready, errors among them."""
        os.write(self._terminal, command.encode() + b"%")
        return self._until_ready()

    def identify(self) -> dict[str, str]:
        """Return what name% and profile% say."""
        (name,) = self.ask("name")
        profile, model = self.ask("profile")
        forms = {"name": (name, r"m-name-dut-\[(.+)\]"), "profile": (profile, r"m-profile-\[(.+)\]")}
        forms["model"] = (model, r"m-model-\[(\w+)\]")
        return {key: self._match(form, line)[1] for key, (line, form) in forms.items()}

    def timestamp_us(self) -> int:
        """Return what timestamp% says."""
        (line,) = self.ask("timestamp")
        return int(self._match(r"m-lap-us-(\d+)", line)[1])

    def load(self, sample: bytes) -> None:
        """Fill the input buffer."""
        if self.ask(f"db load {len(sample)}") != [f"m-[Expecting {len(sample)} bytes]"]:
            raise ProtocolError("db load")
        for start in range(0, len(sample), MAX_BYTES_PER_LINE):
            part = sample[start : start + MAX_BYTES_PER_LINE]
            done = start + len(part) == len(sample)
            if self.ask(f"db {part.hex()}") != (["m-load-done"] if done else []):
                raise ProtocolError("db")

    def infer(self, runs: int, warmups: int) -> Loop:
        """Run the model; every line has its place."""
        started = time.monotonic()
        lines = self.ask(f"infer {runs} {warmups}")
        host_s = time.monotonic() - started
        forms = [
            rf"m-warmup-start-{warmups}",
            "m-warmup-done",
            rf"m-infer-start-{runs}",
            r"m-lap-us-(\d+)",
            r"m-lap-us-(\d+)",
            "m-infer-done",
            r"m-results-\[(-?\d+\.\d{3}(?:,-?\d+\.\d{3})*)\]",
        ]
        if len(lines) != len(forms):
            raise ProtocolError(f"infer: {lines}")
        found = [self._match(form, line) for form, line in zip(forms, lines, strict=True)]
        device_s = (int(found[4][1]) - int(found[3][1])) / 1e6
        return Loop(runs, device_s, host_s, [float(value) for value in found[6][1].split(",")])

    def performance(self, sample: bytes, loops: int = 5, least_s: float = 10.0) -> float:
        """Return the median of inferences per second over loops of at least `least_s` of the host's time."""
        self.load(sample)
        trial = self.infer(10, 1)
        rate = trial.runs / max(trial.device_s, 1e-6)
        rates = []
        while len(rates) < loops:
            loop = self.infer(max(10, round(1.2 * least_s * rate)), 1)
            if loop.device_s > loop.host_s:
                raise ProtocolError(f"the device's time runs ahead: {loop.device_s} s in {loop.host_s} s")
            rate = loop.runs / loop.device_s
            if loop.host_s >= least_s:
                rates.append(rate)
        return sorted(rates)[len(rates) // 2]

    def accuracy(self, samples: list[bytes], labels: list[int]) -> float:
        """Return the share of samples whose largest output is that of their label."""
        hits = 0
        for sample, label in zip(samples, labels, strict=True):
            self.load(sample)
            results = self.infer(1, 0).results
            hits += results.index(max(results)) == label
        return hits / len(samples)

    def _match(self, form: str, line: str) -> re.Match:
        match = re.fullmatch(form, line)
        if not match:
            raise ProtocolError(f"expected {form}, got {line!r}")
        return match

    def _until_ready(self) -> list[str]:
        deadline = time.monotonic() + self._timeout_s
        while b"m-ready\r\n" not in self._pending:
            if not select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise ProtocolError(f"no m-ready, but {self._pending!r}")
            self._pending += os.read(self._terminal, 4096)
        reply, self._pending = self._pending.split(b"m-ready\r\n", 1)
        lines = reply.decode("ascii").split("\r\n")
        if lines.pop() != "":
            raise ProtocolError(f"a line without end before m-ready: {reply!r}")
        return lines
