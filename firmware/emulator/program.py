"""Builds a small program for a board: chip and start-up code with one C file, and no model. For tests and benches."""

import tempfile
from pathlib import Path

from firmware import boot2, toolchain
from firmware.board import Board
from firmware.build import HARNESS, board_folder, chip_sources
from firmware.linker import linker_script


def build_program(board: Board, source: str, image: Path) -> Path:
    """Compile the C text `source`, which defines main, and write the ELF `image`; raises toolchain.CompilerError."""
    with tempfile.TemporaryDirectory(prefix="boardwalk-program-") as folder:
        build = Path(folder)
        (build / "program.c").write_text(source)
        (build / "program.ld").write_text(linker_script(board, board.rams[0]))
        program, chip, includes = build / "program.o", build / "chip.o", [board_folder(board), HARNESS]
        toolchain.compile_object([build / "program.c"], program, board.target, "-O2", includes)
        toolchain.compile_object(chip_sources(board), chip, board.target, "-Os", includes)
        toolchain.link([program, chip], image, board.target, build / "program.ld")
        boot2.seal(image)
    return image
