"""Over the air: unmodified smpclient sends UDP to the gateway that stands beside a virtual device."""

import socket
import threading
from contextlib import contextmanager

import pytest
from rich.progress import Progress

from firmware.board import load_board
from scripts import deploy
from scripts.deployment.device import make_device, running
from scripts.deployment.gateway import Gateway, is_message, main
from scripts.deployment.updates import Updates
from scripts.device.link import open_port
from scripts.device.protocol import Device
from tests.deployment import campaigns, devices

BOARD = load_board("stm32f4_disco")


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return campaigns.small_job(tmp_path_factory.mktemp("job"), BOARD.name, "2.0.0")


@contextmanager
def standing_beside(port):
    ended = threading.Event()
    with open_port(port, BOARD.console.baud) as link:
        gateway = Gateway(link, port=0)
        thread = threading.Thread(target=gateway.serve, args=(ended.is_set,))
        thread.start()
        try:
            yield f"udp://127.0.0.1:{gateway.port}"
        finally:
            ended.set()
            thread.join()


@pytest.fixture(scope="module")
def address(job, tmp_path_factory):
    folder = make_device(
        tmp_path_factory.mktemp("device"), BOARD, job.signed(0, "0.0.0", confirmed=True)[0], devices.keys()
    )
    with running(folder, BOARD, timed=False) as port, standing_beside(port) as address:
        yield address


def test_a_device_is_updated_over_udp(job, address):
    record = deploy.Trial(job, address, "device", Progress(disable=True)).deploy()
    assert (record.status, record.version, record.reason) == ("confirmed", "2.0.0", None)
    assert Updates(address, "device").active().version == "2.0.0"


def test_what_is_no_message_does_not_reach_the_device(address):
    host, _, port = address.removeprefix("udp://").rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for datagram in (b"", b"%reset%", bytes(7), bytes(9), b"name%" * 100):
            assert not is_message(datagram)
            stranger.sendto(datagram, (host, int(port)))
    with Device.behind(address, BOARD.console.baud, "device") as device:
        assert device.version().startswith("boardwalk stm32f4_disco")
        assert Updates(address, "device").active().active  # both at once
        assert device.heartbeat().startswith("1 board stm32f4_disco")


def test_an_absent_device_is_one_line(tmp_path, capsys):
    assert main(["--port", str(tmp_path / "none")]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_what_noise_made_of_frames_and_lines_is_left_out():
    """Played by hand on a pair of sockets: only a whole frame becomes a datagram, only text goes to the client."""
    ours, device = socket.socketpair()

    class Line:
        """The serial side of the pair, as pyserial has it."""

        in_waiting, fileno, write = 4096, ours.fileno, ours.sendall

        @staticmethod
        def read(size):
            return ours.recv(size)

    gateway, ended = Gateway(Line, port=0), threading.Event()
    thread = threading.Thread(target=gateway.serve, args=(ended.is_set,))
    thread.start()
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    text = socket.create_connection(("127.0.0.1", gateway.port))
    message = bytes.fromhex("03000001000000 00 a0".replace(" ", ""))
    asking.sendto(message, ("127.0.0.1", gateway.port))
    frame = device.recv(100)
    assert frame.startswith(b"\x06\x09") and frame.endswith(b"\n")
    for broken in (frame[:-3] + b"\n", b"\x04\x14AAAA\n", b"\x06\x09****\n", frame[:3] + b"B" + frame[4:]):
        device.sendall(broken)
    device.sendall(b"m-ready\r\n" + frame)
    asking.settimeout(5)
    assert asking.recv(100) == message
    text.settimeout(5)
    assert text.recv(100) == b"m-ready\r\n"
    ended.set()
    thread.join()
    for one in (ours, device, asking, text):
        one.close()
