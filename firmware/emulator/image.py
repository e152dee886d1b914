"""Reads an image for a board: what goes where in memory, and which symbol an address belongs to.

An image is an ELF file, or the bytes of flash in a file named .bin. Refuses: what is neither, another machine than the
board's, truncated files, segments outside the board's memory, a reset vector that points outside it.
"""

import bisect
import struct
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from firmware.board import Board, Region

# The processor families by their names in ELF files.
_MACHINES = {"cortex_m": "EM_ARM", "riscv": "EM_RISCV"}


class ImageError(ValueError):
    """The file cannot be run on the board."""


@dataclass(frozen=True)
class Segment:
    """Bytes and the flash address they are programmed to."""

    address: int
    data: bytes


@dataclass(frozen=True)
class Start:
    """Where a processor begins, and its stack pointer there."""

    pc: int
    stack_top: int


@dataclass(frozen=True)
class Image:
    """A checked image. `symbols` are (address, name) of functions, sorted; `vectors` is where the vector table lies."""

    segments: list[Segment]
    symbols: list[tuple[int, str]]
    start: Start | None  # None where the chip's boot ROM decides
    vectors: int

    def where(self, address: int) -> str:
        """Return an address with its symbol, e.g. "0x080001a4 (port_init+0x12)"."""
        index = bisect.bisect_right(self.symbols, (address, "\U0010ffff")) - 1
        if index < 0:
            return f"0x{address:08x}"
        start, name = self.symbols[index]
        return f"0x{address:08x} ({name}+0x{address - start:x})"


def read_image(path: Path, board: Board, at: int | None = None) -> Image:
    """Return the image in `path`; raises ImageError naming the file, what was expected and what was found.

    `at` is the address of its vector table, and of the first byte of a .bin file; without it, where our images have
    theirs.
    """
    try:
        with path.open("rb") as file:
            return _read_raw(path, file.read(), board, at) if path.suffix == ".bin" else _read(path, file, board, at)
    except OSError as error:
        raise ImageError(f"{path}: cannot be read: {error.strerror}") from error
    except (ELFError, struct.error, UnicodeDecodeError, KeyError, AttributeError, TypeError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{path}: not a sound ELF file: {error or type(error).__name__}") from error


def _read_raw(path: Path, content: bytes, board: Board, at: int | None) -> Image:
    if not content:
        raise ImageError(f"{path}: empty file")
    origin = board.flash.origin if board.boots_in_stages else board.image_region.origin
    segment = Segment(origin if at is None else at, content)
    _check_place(path, board, _flashes(board), segment.address, len(content))
    return _image(path, [segment], [], board, at)


def _image(path: Path, segments: list[Segment], symbols: list[tuple[int, str]], board: Board, at: int | None) -> Image:
    table = board.image_region.origin if at is None else at
    return Image(segments, symbols, _start(path, segments, board, table), table)


def _flashes(board: Board) -> list[Region]:
    return [region for region in board.memory if region.kind == "flash"]


def _read(path: Path, file, board: Board, at: int | None) -> Image:
    size = path.stat().st_size
    if size == 0:
        raise ImageError(f"{path}: empty file: no image was built for this cell")
    elf, machine = ELFFile(file), _MACHINES[board.target.family]
    if elf.elfclass != 32 or not elf.little_endian or elf["e_machine"] != machine:
        found = f"{elf['e_machine']}, {elf.elfclass} bit"
        raise ImageError(f"{path}: {board.name} runs {machine} images of 32 bit, little endian, got {found}")
    segments = []
    for segment in elf.iter_segments("PT_LOAD"):
        address, length = segment["p_paddr"], segment["p_filesz"]
        if segment["p_offset"] + length > size:
            raise ImageError(f"{path}: truncated: a segment ends at byte {segment['p_offset'] + length} of {size}")
        if length:
            _check_place(path, board, _flashes(board), address, length)
            segments.append(Segment(address, segment.data()))
        _check_place(path, board, board.memory, segment["p_vaddr"], segment["p_memsz"])
    return _image(path, segments, _functions(elf), board, at)


def _check_place(path: Path, board: Board, regions: list[Region], address: int, length: int) -> None:
    """Refuse `length` bytes at `address` unless they lie in one of the regions."""
    end = address + length
    if not any(region.origin <= address and end <= region.end for region in regions):
        spans = ", ".join(f"{region.name} 0x{region.origin:08x} to 0x{region.end:08x}" for region in regions)
        place = f"0x{address:08x} to 0x{end:08x}"
        raise ImageError(f"{path}: segment {place} lies outside the memory of {board.name} ({spans})")


def _start(path: Path, segments: list[Segment], board: Board, table: int) -> Start | None:
    """Return what the first two words of the image say: stack pointer and reset address (ARMv7-M ARM, B1.5.3)."""
    if board.target.family != "cortex_m":
        return None
    first = next((s for s in segments if s.address <= table and table + 8 <= s.address + len(s.data)), None)
    if first is None:
        raise ImageError(f"{path}: no vector table at 0x{table:08x}")
    stack_top, reset = struct.unpack_from("<II", first.data, table - first.address)
    if not any(ram.origin < stack_top <= ram.end for ram in board.rams):
        raise ImageError(f"{path}: initial stack pointer 0x{stack_top:08x} lies outside the RAM of {board.name}")
    if not reset & 1 or not board.flash.origin <= reset < board.flash.end:
        raise ImageError(f"{path}: reset vector 0x{reset:08x} is not Thumb code in the flash of {board.name}")
    return Start(reset & ~1, stack_top)


def _functions(elf: ELFFile) -> list[tuple[int, str]]:
    """Return the functions of the symbol table; an image without one runs as well."""
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        return []
    functions = (symbol for symbol in table.iter_symbols() if symbol["st_info"]["type"] == "STT_FUNC")
    return sorted({(symbol["st_value"] & ~1, symbol.name) for symbol in functions})
