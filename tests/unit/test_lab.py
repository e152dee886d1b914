"""Real boards: found, locked, flashed and refused. A virtual board behind a plain port plays the board on the desk."""

import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from firmware.settings import SettingsError
from scripts.device.exclusive import any_free
from scripts.device.flash import flash
from scripts.device.link import DeviceError
from scripts.device.virtual_board import VirtualBoard
from scripts.lib.lab import Lab, Unit, load_lab
from scripts.measure_cell import WrongImage, measure_cell
from tests.unit.test_measure_cell import BOARD, kernels, make_cell  # noqa: F401 (kernels is a fixture)


def lab_of(*ports, **more):
    return Lab(boards=[Unit(board=BOARD.name, port=port, flash_command=[], **more) for port in ports])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("boards: [{board: stm32f4_disko, port: /dev/x}]", "unknown board.*did you mean 'stm32f4_disco'"),
        ("boards: [{board: arduino_zero}]", "needs either port or usb_serial"),
        ("boards: [{board: arduino_zero, port: /dev/x, usb_serial: '1'}]", "needs either port or usb_serial"),
        ("boards: [{board: arduino_zero, port: /dev/x}, {board: arduino_zero, port: /dev/x}]", "more than once"),
        ("boards: [{board: arduino_zero, prt: /dev/x}]", "boards.0.prt: unknown key.*did you mean 'port'"),
    ],
)
def test_mistakes_in_the_lab_file_are_named(tmp_path, text, message):
    (tmp_path / "lab.yaml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_lab(tmp_path / "lab.yaml")


def test_no_lab_file_means_virtual_boards(tmp_path):
    assert load_lab(tmp_path / "lab.yaml").units("stm32f4_disco") == []


def test_unplugged_serial_number_is_named():
    unit = Unit(board=BOARD.name, usb_serial="no-such-number")
    with pytest.raises(SettingsError, match=r"no USB device with serial number 'no-such-number' \(attached: "):
        unit.find_port()


def test_board_in_the_lab_is_measured_on_its_port(tmp_path, kernels):  # noqa: F811
    elf, build, vectors = make_cell(tmp_path, kernels)
    with VirtualBoard(elf, BOARD.name) as desk:
        record = measure_cell(elf, build, BOARD, vectors, lab_of(desk.port))
    assert (record.status, record.latency.provenance, record.provenance.emulator) == ("ok", "measured", None)


def test_remote_board_is_measured_through_a_socket(tmp_path, kernels):  # noqa: F811
    elf, build, vectors = make_cell(tmp_path, kernels)
    with VirtualBoard(elf, BOARD.name) as desk, socket.create_server(("127.0.0.1", 0)) as server:
        bridge = threading.Thread(target=serve_port, args=(server, desk.port), daemon=True)
        bridge.start()
        lab = lab_of(f"socket://127.0.0.1:{server.getsockname()[1]}")
        record = measure_cell(elf, build, BOARD, vectors, lab)
        bridge.join(10)
    assert record.status == "ok"


def serve_port(server, port):
    """Pass bytes between one TCP client and a serial port, as a serial server in another room does."""
    client, _ = server.accept()
    with client, open(port, "r+b", buffering=0) as board:

        def board_to_client():
            with suppress(OSError):  # either end may be gone
                while data := board.read(4096):
                    client.sendall(data)

        threading.Thread(target=board_to_client, daemon=True).start()
        while data := client.recv(4096):
            board.write(data)


def test_wrong_board_on_a_port_is_refused(tmp_path, kernels):  # noqa: F811
    elf, build, vectors = make_cell(tmp_path, kernels)
    (tmp_path / "other").mkdir()
    other, _, _ = make_cell(tmp_path / "other", kernels, seed=5)
    with VirtualBoard(other, BOARD.name) as desk, pytest.raises(WrongImage, match="the board runs"):
        measure_cell(elf, build, BOARD, vectors, lab_of(desk.port))


def test_pool_gives_the_free_unit_and_waits_for_one():
    units = lab_of("/dev/boardwalk-a", "/dev/boardwalk-b").units(BOARD.name)
    with any_free(units, 1) as first, any_free(units, 1) as second:
        assert sorted([first.address, second.address]) == [unit.address for unit in units]
        busy = pytest.raises(DeviceError, match=r"every unit \(/dev/boardwalk-a, /dev/boardwalk-b\) has been in use")
        with busy, any_free(units, 0.3):
            pass
    with any_free(units, 1) as again:
        assert again == units[0]


def test_lock_ends_with_its_holder():
    """kill -9 leaves no lock behind, and another process waits until then."""
    holder = (
        "import time\nfrom scripts.device.exclusive import any_free\nfrom scripts.lib.lab import Unit\n"
        "with any_free([Unit(board='arduino_zero', port='/dev/boardwalk-c')], 5):\n    print('held', flush=True)\n"
        "    time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True)
    units = [Unit(board="arduino_zero", port="/dev/boardwalk-c")]
    try:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(DeviceError, match="in use"), any_free(units, 0.3):
            pass
        threading.Timer(0.3, process.kill).start()
        started = time.monotonic()
        with any_free(units, 20):
            assert time.monotonic() - started < 20
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["no-such-tool", "{elf}"], "the flash tool 'no-such-tool' is not installed"),
        (["sh", "-c", "echo cannot connect >&2; exit 3"], "sh failed with code 3: cannot connect"),
        (["true", "{uf2}"], "asks for 'uf2'"),
    ],
)
def test_flash_tool_trouble_is_one_line(tmp_path, kernels, command, message):  # noqa: F811
    elf, _, _ = make_cell(tmp_path, kernels)
    with pytest.raises(DeviceError, match=message):
        flash(BOARD, elf, "/dev/x", command)


def test_flash_tool_gets_the_files_of_the_board(tmp_path, kernels):  # noqa: F811
    elf, _, _ = make_cell(tmp_path, kernels)
    flash(BOARD, elf, "/dev/x", ["sh", "-c", "cp {bin} {elf}.bin && cp {hex} {elf}.hex && echo {port} > {elf}.port"])
    assert (tmp_path / "firmware.elf.port").read_text() == "/dev/x\n"
    assert (tmp_path / "firmware.elf.hex").read_text().startswith(":")
    assert (tmp_path / "firmware.elf.bin").stat().st_size > 464
