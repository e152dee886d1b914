"""Turns a linked ELF into what flash tools take: raw bytes (.bin), Intel HEX (.hex) and UF2 (.uf2).

A file holds the bytes of flash from where the image starts on that board. Refuses: a file that is no ELF, an empty one
(the cell has no image), contents outside the board's flash, a format that the board does not declare, UF2 for a chip
without a family id.
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from firmware import boot2
from firmware.board import Board
from firmware.settings import nearest

_ERASED = 0xFF
_HEX_BYTES = 16
_UF2_BYTES = 256
_UF2_MAGIC, _UF2_END, _UF2_HAS_FAMILY = (0x0A32_4655, 0x9E5D_5157), 0x0AB1_6F30, 0x2000
# github.com/microsoft/uf2, utils/uf2families.json
_UF2_FAMILIES = {
    "esp32c3": 0xD42B_A06C,
    "nrf52": 0xADA5_2840,
    "rp2040": 0xE48B_FF56,
    "samd21": 0x68ED_2B88,
    "stm32f4": 0x5775_5A57,
}


class FormatError(ValueError):
    """The image cannot be written in the wanted form; the text says why."""


def write_image(elf: Path, board: Board, output: Path) -> None:
    """Write `elf` as `output`, whose suffix names the format; raises FormatError."""
    kind = output.suffix.removeprefix(".")
    if kind not in board.formats:
        raise FormatError(f"{output}: {board.name} has no format {kind!r}{nearest(kind, list(board.formats))}")
    start, content = flash_content(elf, board)
    output.write_bytes(_WRITERS[kind](start, content, board))


def flash_content(elf: Path, board: Board) -> tuple[int, bytes]:
    """Return (address, bytes) of all that `elf` puts into flash; gaps are as erased. Raises FormatError."""
    try:
        with elf.open("rb") as file:
            parts = [(s["p_paddr"], s.data()) for s in ELFFile(file).iter_segments("PT_LOAD") if s["p_filesz"]]
            staged = ELFFile(file).get_section_by_name(boot2.SECTION) is not None
    except (ELFError, OSError, struct.error, ValueError) as error:
        raise FormatError(f"{elf}: not an image: {error or type(error).__name__}") from error
    start = board.flash.origin if staged else board.image_region.origin
    end = max((address + len(data) for address, data in parts), default=start)
    if not parts or min(parts)[0] != start or end > board.flash.end:
        found = ", ".join(f"0x{address:08x} to 0x{address + len(data):08x}" for address, data in sorted(parts))
        raise FormatError(
            f"{elf}: expected contents from 0x{start:08x}, before 0x{board.flash.end:08x} ({board.name}), "
            f"got {found or 'none'}"
        )
    content = bytearray([_ERASED]) * (end - start)
    for address, data in parts:
        content[address - start : address - start + len(data)] = data
    return start, bytes(content)


def _bin(_start: int, content: bytes, _board: Board) -> bytes:
    return content


def _hex(start: int, content: bytes, _board: Board) -> bytes:
    """Intel, Hexadecimal Object File Format Specification, 1988: 32-bit addresses by records of type 4."""
    return "".join(f"{line}\r\n" for line in _hex_lines(start, content)).encode("ascii")


def _hex_lines(start: int, content: bytes) -> Iterator[str]:
    upper = None
    for address, data in _pieces(start, content, _HEX_BYTES):
        if address >> 16 != upper:
            upper = address >> 16
            yield _hex_record(0, 4, struct.pack(">H", upper))
        yield _hex_record(address & 0xFFFF, 0, data)
    yield _hex_record(0, 1, b"")


def _hex_record(address: int, kind: int, data: bytes) -> str:
    record = struct.pack(">BHB", len(data), address, kind) + data
    return f":{record.hex()}{-sum(record) & 0xFF:02x}".upper()


def _uf2(start: int, content: bytes, board: Board) -> bytes:
    """UF2 (github.com/microsoft/uf2): blocks of 512 bytes, each with a page of 256 bytes and the family of the chip."""
    family = _UF2_FAMILIES.get(board.chip)
    if family is None:
        raise FormatError(f"{board.name}: chip {board.chip} has no UF2 family id")
    padding = start % _UF2_BYTES  # boot loaders write whole pages
    pages = list(_pieces(start - padding, bytes([_ERASED]) * padding + content, _UF2_BYTES))
    blocks = []
    for number, (address, data) in enumerate(pages):
        fields = (*_UF2_MAGIC, _UF2_HAS_FAMILY, address, _UF2_BYTES, number, len(pages), family)
        page = data.ljust(_UF2_BYTES, bytes([_ERASED]))
        blocks.append(struct.pack("<8I476sI", *fields, page, _UF2_END))
    return b"".join(blocks)


def _pieces(start: int, content: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Cut into pieces that end where addresses are multiples of `size`."""
    address, end = start, start + len(content)
    while address < end:
        stop = min(end, address - address % size + size)
        yield address, content[address - start : stop - start]
        address = stop


_WRITERS: dict[str, Callable[[int, bytes, Board], bytes]] = {"bin": _bin, "hex": _hex, "uf2": _uf2}
