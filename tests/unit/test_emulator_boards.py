"""Every board boots its chip's real start-up code on the virtual board, and talks over its serial port."""

import os
import signal
import subprocess
import sys
import time

import pytest
import serial

from firmware.board import load_board, modelled_boards
from firmware.emulator.program import build_program
from tests.unit.emulator_programs import run_c

BOARDS = modelled_boards()

# Answers every byte with the next one.
ECHO = """
#include "port.h"
int main(void);
int main(void)
{
    for (;;)
        port_putc((uint8_t)(port_getc() + 1));
}
"""

# Says hello, then computes for ever: the engine never comes back to Python.
BUSY = """
#include "port.h"
int main(void);
int main(void)
{
    port_putc('\\n');
    for (volatile int i = 0;; i++) {
    }
}
"""

# Checks what start-up promises to C: .data, .bss, a painted stack below the stack pointer, floating point.
PROMISES = """
#include "port.h"
extern uint32_t __stack_limit[], __stack_top[];
uint32_t initialised[3] = {1, 2, 3};
uint32_t zeroed[64];
volatile float one = 1.0f;
int main(void);
int main(void)
{
    volatile int on_the_stack = 0;
    (void)on_the_stack;
    for (int i = 0; i < 64; i++)
        if (zeroed[i] != 0)
            __builtin_trap();
    if (initialised[0] != 1 || initialised[2] != 3 || one + one != 2.0f)
        __builtin_trap();
    uint32_t *word = __stack_limit;
    while (*word == 0xC5C5C5C5u)
        word++;
    if (__stack_top - word > 64 || word >= __stack_top)
        __builtin_trap();
    return 0;
}
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Return a function that builds each (board name, program) once."""
    folder, built = tmp_path_factory.mktemp("images"), {}

    def build(name, program):
        if (name, program) not in built:
            built[name, program] = build_program(load_board(name), program, folder / f"{len(built)}.elf")
        return built[name, program]

    return build


@pytest.fixture
def start():
    """Return a function that starts the virtual board's process and gives (process, port path)."""
    started = []

    def run(elf, name, *options):
        command = [sys.executable, "-m", "firmware.emulator", elf, "--board", name, *options]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process, process.stdout.readline().removeprefix("port: ").strip()

    yield run
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


@pytest.mark.parametrize("name", BOARDS)
def test_start_up_code_keeps_its_promises_to_c(name, tmp_path):
    machine, stop = run_c(load_board(name), PROMISES, tmp_path)
    machine.close()
    assert "(Default_Handler+" in str(stop), stop


@pytest.mark.parametrize("name", BOARDS)
def test_echo_and_reopening_the_port(name, image, start):
    _, port = start(image(name, ECHO), name)
    for text in (b"HAL", b"abc"):
        with serial.Serial(port, 115200, timeout=20) as client:
            client.write(text)
            assert client.read(3) == bytes(byte + 1 for byte in text)


@pytest.mark.parametrize("name", BOARDS)
def test_more_bytes_than_the_terminal_holds(name, image, start):
    """The client writes 20,000 bytes before it reads any: nothing is lost and nobody blocks the other for ever."""
    _, port = start(image(name, ECHO), name)
    data = bytes(i % 251 for i in range(20_000))
    with serial.Serial(port, 115200, timeout=20, write_timeout=20) as client:
        client.write(data)
        assert client.read(len(data)) == bytes((byte + 1) % 256 for byte in data)


@pytest.mark.parametrize("program", [ECHO, BUSY], ids=["idle", "busy"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(number, program, image, start, tmp_path):
    link = tmp_path / "port"
    process, port = start(image("stm32f4_disco", program), "stm32f4_disco", "--pty", str(link))
    assert os.path.realpath(link) == port
    process.send_signal(number)
    assert process.wait(20) == 0
    assert not link.is_symlink()


@pytest.mark.parametrize("program", [ECHO, BUSY], ids=["idle", "busy"])
def test_it_ends_with_its_parent(program, image, start):
    process, _ = start(image("arduino_zero", program), "arduino_zero")
    process.stdin.close()
    assert process.wait(20) == 0


def test_waiting_for_input_costs_no_cpu_time(image, start):
    process, port = start(image("arduino_zero", ECHO), "arduino_zero")
    with serial.Serial(port, 115200, timeout=20) as client:
        client.write(b"a")
        assert client.read(1) == b"b"
        before = _cpu_s(process.pid)
        time.sleep(2)
        assert _cpu_s(process.pid) - before < 0.5


def _cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        user, system = file.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_a_stop_is_one_line_and_exit_code_1(image, start):
    program = "int main(void);\nint main(void) { *(volatile int *)0x40099990; return 0; }\n"
    process, _ = start(image("stm32f4_disco", program), "stm32f4_disco")
    assert process.wait(20) == 1
    said = process.stderr.read()
    assert said.startswith("virtual board stopped: read of 4 bytes at 0x40099990, not modelled, at pc 0x0800")
    assert said.count("\n") == 1 and "(main+0x" in said


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["no.elf", "--board", "stm32f4_disco"], "no.elf: cannot be read"),
        (["no.elf", "--board", "stm32f4_disk"], "did you mean 'stm32f4_disco'?"),
    ],
    ids=["image", "board"],
)
def test_refusals_of_the_command_line(arguments, reason):
    done = subprocess.run([sys.executable, "-m", "firmware.emulator", *arguments], capture_output=True, text=True)
    assert done.returncode == 1
    assert reason in done.stderr and "Traceback" not in done.stderr


def test_link_never_replaces_a_file(image, tmp_path):
    taken = tmp_path / "port"
    taken.write_text("precious")
    command = [image("arduino_zero", ECHO), "--board", "arduino_zero", "--pty", taken]
    done = subprocess.run([sys.executable, "-m", "firmware.emulator", *command], capture_output=True, text=True)
    assert done.returncode == 1 and "is not a symbolic link" in done.stderr
    assert taken.read_text() == "precious"


def test_samd21_console_is_routed_to_its_pins(tmp_path):
    machine, _ = run_c(load_board("arduino_zero"), "int main(void);\nint main(void) { return 0; }", tmp_path)
    assert [machine.bus["portb"].function(pin) for pin in (22, 23, 24)] == [3, 3, None]
    machine.close()
