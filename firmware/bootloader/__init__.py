"""Builds a board's bootloader, with the public keys that it trusts."""

import tempfile
from pathlib import Path

from firmware import libsodium, toolchain
from firmware.board import Board
from firmware.build import HARNESS, ImageSizes, board_folder, chip_sources, image_sizes, kib
from firmware.linker import linker_script

FOLDER = Path(__file__).parent
LIMIT_BYTES = 24 * 1024
# The check of a signature takes 3 KB.
_STACK_BYTES = 4096
# As libsodium's own build has them, and nothing of what it offers beside.
_DEFINES = ["-DCONFIGURED=1", "-DNATIVE_LITTLE_ENDIAN=1", "-DSODIUM_STATIC=1"]
# Why an image is not started: enum refusal of image.h.
REFUSALS = (
    "accepted",
    "no image",
    "unknown form",
    "made for another slot",
    "impossible size",
    "wrong records",
    "made for another board",
    "security counter too old",
    "wrong hash",
    "unknown key",
    "wrong signature",
)


class BootloaderError(ValueError):
    """A bootloader that cannot be built; the text says why."""


def build_bootloader(board: Board, keys: list[bytes], image: Path) -> ImageSizes:
    """Write the ELF `image` of a bootloader that trusts `keys` (32 bytes each); return its sizes.

    Raises BootloaderError for a board without slots, for keys that are none, and if it grew beyond LIMIT_BYTES.
    """
    if board.slots is None:
        raise BootloaderError(f"{board.name}: no slots: in its YAML, which updates need")
    if not keys or any(len(key) != 32 for key in keys):
        raise BootloaderError(f"{board.name}: expected public keys of 32 bytes, got {[len(key) for key in keys]}")
    part, sodium = board.for_bootloader(), libsodium.fetch()
    with tempfile.TemporaryDirectory(prefix="boardwalk-bootloader-") as folder:
        build = Path(folder)
        script = build / "bootloader.ld"
        script.write_text(linker_script(part, part.rams[0], _STACK_BYTES))
        includes = libsodium.includes(sodium)
        ours, theirs = build / "ours.o", build / "theirs.o"
        own = [*sorted(FOLDER.glob("*.c")), *chip_sources(part)]
        around = [toolchain.header_folder({"keys.h": _keys(keys)}), board_folder(part), HARNESS, FOLDER]
        toolchain.compile_object(own, ours, part.target, "-Os", [*around, *includes], _DEFINES)
        library = [sodium / name for name in libsodium.SOURCES]
        toolchain.compile_object(library, theirs, part.target, "-Os", includes, [*_DEFINES, "-w"])
        toolchain.link([ours, theirs], image, part.target, script)
    sizes = image_sizes(image)
    if sizes.flash > LIMIT_BYTES:
        raise BootloaderError(f"{board.name}: the bootloader has {kib(sizes.flash)}, more than {kib(LIMIT_BYTES)}")
    return sizes


def _keys(keys: list[bytes]) -> str:
    rows = ",\n".join("    {" + ", ".join(f"0x{byte:02x}" for byte in key) + "}" for key in keys)
    return f"static const uint8_t keys[{len(keys)}][32] = {{\n{rows},\n}};\n"
