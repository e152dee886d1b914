"""The host's side of the serial link: every way in which a board can misbehave ends in a named error, in time."""

import os
import threading
import time
import tty
import zlib

import pytest

from scripts.device.link import DeviceError, open_port
from scripts.device.protocol import Device


@pytest.fixture
def pty_pair():
    """A raw pty: (master file descriptor, path of the slave)."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def answer(master, replies):
    """Answer each command (up to '%') with the next reply, in the background."""

    def serve():
        for reply in replies:
            received = b""
            while not received.endswith(b"%"):
                try:
                    received += os.read(master, 1)
                except OSError:
                    return
            os.write(master, reply)

    threading.Thread(target=serve, daemon=True).start()


def test_absent_port_is_named():
    with pytest.raises(DeviceError, match=r"port /dev/no-such-port does not exist"):
        open_port("/dev/no-such-port", 115200)


def test_busy_port_is_refused(pty_pair):
    with open_port(pty_pair[1], 115200), pytest.raises(DeviceError, match="in use by another program"):
        open_port(pty_pair[1], 115200)


def test_file_that_is_no_port_is_refused(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(DeviceError, match="cannot be opened"):
        open_port(str(tmp_path / "file"), 115200)


def test_silent_board_is_an_error_in_time(pty_pair, monkeypatch):
    monkeypatch.setattr("scripts.device.protocol.ANSWER_S", 0.5)
    with open_port(pty_pair[1], 115200) as port:
        started = time.monotonic()
        with pytest.raises(DeviceError, match=r"board: expected 'm-name-dut.*' within .* got nothing"):
            Device(port, "board").synchronise()
        assert time.monotonic() - started < 10


def test_boot_text_and_garbage_before_the_answer_are_skipped(pty_pair):
    master, path = pty_pair
    os.write(master, b"\xff\x00half a li")
    answer(master, [b"e-[unknown command: ]\r\nm-ready\r\n", b"m-name-dut-[x]\r\nm-ready\r\n"])
    with open_port(path, 115200) as port:
        Device(port, "board").synchronise()


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"e-[what?]\r\nm-ready\r\n", r"'db load 4' was refused: e-\[what\?\]"),
        (b"m-ready\r\n", r"expected 'm-\[Expecting 4 bytes\]' after 'db load 4', got \[\]"),
        (b"m-[Expecting 5 bytes]\r\nm-ready\r\n", "expected 'm-.Expecting 4 bytes.'"),
    ],
)
def test_wrong_reply_says_what_was_expected(pty_pair, reply, message):
    answer(pty_pair[0], [reply])
    with open_port(pty_pair[1], 115200) as port, pytest.raises(DeviceError, match=message):
        Device(port, "board").load(b"\x00\x01\x02\x03")


def test_truncated_reply_is_an_error_in_time(pty_pair):
    answer(pty_pair[0], [b"m-version-[boardw"])
    with open_port(pty_pair[1], 115200) as port, pytest.raises(DeviceError, match=r"within 0.3 s after 'version'"):
        Device(port, "board").command("version", None, timeout_s=0.3)


@pytest.mark.parametrize(
    "layers", [b"", b"m-layers-[1,x]\r\n", b"m-layers-[1,,2]\r\n", b"m-layers-[1]\r\nm-layers-[2]\r\n"]
)
def test_numbers_are_never_guessed(pty_pair, layers):
    answer(pty_pair[0], [sealed(b"m-runs-1\r\nm-cycles-10\r\n" + layers)])
    with open_port(pty_pair[1], 115200) as port, pytest.raises(DeviceError, match=r"one line like .*m-layers"):
        Device(port, "board").timing()


def sealed(lines):
    """Return an answer with its checksum."""
    return lines + b"m-crc-%08x\r\nm-ready\r\n" % zlib.crc32(lines)


@pytest.mark.parametrize(
    "reply",
    [
        b"m-output-[0180]\r\nm-ready\r\n",
        sealed(b"m-output-[0180]\r\n").replace(b"0180", b"0181"),
        sealed(b"m-output-[0180]\r\n").replace(b"80", b""),
        sealed(b"").replace(b"m-crc", b"m-output-[0180]\r\nm-crc"),
    ],
    ids=["without", "changed", "dropped", "inserted"],
)
def test_an_answer_without_its_checksum_is_refused(pty_pair, reply):
    answer(pty_pair[0], [sealed(b"m-output-[0180]\r\n"), reply])
    with open_port(pty_pair[1], 115200) as port:
        device = Device(port, "board")
        assert device.output() == b"\x01\x80"
        with pytest.raises(DeviceError, match="expected 'm-crc-"):
            device.output()


def test_a_reset_in_between_is_named(pty_pair):
    start = b"m-timestamp-mode-performance\r\nm-lap-us-0\r\nm-init-done\r\nm-ready\r\n"
    answer(pty_pair[0], [start])
    with open_port(pty_pair[1], 115200) as port, pytest.raises(DeviceError, match=r"board was reset .*'output'"):
        Device(port, "board").output()


def test_a_garbled_answer_costs_another_try(pty_pair):
    whole = sealed(b"m-version-[boardwalk board 0123]\r\n")
    answer(pty_pair[0], [whole.replace(b"0123", b"0124"), b"m-name-dut-[x]\r\nm-ready\r\n", whole])
    with open_port(pty_pair[1], 115200) as port:
        assert Device(port, "board").version() == "boardwalk board 0123"


def test_the_transcript_has_commands_and_answers_but_no_input_bytes(pty_pair):
    answer(pty_pair[0], [b"m-[Expecting 2 bytes]\r\nm-ready\r\n", b"m-load-done\r\nm-ready\r\n"])
    with open_port(pty_pair[1], 115200) as port:
        device = Device(port, "board")
        device.load(b"\xab\xcd")
    assert device.transcript == ["> db load 2%", "m-[Expecting 2 bytes]", "m-ready"]


def test_board_that_vanishes_is_named():
    master, slave = os.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)
    with open_port(path, 115200) as port:
        os.close(slave)
        os.close(master)
        with pytest.raises(DeviceError, match="the port was lost"):
            Device(port, "board").command("name", None, timeout_s=2)
