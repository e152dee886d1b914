"""Images in the forms that flash tools take hold exactly the bytes of flash, as independent readers find them."""

import shutil
import struct
import subprocess

import pytest

from firmware import boot2
from firmware.board import load_board, modelled_boards
from firmware.emulator.program import build_program
from firmware.formats import FormatError, flash_content, write_image

BOARDS = modelled_boards()
FORMATS = [(name, kind) for name in BOARDS for kind in load_board(name).formats]
PROGRAM = """
#include <stdint.h>
volatile uint32_t table[300] = {1, 2, 3};
int main(void);
int main(void) { return (int)table[1]; }
"""


@pytest.fixture(scope="module")
def elf(tmp_path_factory):
    """Return a function that builds the program for a board, once."""
    folder, built = tmp_path_factory.mktemp("images"), {}

    def build(name):
        if name not in built:
            built[name] = build_program(load_board(name), PROGRAM, folder / f"{name}.elf")
        return built[name]

    return build


def read_bin(path, start):
    return dict(enumerate(path.read_bytes(), start))


def read_hex(path, _):
    """Read Intel HEX; every checksum must be right and the end must come last."""
    found, upper, ended = {}, 0, False
    for line in path.read_text("ascii").splitlines():
        assert line[0] == ":" and not ended
        record = bytes.fromhex(line[1:])
        assert sum(record) % 256 == 0 and record[0] == len(record) - 5
        address, kind, data = int.from_bytes(record[1:3], "big"), record[3], record[4:-1]
        if kind == 0:
            assert address + len(data) <= 0x1_0000
            found.update(enumerate(data, upper + address))
        elif kind in (2, 4):
            upper = int.from_bytes(data, "big") << (4 if kind == 2 else 16)
        else:
            assert kind == 1
            ended = True
    assert ended
    return found


def read_uf2(path, _):
    """Read UF2 blocks; all must be whole pages of the RP2040's family, numbered without gaps."""
    content = path.read_bytes()
    count, rest = divmod(len(content), 512)
    assert rest == 0
    found = {}
    for number in range(count):
        block = content[512 * number : 512 * (number + 1)]
        first, second, flags, address, size, index, total, family = struct.unpack_from("<8I", block)
        assert (block[:4], second, block[508:]) == (b"UF2\n", 0x9E5D5157, struct.pack("<I", 0x0AB16F30)), first
        assert (flags, size, index, total, family) == (0x2000, 256, number, count, 0xE48BFF56)
        assert address % 256 == 0 and not any(block[32 + 256 : 508])
        found.update(enumerate(block[32 : 32 + 256], address))
    return found


READERS = {"bin": read_bin, "hex": read_hex, "uf2": read_uf2}


@pytest.mark.parametrize(("name", "kind"), FORMATS)
def test_file_holds_the_flash(name, kind, elf, tmp_path):
    start, content = flash_content(elf(name), load_board(name))
    path = tmp_path / f"firmware.{kind}"
    write_image(elf(name), load_board(name), path)
    found = READERS[kind](path, start)
    assert bytes(found[address] for address in range(start, start + len(content))) == content
    assert all(found[address] == 0xFF for address in found if not start <= address < start + len(content))
    assert struct.pack("<3I", 1, 2, 3) in content


@pytest.mark.parametrize(("kind", "option"), [("bin", "binary"), ("hex", "ihex")])
@pytest.mark.parametrize("name", BOARDS)
def test_objcopy_finds_the_same_bytes(name, kind, option, elf, tmp_path):
    tool = shutil.which("llvm-objcopy") or shutil.which("arm-none-eabi-objcopy")
    if tool is None:
        pytest.skip("no objcopy installed")
    theirs, ours, board = tmp_path / f"theirs.{kind}", tmp_path / f"ours.{kind}", load_board(name)
    subprocess.run([tool, "-O", option, elf(name), theirs], check=True)
    write_image(elf(name), board.model_copy(update={"formats": [kind]}), ours)
    start, content = flash_content(elf(name), board)
    expected = READERS[kind](theirs, start)
    found = READERS[kind](ours, start)
    assert found == {address: expected.get(address, 0xFF) for address in range(start, start + len(content))}


def test_second_boot_stage_has_the_checksum_its_rom_wants(elf):
    start, content = flash_content(elf("rpi_pico"), load_board("rpi_pico"))
    assert start == 0x1000_0000
    assert boot2.checksum(b"123456789") == 0x0376E6E7  # the published check value of CRC-32/MPEG-2
    assert struct.unpack_from("<I", content, 252)[0] == boot2.checksum(content[:252])


def test_format_that_the_board_has_not(elf, tmp_path):
    with pytest.raises(FormatError, match=r"stm32f4_disco has no format 'uf2'"):
        write_image(elf("stm32f4_disco"), load_board("stm32f4_disco"), tmp_path / "firmware.uf2")
    assert not (tmp_path / "firmware.uf2").exists()


def test_chip_without_a_uf2_family(elf, tmp_path):
    board = load_board("stm32f4_disco").model_copy(update={"formats": ["uf2"], "chip": "stm32f9"})
    with pytest.raises(FormatError, match="chip stm32f9 has no UF2 family id"):
        write_image(elf("stm32f4_disco"), board, tmp_path / "firmware.uf2")


def test_image_of_another_board(elf, tmp_path):
    with pytest.raises(FormatError, match=r"expected contents from 0x08000000.* got 0x00002000"):
        write_image(elf("arduino_zero"), load_board("stm32f4_disco"), tmp_path / "firmware.bin")


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"no image"])
def test_file_that_is_no_image(content, tmp_path):
    (tmp_path / "firmware.elf").write_bytes(content)
    with pytest.raises(FormatError, match="not an image"):
        write_image(tmp_path / "firmware.elf", load_board("rpi_pico"), tmp_path / "firmware.uf2")
