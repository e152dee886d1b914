"""Devices that are virtual and stay: a bootloader and a first image in a file of flash, below results/devices/NAME/."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware.board import Board
from firmware.bootloader import build_bootloader
from firmware.formats import flash_content
from scripts.deployment.keys import public_keys
from scripts.device.virtual_board import VirtualBoard

FOLDER = Path("results/devices")
_PARTS = ("bootloader.elf", "flash.bin")


def make_device(folder: Path, board: Board, first: bytes, keys: Path) -> Path:
    """Write what a board is delivered with: its bootloader, and a first image, signed and confirmed, in slot 0."""
    folder.mkdir(parents=True, exist_ok=True)
    elf, file = (folder / name for name in _PARTS)
    build_bootloader(board, public_keys(keys), elf)
    flash = bytearray(b"\xff" * board.flash.size_bytes)
    start, content = flash_content(elf, board.for_bootloader())
    for address, part in ((start, content), (board.slots.origins[0], first)):
        at = address - board.flash.origin
        flash[at : at + len(part)] = part
    file.write_bytes(flash)
    return folder


def is_device(folder: Path) -> bool:
    """Return whether a device was made there."""
    return all((folder / name).is_file() for name in _PARTS)


@contextmanager
def running(
    folder: Path, board: Board, timed: bool = True, cut: int | None = None, realtime: bool = False
) -> Iterator[str]:
    """Run the device in `folder`; give its port. Its power is cut at the operation `cut` of its flash, once."""
    elf, file = (folder / name for name in _PARTS)
    more = ["--flash", str(file), *(["--cut", str(cut)] if cut else []), *(["--realtime"] if realtime else [])]
    with VirtualBoard(elf, board.name, timed=timed, more=more) as virtual, virtual.explaining():
        yield virtual.port
