"""The virtual board runs images that it did not build: raw bytes, without symbols, somewhere else in flash."""

import subprocess
import sys

import pytest

from firmware.board import load_board, modelled_boards
from firmware.emulator.image import ImageError, read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.program import build_program
from firmware.formats import flash_content

BOARDS = modelled_boards()
PROGRAM = """
int main(void);
int main(void)
{
    for (volatile int i = 0; i < 10; i++) {
    }
#ifdef __riscv
    __asm volatile("ebreak");
#else
    __asm volatile("bkpt #7");
#endif
    return 0;
}
"""


def run(path, board, at=None):
    """Run an image until it stops; return the stop and the number of instructions."""
    machine = VirtualBoard(board, read_image(path, board, at))
    with pytest.raises(BoardStopped) as stop:
        machine.run()
    instructions = machine.counter.instructions
    machine.close()
    return stop.value, instructions


@pytest.mark.parametrize("name", BOARDS)
def test_raw_bytes_and_an_elf_without_symbols_run_like_the_elf(name, tmp_path):
    board = load_board(name)
    elf, raw, bare = (tmp_path / file for file in ("program.elf", "program.bin", "bare.elf"))
    build_program(board, PROGRAM, elf)
    raw.write_bytes(flash_content(elf, board)[1])
    header = bytearray(elf.read_bytes())
    header[32:36], header[48:52] = bytes(4), bytes(4)  # no section headers: nothing says where symbols are
    bare.write_bytes(header)
    stop, instructions = run(elf, board)
    assert stop.reason in ("BKPT executed", "EBREAK executed") and "(main+0x" in str(stop)
    for foreign in (raw, bare):
        other, count = run(foreign, board)
        assert (other.pc, count) == (stop.pc, instructions)
        assert str(other).endswith(f"at pc 0x{stop.pc:08x}")


def test_raw_bytes_elsewhere_in_flash(tmp_path):
    board = load_board("arduino_zero")
    at_zero = board.model_copy(update={"image_offset_bytes": 0})
    content = flash_content(build_program(at_zero, PROGRAM, tmp_path / "program.elf"), at_zero)[1]
    raw = tmp_path / "program.bin"
    raw.write_bytes(content)
    assert run(raw, board, at=0)[0].reason == "BKPT executed"
    command = [sys.executable, "-m", "firmware.emulator", raw, "--board", board.name, "--at", "0x0"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "BKPT executed" in done.stderr


@pytest.mark.parametrize(
    ("content", "at", "reason"),
    [
        (b"", None, "empty file"),
        (b"\x00" * 7, None, "no vector table at 0x08000000"),
        (b"\x00" * 8, None, "initial stack pointer 0x00000000 lies outside the RAM"),
        (b"\x00" * 8, 0x2000_0000, "segment 0x20000000 to 0x20000008 lies outside the memory"),
    ],
)
def test_raw_bytes_that_cannot_be_an_image(content, at, reason, tmp_path):
    path = tmp_path / "bad.bin"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=reason):
        read_image(path, load_board("stm32f4_disco"), at)
