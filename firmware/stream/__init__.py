"""The image that streams a sensor: main.c, the harness's console, and the driver in sensors/ that the board names."""

import tempfile
from pathlib import Path

from firmware import boot2, toolchain
from firmware.board import SENSORS_FOLDER, Board
from firmware.build import HARNESS, board_folder, chip_sources
from firmware.linker import linker_script
from firmware.settings import SettingsError

FOLDER = Path(__file__).parent


def build_stream(board: Board, image: Path) -> None:
    """Write the ELF `image` for a board with a sensor; raises SettingsError for one without."""
    if board.sensor is None:
        raise SettingsError([f"{board.name}: the board's file names no sensor"])
    sources = [FOLDER / "main.c", SENSORS_FOLDER / f"{board.sensor}.c", HARNESS / "console.c", *chip_sources(board)]
    with tempfile.TemporaryDirectory(prefix="boardwalk-stream-") as folder:
        build = Path(folder)
        (build / "stream.ld").write_text(linker_script(board, board.rams[0]))
        toolchain.compile_object(
            sources, build / "stream.o", board.target, "-Os", [board_folder(board), HARNESS, FOLDER]
        )
        toolchain.link([build / "stream.o"], image, board.target, build / "stream.ld")
        boot2.seal(image)
