"""Signs an image for a slot, with imgtool as it is: MCUboot's format, with the records that our bootloader wants."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from firmware.board import SLOT_HEADER_BYTES, Board
from firmware.formats import flash_content
from scripts.deployment.keys import KeyProblem, check_key, imgtool

BOARD_RECORD, MODEL_RECORD = "0xa0", "0xa1"
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,5})(\+\d{1,9})?")


@dataclass(frozen=True)
class Release:
    """What is signed beside the contents: semantic version, security counter, hash of the model (8 bytes)."""

    version: str
    security_counter: int
    model_hash: bytes

    def __post_init__(self):
        match = _VERSION.fullmatch(self.version)
        if not match or int(match[1]) > 255 or int(match[2]) > 255 or int(match[3]) > 65535:
            raise KeyProblem(f"version {self.version!r}: expected a semantic version such as 1.2.3 or 1.2.3+4")
        if not 0 <= self.security_counter < 2**31:
            raise KeyProblem(f"security counter {self.security_counter}: expected 0 to {2**31 - 1}")


def sign(elf: Path, board: Board, slot: int, release: Release, key: Path, confirmed: bool = False) -> bytes:
    """Return the signed form of `elf`, which was linked for `board.for_slot(slot)`; raises KeyProblem.

    A `confirmed` one fills the whole slot, for the first image that is flashed with the bootloader.
    """
    _, content = flash_content(elf, board.for_slot(slot))
    with tempfile.TemporaryDirectory(prefix="boardwalk-sign-") as folder:
        plain, signed = Path(folder) / "plain.bin", Path(folder) / "signed.bin"
        plain.write_bytes(content + b"\xff" * (-len(content) % 8))
        imgtool(
            *("sign", "--key", check_key(key), "--header-size", SLOT_HEADER_BYTES, "--pad-header"),
            *("--slot-size", board.slots.size_bytes, "--rom-fixed", board.slots.origins[slot]),
            *("--version", release.version, "--security-counter", release.security_counter),
            *("--custom-tlv", BOARD_RECORD, board.name, "--custom-tlv", MODEL_RECORD, f"0x{release.model_hash.hex()}"),
            *(["--confirm"] if confirmed else []),
            *(plain, signed),
        )
        return signed.read_bytes()
