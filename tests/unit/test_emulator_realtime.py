"""With --realtime a board's clock never runs ahead of the host's, and its serial port is no faster than a real one."""

import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import serial

from firmware.board import load_board
from firmware.emulator.program import build_program

# On each byte it computes for the tenths of a second that the digit asks for, and tells the cycles before and after.
TIMER = """
#include "board.h"
#include "port.h"
static void say(uint32_t value)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        port_putc((uint8_t)"0123456789abcdef"[value >> shift & 15]);
    port_putc('\\n');
}
int main(void);
int main(void)
{
    for (;;) {
        uint32_t cycles = (uint32_t)(port_getc() - '0') * (BOARD_CLOCK_HZ / 10u);
        uint32_t start = port_cycles();
        say(start);
        while (port_cycles() - start < cycles)
            for (volatile int i = 0; i < 1000; i++) {
            }
        say(port_cycles());
    }
}
"""


@contextmanager
def running(board, folder, *options):
    """Run the program on a board; gives a function that computes and returns (virtual s, host s, last cycle)."""
    image = build_program(board, TIMER, folder / "timer.elf")
    command = [sys.executable, "-m", "firmware.emulator", image, "--board", board.name, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        with serial.Serial(process.stdout.readline().removeprefix("port: ").strip(), 115200, timeout=20) as port:

            def compute(tenths):
                started = time.monotonic()
                port.write(b"%d" % tenths)
                first, last = int(port.readline(), 16), int(port.readline(), 16)
                return (last - first) % 2**32 / board.clock_hz, time.monotonic() - started, last

            yield compute
        process.terminate()


@pytest.mark.parametrize("name", ["arduino_zero", "stm32f4_disco"])
def test_no_interval_is_shorter_than_on_the_board(name, tmp_path):
    with running(load_board(name), tmp_path, "--realtime") as compute:
        for pause_s in (0, 0.5):  # what passed in a pause does not count for what follows
            time.sleep(pause_s)
            virtual_s, host_s, _ = compute(5)
            assert 0.5 <= virtual_s <= host_s


def test_waiting_for_the_host_is_time_as_well(tmp_path):
    board = load_board("arduino_zero")
    with running(board, tmp_path, "--realtime") as compute:
        _, _, before = compute(0)
        time.sleep(1)
        _, _, after = compute(0)
    assert (after - before) % 2**32 / board.clock_hz > 0.9


def test_bytes_take_their_time_on_the_wire(tmp_path):
    board = load_board("arduino_zero")
    with running(board, tmp_path, "--realtime") as compute:
        virtual_s, _, _ = compute(0)
    assert virtual_s == pytest.approx(9 * 10 / 115200, rel=0.1)  # the nine bytes of the first line


def test_without_it_only_execution_takes_time(tmp_path):
    with running(load_board("arduino_zero"), tmp_path) as compute:
        assert len({compute(1)[0] for _ in range(3)}) == 1
