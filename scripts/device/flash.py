"""Writes an image to a real board, with the tool that the board's YAML names."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from firmware.board import Board
from scripts.device.link import DeviceError

_TIMEOUT_S = 300.0


def flash(board: Board, elf: Path, port: str, command: list[str]) -> None:
    """Run `command` with {elf}, {bin}, {hex}, {uf2} and {port} filled in; raises DeviceError in one line.

    An empty command means that the board already has the image.
    """
    if not command:
        return
    if shutil.which(command[0]) is None:
        raise DeviceError(f"{board.name}: the flash tool {command[0]!r} is not installed")
    from firmware.formats import write_image  # here and not above: it reads ELF, and virtual boards need no flashing

    with tempfile.TemporaryDirectory(prefix="boardwalk-flash-") as folder:
        words = {"elf": str(elf), "port": port}
        for kind in board.formats:
            words[kind] = str(Path(folder) / f"firmware.{kind}")
            write_image(elf, board, Path(words[kind]))
        try:
            filled = [part.format(**words) for part in command]
        except KeyError as error:
            raise DeviceError(f"{board.name}: flash_command asks for {error}, which {board.name} has not") from error
        try:
            done = subprocess.run(filled, capture_output=True, text=True, timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise DeviceError(f"{board.name}: {command[0]} has not finished within {_TIMEOUT_S:g} s") from error
    if done.returncode:
        words = ((done.stderr or done.stdout).strip().splitlines() or ["no message"])[-1]
        raise DeviceError(f"{board.name}: {command[0]} failed with code {done.returncode}: {words}")
