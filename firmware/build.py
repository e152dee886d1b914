"""Builds an image: generated model, kernels, harness and chip code, linked for a board's real memories.

An image that does not fit is a result with exact numbers, not an error: the linker first places everything in memories
without end, the sizes are compared with the board, and only what fits is linked for good.
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from elftools.elf.elffile import ELFFile

from firmware import boot2, toolchain
from firmware.board import CHIPS_FOLDER, Board, Region, header
from firmware.compiler.emit import emit_header, emit_source
from firmware.compiler.model import CompiledModel
from firmware.core import KERNELS, Core
from firmware.linker import linker_script

_FOLDER = Path(__file__).parent
HARNESS = _FOLDER / "harness"

_ENDLESS_BYTES = 1 << 27
# What a source includes that has to be compiled for each model.
_MODEL = re.compile(r'#include "(model|cell|inference)\.h"')
# How many symbols of each memory a record keeps, and where they lie.
_LARGEST = 8
_SECTIONS = {
    **dict.fromkeys((".text", ".rodata", ".weights"), "flash"),
    **dict.fromkeys((".data", ".bss", ".inputs", ".arena"), "ram"),
}


@dataclass(frozen=True)
class Symbol:
    """A function or variable of an image, in the memory where it counts."""

    name: str
    memory: Literal["flash", "ram"]
    size_bytes: int


@dataclass(frozen=True)
class ImageSizes:
    """Bytes of an image. `data` counts in flash (its initial values) and in RAM. `largest` has the largest first."""

    code: int
    weights: int
    data: int
    bss: int
    inputs: int
    arena: int
    stack: int
    largest: tuple[Symbol, ...] = ()

    @property
    def flash(self) -> int:
        """Bytes of flash that the image fills."""
        return self.code + self.weights + self.data

    @property
    def static(self) -> int:
        """Bytes of RAM for variables, the input buffer among them."""
        return self.data + self.bss + self.inputs

    @property
    def ram(self) -> int:
        """Bytes of RAM with arena and reserved stack."""
        return self.static + self.arena + self.stack


@dataclass(frozen=True)
class Layout:
    """In which RAM the arena and the model's inputs lie."""

    arena: Region
    inputs: Region


def kib(size_bytes: int) -> str:
    """Return a size for people: "41.2 KiB"."""
    return f"{size_bytes / 1024:.1f} KiB"


def compile_kernels(core: Core, library: Path) -> None:
    """Compile the portable kernels and those of the core's instruction set into a static library."""
    with tempfile.TemporaryDirectory(prefix="boardwalk-kernels-") as folder:
        objects = []
        for name, level in (("portable", "-Os"), *((folder, "-O2") for folder in core.kernels)):
            if sources := sorted((KERNELS / name).glob("*.c")):
                objects.append(Path(folder) / f"{name}.o")
                toolchain.compile_object(sources, objects[-1], core, level, [KERNELS, KERNELS / "portable"])
        toolchain.archive(objects, library, core)


def build_image(
    board: Board, model: CompiledModel, kernels: Path, image: Path, name: str
) -> tuple[ImageSizes, str | None]:
    """Write the ELF `image` and return (sizes, None), or (sizes, reason) if the board is too small for it.

    `name` is what the image calls the model: MLPerf Tiny's runner knows its models by it, such as "kws01".
    """
    files = {"model.h": emit_header(model, "model"), "model.c": emit_source(model, "model")}
    return link_model(board, files, kernels, image, name)


def link_model(
    board: Board, files: dict[str, str], kernels: Path, image: Path, name: str
) -> tuple[ImageSizes, str | None]:
    """Do what `build_image` does for a model in C: `files` by name, of which model.c is compiled."""
    with tempfile.TemporaryDirectory(prefix="boardwalk-build-") as folder:
        build = Path(folder)
        headers = {file: content for file, content in files.items() if file.endswith(".h")}
        for file in files.keys() - headers:
            (build / file).write_text(files[file])
        cell = toolchain.header_folder({**headers, "cell.h": f'#define CELL_MODEL "{name}"\n'})
        includes = [cell, board_folder(board), HARNESS, KERNELS, _FOLDER]
        objects = [build / "model.o", build / "harness.o", build / "board.o", kernels]
        toolchain.compile_object([build / "model.c"], objects[0], board.target, "-Os", includes)
        sources = [*sorted(HARNESS.glob("*.c")), *chip_sources(board), *update_sources(board)]
        updates = ["-DUPDATES"] if update_sources(board) else []
        of_model = [source for source in sources if _MODEL.search(source.read_text())]
        of_board = [source for source in sources if source not in of_model]
        toolchain.compile_object(of_model, objects[1], board.target, "-Os", includes, updates)
        # Without the cell's headers, so that the compiler finds them in its cache for the next image of the board.
        toolchain.compile_object(of_board, objects[2], board.target, "-Os", includes[1:], updates)

        endless = _without_limits(board)
        sizes = image_sizes(_link(endless, Layout(endless.rams[0], endless.rams[0]), objects, build / "endless.elf"))
        layout, reason = place(board, sizes)
        if layout is not None:
            _link(board, layout, objects, build / "image.elf")
            image.write_bytes((build / "image.elf").read_bytes())  # unlike the linker, this says that a disk is full
        return sizes, reason


def board_folder(board: Board) -> Path:
    """Return the folder with a board's board.h."""
    return toolchain.header_folder({"board.h": header(board)})


def chip_sources(board: Board) -> list[Path]:
    """Return the C files of the board's chip and of its processor family."""
    return [*sorted((CHIPS_FOLDER / board.target.family).glob("*.c")), *sorted((CHIPS_FOLDER / board.chip).glob("*.c"))]


def update_sources(board: Board) -> list[Path]:
    """Return the C files that let an image in a slot be replaced by another; none for a board as a whole."""
    shared = [_FOLDER / "bootloader" / name for name in ("image.c", "sha256.c")]
    return [*shared, *sorted((_FOLDER / "update").glob("*.c"))] if board.is_part else []


def place(board: Board, sizes: ImageSizes) -> tuple[Layout | None, str | None]:
    """Return (where arena and inputs lie, None), or (None, what is short).

    The first RAM is the fastest, and has the other variables: if only one of the two fits there too, the arena does.
    """
    short = []
    if sizes.flash > board.image_region.size_bytes:
        short.append(f"{kib(sizes.flash)} flash, board has {kib(board.image_region.size_bytes)}")
    capacity = sum(region.size_bytes for region in board.rams)
    if sizes.ram > capacity:
        short.append(f"{kib(sizes.ram)} RAM, board has {kib(capacity)}")
    if short:
        return None, "needs " + "; ".join(short)
    for layout in (Layout(arena, inputs) for arena in board.rams for inputs in board.rams):
        if all(_filled(board, sizes, layout, region) <= region.size_bytes for region in board.rams):
            return layout, None
    regions = " and ".join(f"{kib(region.size_bytes)} ({region.name})" for region in board.rams)
    return None, f"needs {kib(sizes.arena)} RAM in one piece for the arena, board has {regions}"


def _filled(board: Board, sizes: ImageSizes, layout: Layout, region: Region) -> int:
    """Return the bytes that the image takes of a RAM."""
    others = sizes.data + sizes.bss + sizes.stack if region is board.rams[0] else 0
    return others + sizes.arena * (region is layout.arena) + sizes.inputs * (region is layout.inputs)


def image_sizes(image: Path) -> ImageSizes:
    """Return the section sizes of a linked ELF."""
    with image.open("rb") as file:
        elf = ELFFile(file)
        sizes = {section.name: section["sh_size"] for section in elf.iter_sections()}
        largest = tuple(symbol for memory in ("flash", "ram") for symbol in _largest(elf, memory))
    names = ("weights", "data", "bss", "inputs", "arena", "stack")
    return ImageSizes(
        code=sizes.get(".text", 0) + sizes.get(".rodata", 0),
        **{name: sizes.get(f".{name}", 0) for name in names},
        largest=largest,
    )


def _largest(elf: ELFFile, memory: str) -> list[Symbol]:
    """Return the largest symbols in one memory."""
    names = [section.name for section in elf.iter_sections()]
    found = set()
    for symbol in elf.get_section_by_name(".symtab").iter_symbols():
        index = symbol["st_shndx"]
        if symbol["st_size"] and isinstance(index, int) and _SECTIONS.get(names[index]) == memory:
            found.add(Symbol(symbol.name, memory, symbol["st_size"]))
    return sorted(found, key=lambda symbol: (-symbol.size_bytes, symbol.name))[:_LARGEST]


def _without_limits(board: Board) -> Board:
    memory = [
        region.model_copy(update={"origin": index * _ENDLESS_BYTES, "size_bytes": _ENDLESS_BYTES})
        for index, region in enumerate(board.memory)
    ]
    return board.model_copy(update={"memory": memory})


def _link(board: Board, layout: Layout, objects: list[Path], image: Path) -> Path:
    script = objects[0].parent / f"{image.stem}.ld"
    script.write_text(linker_script(board, layout.arena, inputs=layout.inputs))
    toolchain.link(objects, image, board.target, script)
    boot2.seal(image)
    return image
