"""Cases of the campaigns `hostile_images` and `powercuts`, of which the tests run a few."""

import shutil
import struct
from pathlib import Path
from typing import ClassVar

import numpy as np
from rich.progress import Progress

from firmware.board import board_names, load_board
from scripts import deploy
from scripts.deployment.device import make_device, running
from scripts.deployment.updates import Updates
from scripts.lib.vectors import load_vectors
from tests.deployment import devices
from tests.models import small_classifier
from tests.unit.test_measure_cell import write_vectors

BOARDS = [name for name in board_names() if load_board(name).slots]
# Bytes that one operation programs and erases, and operations after an upload: mark, try, order, confirm, revoke.
GRAINS = {"stm32f4": (4, 131_072, 12), "nrf52": (4, 4096, 9), "stm32g0": (8, 2048, 6)}
ANSWER_S = 2.0  # a device without power says nothing, and everybody waits for it
HOSTILE = ("signature", "key", "truncated", "slot", "counter", "flips", "header")


class Fortress:
    """A device with a good image and a security counter of 5, whose other slot gets hostile ones."""

    def __init__(self, name: str):
        self.name, self.device = name, devices.Device(name)
        self.device.fill(0, devices.signed(name, 0, counter=5, confirmed=True))
        assert self.device.boot().slot == 0

    def attack(self, seed: int) -> str:
        """Return the kind of image that was refused; raises AssertionError if it was not, or without a reason."""
        rng = np.random.default_rng(seed)
        kind = str(rng.choice(HOSTILE))
        self.device.fill(1, hostile(self.name, kind, rng), pending=True)
        boot = self.device.boot()
        assert boot.slot == 0, f"{kind}, seed {seed}: slot {boot.slot} was started"
        assert boot.refusals[1] not in (None, "accepted"), f"{kind}, seed {seed}: refused without a reason"
        expected = {"key": "unknown key", "slot": "made for another slot", "counter": "security counter too old"}
        if kind in expected:
            assert boot.refusals[1] == expected[kind], f"{kind}, seed {seed}: {boot.refusals[1]}"
        return kind


def hostile(name: str, kind: str, rng: np.random.Generator) -> bytes:
    """Return an image that must not start in slot 1."""
    if kind == "key":
        return devices.signed(name, 1, counter=5, key="other/signing")
    if kind == "slot":
        return devices.signed(name, 0, counter=5)
    if kind == "counter":
        return devices.signed(name, 1, counter=int(rng.integers(5)))
    image = bytearray(devices.signed(name, 1, counter=5))
    if kind == "signature":
        image[-64:] = rng.bytes(64)
    elif kind == "truncated":
        del image[int(rng.integers(len(image))) :]
    elif kind == "header":
        at = int(rng.choice([4, 8, 10, 12, 16]))
        image[at : at + 4] = struct.pack("<I", int(rng.integers(1 << 32)))
    else:
        for _ in range(int(rng.integers(1, 9))):
            image[int(rng.integers(len(image)))] ^= 1 << int(rng.integers(8))
    return bytes(image)


class KnownJob(deploy.Job):
    """A job that is deployed again and again: an image is built once."""

    built: ClassVar[dict] = {}

    def signed(self, *which, **how) -> tuple[bytes, int]:
        """Return the image for a slot, signed."""
        key = self.board.name, which, tuple(how.items())
        if key not in self.built:
            self.built[key] = super().signed(*which, **how)
        return self.built[key]


def small_job(folder: Path, name: str, version: str | None, kind: type[deploy.Job] = deploy.Job) -> deploy.Job:
    """Return a job that brings a small network to a board; `folder` takes its vectors."""
    folder.mkdir(exist_ok=True)
    content = small_classifier(scheme="int8")
    write_vectors(folder / "v.npz", content, "int8")
    vectors = load_vectors(folder / "v.npz")
    return kind("small", "int8", load_board(name), content, vectors, version, 0, None, devices.keys())


def field_job(folder: Path, name: str) -> deploy.Job:
    """Return what is deployed in every case of a board."""
    return small_job(folder, name, "0.1.0", KnownJob)


def deliver(job: deploy.Job, folder: Path) -> Path:
    """Make the device that every case copies."""
    return make_device(folder / "delivered", job.board, job.signed(0, "0.0.0", confirmed=True)[0], devices.keys())


def operations(job: deploy.Job) -> int:
    """Return how many operations of flash a deployment and a rollback take."""
    unit, page, rest = GRAINS[job.board.chip]
    image = job.signed(1, "0.1.0")[0]
    image += b"\xff" * (-len(image) % 8)
    units = [image[at : at + unit] for at in range(0, len(image), unit)]
    programmed = sum(unit != b"\xff" * 4 for unit in units)  # the nRF52 leaves such words alone
    return (programmed if job.board.chip == "nrf52" else len(units)) - (-len(image) // page) + 1 + rest


def cut(job: deploy.Job, delivered: Path, scratch: Path, seed: int) -> str:
    """Cut the power once while updating and going back; half of the cuts hit the steps after the upload.

    Return what was cut; raises AssertionError unless the device runs the old or the new image, takes the new one in the
    end, and goes back to the old one.
    """
    rng, last = np.random.default_rng(seed), operations(job)
    rest = GRAINS[job.board.chip][2]
    at = int(rng.integers(last - rest, last) if seed % 2 else rng.integers(last - rest)) + 1
    folder = shutil.copytree(delivered, scratch / str(seed))
    what = f"{job.board.name}, cut {at} of {last}, seed {seed}"
    try:
        with running(folder, job.board, timed=False, cut=at) as port:
            attempts = []
            for _ in range(3):
                trial = deploy.Trial(job, port, "device", Progress(disable=True))
                trial.updates = Updates(port, "device", answer_s=ANSWER_S)
                if trial.updates.active().version == "0.1.0":
                    break
                attempts.append(trial.deploy())
                assert trial.updates.active().version in ("0.0.0", "0.1.0"), what
            assert trial.updates.active().version == "0.1.0", f"{what}: {[record.reason for record in attempts]}"
            confirmed = all(state.confirmed for state in trial.updates.states())
            back = trial.rollback() if confirmed else None
            assert trial.updates.active().version == "0.0.0" if confirmed else True, f"{what}: {back and back.reason}"
    finally:
        shutil.rmtree(folder)
    return "deployed at once" if len(attempts) == 1 and attempts[0].status == "confirmed" else "deployed in the end"
