"""A lenient board goes on where a strict one stops, and lists every register that it does not have."""

import re
import subprocess
import sys

import pytest
import serial
from unicorn import arm_const

from firmware.board import load_board
from firmware.emulator.image import read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.program import build_program
from tests.unit.emulator_programs import assemble

ZERO, DISCO = load_board("arduino_zero"), load_board("stm32f4_disco")
BOTH = pytest.mark.parametrize("board", [ZERO, DISCO], ids=lambda board: board.name)


@BOTH
def test_unknown_registers_read_zero_ignore_writes_and_are_counted(board, tmp_path):
    text = """
        ldr r1, =0x40099990
        movs r2, #3
        1: movs r0, #1
        ldr r0, [r1]
        str r2, [r1]
        subs r2, #1
        bne 1b
        ldrb r3, [r1, #4]
        bkpt #0
        .pool
    """
    machine = VirtualBoard(board, read_image(assemble(board, text, tmp_path), board), lenient=True)
    with pytest.raises(BoardStopped, match="BKPT executed") as stop:
        machine.run()
    assert machine.engine.reg_read(arm_const.UC_ARM_REG_R0) == 0
    expected = [  # the breakpoint is the last instruction
        ("read of 4 bytes at 0x40099990, not modelled, 3 times", stop.value.pc - 10),
        ("write of 4 bytes at 0x40099990, not modelled, 3 times", stop.value.pc - 8),
        ("read of 1 bytes at 0x40099994, not modelled, 1 times", stop.value.pc - 2),
    ]
    reset = board.image_region.origin + 8
    assert machine.report() == [
        f"unmodelled: {text}, at pc 0x{pc:08x} (Reset_Handler+0x{pc - reset:x})" for text, pc in expected
    ]
    machine.close()


def test_a_register_without_its_clock_is_listed_with_that_reason(tmp_path):
    text = "ldr r1, =0x40004400\nldr r0, [r1]\nbkpt #0"
    machine = VirtualBoard(DISCO, read_image(assemble(DISCO, text, tmp_path), DISCO), lenient=True)
    with pytest.raises(BoardStopped, match="BKPT executed"):
        machine.run()
    assert "read of 4 bytes at 0x40004400, usart2 SR: the peripheral's clock is off, 1 times" in machine.report()[0]
    machine.close()


@pytest.mark.parametrize("end", ["signal", "stop"])
def test_the_command_reports_however_it_ends(end, tmp_path):
    source = """
    #include "port.h"
    int main(void);
    int main(void)
    {
        *(volatile int *)0x40099990 = 1;
        port_putc('\\n');
        (void)port_getc();
        __asm volatile("bkpt #0");
        return 0;
    }
    """
    image = build_program(DISCO, source, tmp_path / "program.elf")
    command = [sys.executable, "-m", "firmware.emulator", image, "--board", DISCO.name, "--lenient"]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with (
        subprocess.Popen(command, text=True, **streams) as process,
        serial.Serial(process.stdout.readline().removeprefix("port: ").strip(), timeout=20) as port,
    ):
        assert port.read(1) == b"\n"
        if end == "stop":
            port.write(b"!")
        else:
            process.terminate()
        said = process.stderr.read().splitlines()
    assert process.returncode == (1 if end == "stop" else 0)
    assert re.fullmatch(
        r"unmodelled: write of 4 bytes at 0x40099990, not modelled, 1 times, at pc 0x0800.... \(main\+0x.*\)", said[0]
    )
    assert len(said) == (2 if end == "stop" else 1)
