"""Cases of the campaigns `hostile_images` and `powercuts`, of which the tests run a few."""

import shutil
import struct
from pathlib import Path

import numpy as np
from rich.progress import Progress

from firmware.board import load_board
from scripts import deploy
from scripts.deployment.device import make_device, running
from scripts.lib.vectors import load_vectors
from tests.deployment import devices
from tests.models import small_classifier
from tests.unit.test_measure_cell import write_vectors

NAME = "stm32f4_disco"
HOSTILE = ("signature", "key", "truncated", "slot", "counter", "flips", "header")


class Fortress:
    """A device with a good image and a security counter of 5, whose other slot gets hostile ones."""

    def __init__(self):
        self.device = devices.Device(NAME)
        self.device.fill(0, devices.signed(NAME, 0, counter=5, confirmed=True))
        assert self.device.boot().slot == 0

    def attack(self, seed: int) -> str:
        """Return the kind of image that was refused; raises AssertionError if it was not, or without a reason."""
        rng = np.random.default_rng(seed)
        kind = str(rng.choice(HOSTILE))
        self.device.fill(1, hostile(kind, rng), pending=True)
        boot = self.device.boot()
        assert boot.slot == 0, f"{kind}, seed {seed}: slot {boot.slot} was started"
        assert boot.refusals[1] not in (None, "accepted"), f"{kind}, seed {seed}: refused without a reason"
        expected = {"key": "unknown key", "slot": "made for another slot", "counter": "security counter too old"}
        if kind in expected:
            assert boot.refusals[1] == expected[kind], f"{kind}, seed {seed}: {boot.refusals[1]}"
        return kind


def hostile(kind: str, rng: np.random.Generator) -> bytes:
    """Return an image that must not start in slot 1."""
    if kind == "key":
        return devices.signed(NAME, 1, counter=5, key="other/signing")
    if kind == "slot":
        return devices.signed(NAME, 0, counter=5)
    if kind == "counter":
        return devices.signed(NAME, 1, counter=int(rng.integers(5)))
    image = bytearray(devices.signed(NAME, 1, counter=5))
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


def field_job(folder: Path) -> deploy.Job:
    """Return what is deployed in every case."""
    content = small_classifier(scheme="int8")
    write_vectors(folder / "v.npz", content, "int8")
    vectors = load_vectors(folder / "v.npz")
    return deploy.Job("small", "int8", load_board(NAME), content, vectors, "0.1.0", 0, None, devices.keys())


def deliver(job: deploy.Job, folder: Path) -> Path:
    """Make the device that every case copies."""
    return make_device(folder / "delivered", job.board, job.signed(0, "0.0.0", confirmed=True)[0], devices.keys())


def cut(job: deploy.Job, delivered: Path, scratch: Path, seed: int, operations: int) -> str:
    """Cut the power once while updating; half of the cuts hit the last steps, where a few units decide.

    Return how the deployment ended; raises AssertionError unless the device runs the old or the new image, and takes
    the new one in the end.
    """
    rng = np.random.default_rng(seed)
    at = int(rng.integers(operations - 12, operations + 1) if seed % 2 else rng.integers(1, operations + 1))
    folder = shutil.copytree(delivered, scratch / str(seed))
    try:
        with running(folder, job.board, timed=False, cut=at) as port:
            trial = deploy.Trial(job, port, "device", Progress(disable=True))
            record = trial.deploy()
            version = trial.updates.active().version
            assert version in ("0.0.0", "0.1.0"), f"cut {at}, seed {seed}: runs {version}"
            if record.status != "confirmed":
                again = deploy.Trial(job, port, "device", Progress(disable=True)).deploy()
                assert again.status == "confirmed", f"cut {at}, seed {seed}: {record.reason}; then {again.reason}"
    finally:
        shutil.rmtree(folder)
    return record.status
