"""The checksum of the RP2040's second boot stage, which its boot ROM demands: RP2040 datasheet section 2.8.1.3.1.

The first 256 bytes of flash are the section .boot2 of an image: 252 bytes of code and their CRC-32 (polynomial
0x04C11DB7, start 0xFFFFFFFF, most significant bit first, not inverted), least significant byte first.
"""

import struct
from pathlib import Path

from elftools.elf.elffile import ELFFile

SIZE_BYTES = 256
SECTION = ".boot2"


def checksum(code: bytes) -> int:
    """Return the CRC of the stage's code."""
    crc = 0xFFFF_FFFF
    for byte in code:
        crc ^= byte << 24
        for _ in range(8):
            crc = crc << 1 ^ (0x04C1_1DB7 if crc & 1 << 31 else 0)
        crc &= 0xFFFF_FFFF
    return crc


def seal(image: Path) -> None:
    """Write the checksum into the ELF `image` if it has a second stage; raises ValueError if that is too long."""
    with image.open("r+b") as file:
        section = ELFFile(file).get_section_by_name(SECTION)
        if section is None:
            return
        content = section.data()
        if len(content) != SIZE_BYTES or any(content[-4:]):
            raise ValueError(f"{SECTION}: expected up to {SIZE_BYTES - 4} bytes of code, padded to {SIZE_BYTES}")
        file.seek(section["sh_offset"] + SIZE_BYTES - 4)
        file.write(struct.pack("<I", checksum(content[:-4])))
