"""Brings a cell's image to devices: python -m scripts.deploy --model … --scheme … --board … [--port …].

The image is linked for the free slot, signed, uploaded, started on trial, and proves itself there: every golden
vector, and the latency budget. Only then it is confirmed; otherwise the device goes back by a reset. With several
ports the first device goes first, and a failure stops the rest. Without a port the device is a virtual one, below
results/devices/. `--rollback` starts the image in the other slot again. Every step is recorded in results/deployments/.
"""

import argparse
import functools
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.progress import Progress

from firmware.board import Board, load_board
from firmware.bootloader import BootloaderError
from firmware.build import build_image, compile_kernels
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import compile_model
from firmware.core import Core
from firmware.settings import SettingsError
from scripts.deployment.device import FOLDER, is_device, make_device, running
from scripts.deployment.keys import FOLDER as KEYS
from scripts.deployment.keys import KeyProblem
from scripts.deployment.signing import Release, sign
from scripts.deployment.updates import Updates
from scripts.device.link import DeviceError
from scripts.device.protocol import Device
from scripts.lib import results
from scripts.lib.record import Part, Record, ResultError, write
from scripts.lib.vectors import Vectors, VectorsError, load_vectors

DEPLOYMENTS = Path("results/deployments")


class Step(Part):
    """What was done, how it ended, and how long it took on this machine."""

    name: str
    outcome: str
    seconds: float


class Deployment(Record):
    """One attempt on one device. `status` says what runs there now: the new image, or the one before."""

    board: str
    device: str
    version: str
    security_counter: int
    slot: int | None
    status: Literal["confirmed", "reverted", "failed", "rolled back"]
    reason: str | None
    image_sha256: str | None
    cycles: int | None
    flash_bytes: int | None
    steps: list[Step]


@functools.cache
def _kernels(core: Core) -> bytes:
    """Return the library of a core's kernels, which every image of a run is linked with."""
    with tempfile.TemporaryDirectory(prefix="boardwalk-deploy-") as folder:
        compile_kernels(core, library := Path(folder) / "libkernels.a")
        return library.read_bytes()


@dataclass(frozen=True)
class Job:
    """What is to be deployed, and what it has to prove."""

    model: str
    scheme: str
    board: Board
    tflite: bytes
    vectors: Vectors
    version: str | None
    security_counter: int
    budget_ms: float | None
    keys: Path

    @property
    def model_hash(self) -> bytes:
        """The first 8 bytes of the hash of the .tflite."""
        return hashlib.sha256(self.tflite).digest()[:8]

    def signed(self, slot: int, version: str, confirmed: bool = False) -> tuple[bytes, int]:
        """Return the image for a slot, signed, and its bytes of flash; raises DeviceError if it does not fit."""
        part = self.board.for_slot(slot)
        with tempfile.TemporaryDirectory(prefix="boardwalk-deploy-") as folder:
            elf, kernels = Path(folder) / "firmware.elf", Path(folder) / "libkernels.a"
            kernels.write_bytes(_kernels(part.target))
            compiled = compile_model(self.tflite, part.target, part.optimize)
            sizes, reason = build_image(part, compiled, kernels, elf, self.model)
            if reason:
                raise DeviceError(f"{self.board.name}: slot {slot}: {reason}")
            release = Release(version, self.security_counter, self.model_hash)
            return sign(elf, self.board, slot, release, self.keys / "signing.pem", confirmed), sizes.flash


class Trial:
    """Deploys to one device and keeps the record."""

    def __init__(self, job: Job, port: str, device: str, progress: Progress):
        self.job, self.port, self.device, self._progress = job, port, device, progress
        self.updates = Updates(port, device, job.board.console.baud)
        self.steps: list[Step] = []
        self.facts = {"slot": None, "image_sha256": None, "cycles": None, "flash_bytes": None, "version": "?"}

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        except Exception as error:
            self.steps.append(Step(name=name, outcome=str(error), seconds=round(time.monotonic() - started, 3)))
            raise
        self.steps.append(Step(name=name, outcome="done", seconds=round(time.monotonic() - started, 3)))

    def deploy(self) -> Deployment:
        """Do all steps; a failure ends with the device as it was."""
        status, reason, on_trial = "failed", None, False
        try:
            with self._step("read the device"):
                active = self.updates.active()
            version, slot = self.job.version or _next(active.version), 1 - active.slot
            self.facts |= {"version": version, "slot": slot}
            with self._step("build and sign"):
                image, self.facts["flash_bytes"] = self.job.signed(slot, version)
            self.facts["image_sha256"] = hashlib.sha256(image).hexdigest()
            with self._step("upload"):
                task = self._progress.add_task(f"{self.device} {version}", total=len(image))
                self.updates.upload(image, lambda done, _: self._progress.update(task, completed=done))
            with self._step("start on trial"):
                hash_ = next(state.hash for state in self.updates.states() if state.slot == slot)
                self.updates.try_image(hash_)
                self.updates.reset()
                if self.updates.active().slot != slot:
                    raise DeviceError(f"{self.device}: the bootloader refused the image: {self._refusal(slot)}")
                on_trial = True
            with self._step("self-test"):
                self.facts["cycles"] = self._self_test()
            with self._step("confirm"):
                self.updates.confirm()
            status = "confirmed"
        except (DeviceError, KeyProblem, UnsupportedModel) as error:
            reason = str(error)
            if on_trial:
                status = self._revert()
        return self._record(status, reason)

    def rollback(self) -> Deployment:
        """Start the image in the other slot, which was confirmed once, and see that it answers."""
        status, reason = "failed", None
        try:
            with self._step("read the device"):
                other = [state for state in self.updates.states() if not state.active]
                if not other or not other[0].confirmed:
                    raise DeviceError(f"{self.device}: no confirmed image in the other slot to go back to")
            with self._step("go back"):
                self.updates.try_image(other[0].hash)
                self.updates.reset()
                active = self.updates.active()
                if active.slot != other[0].slot:
                    raise DeviceError(f"{self.device}: still runs {active.version}")
            self.facts |= {"version": active.version, "slot": active.slot}
            status = "rolled back"
        except DeviceError as error:
            reason = str(error)
        return self._record(status, reason)

    def _revert(self) -> str:
        try:
            with self._step("go back"):
                self.updates.reset()
                active = self.updates.active()
                if active.slot == self.facts["slot"]:
                    raise DeviceError(f"{self.device}: still runs the image that failed")
            return "reverted"
        except DeviceError:
            return "failed"

    def _refusal(self, slot: int) -> str:
        with Device.behind(self.port, self.job.board.console.baud, self.device) as device:
            return device.refusal(slot)

    def _self_test(self) -> int:
        """Run every golden vector; return the cycles of an inference within the budget."""
        vectors, board = self.job.vectors, self.job.board
        with Device.behind(self.port, board.console.baud, self.device) as device:
            found, wanted = device.version(), f"boardwalk {board.name} {self.job.model_hash.hex()}"
            if found != wanted:
                raise DeviceError(f"{self.device}: expected the image {wanted!r}, found {found!r}")
            for sample in range(len(vectors)):
                apart = vectors.difference(sample, device.prove(vectors.content(sample)))
                if apart > vectors.tolerance:
                    raise DeviceError(
                        f"{self.device}: self-test: vector {sample} differs from {vectors.oracle} by {apart:g}"
                    )
            cycles = device.measure(vectors.content(0))[0].cycles
        took_ms = cycles * 1e3 / board.clock_hz
        if self.job.budget_ms is not None and took_ms > self.job.budget_ms:
            raise DeviceError(f"{self.device}: self-test: {took_ms:.3f} ms, budget {self.job.budget_ms:g} ms")
        return cycles

    def _record(self, status: str, reason: str | None) -> Deployment:
        job = self.job
        names = {"model": job.model, "scheme": job.scheme, "board": job.board.name, "device": self.device}
        facts = {**self.facts, "security_counter": job.security_counter}
        return Deployment(**names, **facts, status=status, reason=reason, steps=self.steps)


def _next(version: str) -> str:
    """Return the version after one as SMP writes it, such as 1.2.3.4: its revision is one higher."""
    major, minor, revision = (int(part) for part in version.split(".")[:3])
    return f"{major}.{minor}.{revision + 1}"


def deploy(trials: list[Trial], rollback: bool = False) -> list[Deployment]:
    """Deploy to one device first, then to the rest; stop at the first that does not end as wanted."""
    done = []
    for trial in trials:
        done.append(trial.rollback() if rollback else trial.deploy())
        save(done[-1])
        if done[-1].status not in ("confirmed", "rolled back"):
            break
    return done


def save(record: Deployment, folder: Path = DEPLOYMENTS) -> Path:
    """Write the record under the next free number of its device."""
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.glob(f"{record.device}-*.json"))) + 1
    path = folder / f"{record.device}-{number:04d}.json"
    write(path, record)
    return path


def table(folder: Path = DEPLOYMENTS) -> list[str]:
    """Return what runs where: for each device what its last record that changed something says."""
    latest: dict[str, Deployment] = {}
    for path in sorted(folder.glob("*.json")):
        record = results.read(path, Deployment)
        if record.status in ("confirmed", "rolled back"):
            latest[record.device] = record
    head = f"{'device':24} {'board':20} {'version':12} {'model':20} {'scheme':14} slot"
    return [head] + [
        f"{name:24} {r.board:20} {r.version:12} {r.model:20} {r.scheme:14} {r.slot}"
        for name, r in sorted(latest.items())
    ]


def main(arguments: list[str] | None = None) -> int:
    """Deploy or roll back, print what runs where, and return the exit code."""
    options = _parse(arguments)
    try:
        job = _job(options)
        with Progress() as progress, _ports(options, job) as ports:
            done = deploy([Trial(job, port, name, progress) for name, port in ports], options.rollback)
            for record in done:
                progress.console.print(f"{record.device}: {record.status} {record.version} {record.reason or ''}")
        print(*table(), sep="\n")
    except (DeviceError, KeyProblem, BootloaderError, SettingsError, VectorsError, ResultError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return int(len(done) < len(ports) or done[-1].status not in ("confirmed", "rolled back"))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.deploy", description=__doc__.split(":")[0])
    for name in ("model", "scheme", "board"):
        parser.add_argument(f"--{name}", required=True, help="of the cell: docs/catalogue.md")
    parser.add_argument("--port", nargs="*", default=[], help="serial ports, the first device first")
    parser.add_argument("--image-version", help="semantic version; without it the next after the running one")
    parser.add_argument("--security-counter", type=int, default=0, help="raise it to forbid all images signed before")
    parser.add_argument("--budget-ms", type=float, help="latency that the self-test allows; default: the cell's + 5 %%")
    parser.add_argument("--keys", type=Path, default=KEYS, help="folder of the signing keys; default: keys")
    parser.add_argument("--rollback", action="store_true", help="back to the image before, instead of a new one")
    return parser.parse_args(arguments)


def _job(options: argparse.Namespace) -> Job:
    board = load_board(options.board)
    if board.slots is None:
        raise DeviceError(f"{board.name}: no slots: in its YAML, so its images cannot be updated")
    tflite = Path(f"results/models/{options.model}/{options.scheme}.tflite")
    budget_ms, cell = options.budget_ms, Path(f"results/cells/{options.model}/{options.scheme}/{options.board}")
    if budget_ms is None and (cell / "measurement.json").is_file():
        latency = results.read(cell / "measurement.json", results.Measurement).latency
        budget_ms = latency.us * 1.05e-3 if latency else None
    return Job(
        model=options.model,
        scheme=options.scheme,
        board=board,
        tflite=tflite.read_bytes(),
        vectors=load_vectors(tflite.with_suffix(".vectors.npz")),
        version=options.image_version,
        security_counter=options.security_counter,
        budget_ms=budget_ms,
        keys=options.keys,
    )


@contextmanager
def _ports(options: argparse.Namespace, job: Job) -> Iterator[list[tuple[str, str]]]:
    """Give (name, port) of the devices; a virtual one where no port is named."""
    if options.port:
        yield [(f"{job.board.name}-{Path(port).name}", port) for port in options.port]
        return
    name = f"{job.board.name}-virtual"
    if not is_device(FOLDER / name):
        make_device(FOLDER / name, job.board, job.signed(0, "0.0.0", confirmed=True)[0], job.keys)
    with running(FOLDER / name, job.board) as port:
        yield [(name, port)]


if __name__ == "__main__":
    sys.exit(main())
