"""Small programs for tests of the virtual board: bare assembly, or C on the chip's own start-up code."""

from pathlib import Path

from firmware import toolchain
from firmware.board import Board
from firmware.emulator.image import read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.program import build_program
from firmware.linker import linker_script

# Nothing but a vector table before the code: every counted instruction is in the test.
_BARE = """
__asm__(
    ".syntax unified\\n.thumb\\n"
    ".pushsection .vectors, \\"a\\"\\n.word __stack_top\\n.word Reset_Handler\\n.popsection\\n"
    ".global Reset_Handler\\n.type Reset_Handler, %function\\n.thumb_func\\nReset_Handler:\\n"
    {body}
    ".size Reset_Handler, . - Reset_Handler\\n"
);
"""


def ideal(board: Board) -> Board:
    """Return the board with memories that answer at once: what is left is the core's own time."""
    return board.model_copy(update={"timing": None})


def assemble(board: Board, text: str, folder: Path) -> Path:
    """Build an image that consists of the assembly `text`, which starts at the reset vector."""
    source, script, image = folder / "bare.c", folder / "bare.ld", folder / "bare.elf"  # one command: half the time
    source.write_text(_BARE.format(body="".join(f'"{line}\\n"\n' for line in text.strip().splitlines())))
    script.write_text(linker_script(board, board.rams[0]))
    toolchain.zig("cc", *toolchain.target_flags(board.target), "-nostdlib", f"-Wl,-T,{script}", source, "-o", image)
    return image


def run_to_stop(board: Board, image: Path) -> tuple[VirtualBoard, BoardStopped]:
    """Run an image until it stops; returns the board, still open, and the stop."""
    machine = VirtualBoard(board, read_image(image, board))
    try:
        machine.run()
    except BoardStopped as stop:
        return machine, stop


def run_assembly(board: Board, text: str, folder: Path) -> tuple[VirtualBoard, BoardStopped]:
    """Build bare assembly and run it until it stops."""
    return run_to_stop(board, assemble(board, text, folder))


def run_c(board: Board, text: str, folder: Path) -> tuple[VirtualBoard, BoardStopped]:
    """Build C text with the chip's start-up code and run it until it stops."""
    return run_to_stop(board, build_program(board, text, folder / "program.elf"))
