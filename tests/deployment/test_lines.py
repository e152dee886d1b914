"""Uploads over lines that are broken, noisy and slow."""

import re
import shutil

import numpy as np
import pytest

from firmware.board import load_board
from scripts.deployment import updates
from scripts.deployment.device import make_device
from scripts.deployment.updates import Updates
from scripts.device.link import DeviceError
from scripts.device.protocol import Device
from tests.deployment import campaigns, devices
from tests.faulty_link import Fault, FaultyLink

BOARD = load_board("stm32f4_disco")
NOISE = ("garbage", "change", "drop", "cut")
WIRE_LIMIT = 1.3


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """A device whose first image is a small network, and another image for its free slot."""
    folder = tmp_path_factory.mktemp("lines")
    job = campaigns.field_job(folder / "job", BOARD.name)
    made = make_device(folder / "device", BOARD, job.signed(0, "0.0.0", confirmed=True)[0], devices.keys())
    return made, job.signed(1, "0.1.0")[0]


@pytest.fixture
def link(delivered, tmp_path):
    folder = shutil.copytree(delivered[0], tmp_path / "device")
    options = {"timed": False, "more": ["--flash", str(folder / "flash.bin")]}
    with FaultyLink(folder / "bootloader.elf", BOARD.name, **options) as link:
        yield link


def told(*_):
    """Nobody asks for the progress."""


def test_an_upload_goes_on_where_a_broken_link_left_it(link, delivered, monkeypatch):
    image = delivered[1]
    with link.session([Fault("unplug", True, 15_000, 1, 1)]) as port:
        Updates(port, "device").active()  # once it has started, one attempt is enough
        monkeypatch.setattr(updates, "_ATTEMPTS", 1)
        with pytest.raises(DeviceError):
            Updates(port, "device", answer_s=2.0).upload(image, told)
    monkeypatch.undo()
    with link.session([]) as port:
        again = Updates(port, "device")
        again.upload(image, told)
        assert link.traffic[True] < 0.75 * len(image) * 4 / 3
        assert [state.version for state in again.states()] == ["0.0.0", "0.1.0"]


def test_an_upload_over_a_noisy_line_arrives_whole(link, delivered):
    image, rng = delivered[1], np.random.default_rng(8)
    faults = [
        Fault(NOISE[n % 4], n % 3 > 0, int(4000 + 3000 * n if n % 3 else 150 + 100 * n), int(rng.integers(1, 20)), n)
        for n in range(6)
    ]
    with link.session(faults) as port:
        noisy = Updates(port, "device", answer_s=1.0)
        noisy.upload(image, told)
        assert noisy.broken_links >= 3
    with link.session([]) as port:
        quiet = Updates(port, "device")
        (new,) = [state for state in quiet.states() if state.version == "0.1.0"]
        quiet.try_image(new.hash)  # which reads the whole image again
        quiet.reset()
        assert quiet.active().version == "0.1.0"


def test_an_upload_takes_little_more_than_its_bytes_on_the_wire(link, delivered):
    """Counted: the device's own time, erasing and programming too, and both directions of a line of 115200 baud."""
    image = delivered[1] + bytes(102_400 - len(delivered[1]))
    with link.session([]) as port:
        up_us = []
        for _ in range(2):
            with Device.behind(port, BOARD.console.baud, "device") as device:
                up_us.append(int(re.search(r"up-us (\d+)", device.heartbeat())[1]))
            if len(up_us) == 1:
                before = sum(link.traffic)
                Updates(port, "device").upload(image, told)
                wire_s = (sum(link.traffic) - before) * 10 / BOARD.console.baud
    busy_s = (up_us[1] - up_us[0]) / 1e6
    print(f"wire {wire_s:.2f} s, device {busy_s:.2f} s: {1 + busy_s / wire_s:.2f}; image alone 8.89 s")
    assert wire_s > len(image) * 10 / BOARD.console.baud
    assert busy_s > 1  # two sectors are erased
    assert 1 + busy_s / wire_s <= WIRE_LIMIT
