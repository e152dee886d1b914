"""What the virtual board refuses to do, and how it says so; what it refuses to load."""

import struct

import pytest

from firmware.board import load_board
from firmware.emulator.image import ImageError, read_image
from tests.unit.emulator_programs import assemble, run_assembly, run_c

ZERO, DISCO = load_board("arduino_zero"), load_board("stm32f4_disco")
BOTH = pytest.mark.parametrize("board", [ZERO, DISCO], ids=lambda board: board.name)


def stop_of(board, text, tmp_path):
    """Return what the board said when this assembly stopped it."""
    machine, stop = run_assembly(board, text, tmp_path)
    machine.close()
    return str(stop)


@BOTH
@pytest.mark.parametrize(
    ("instruction", "size"), [("ldr r0, [r1]", 4), ("ldrh r0, [r1]", 2), ("ldrb r0, [r1]", 1)], ids=["4", "2", "1"]
)
def test_read_outside_memory(board, instruction, size, tmp_path):
    said = stop_of(board, f"nop\nldr r1, =0x40099990\n{instruction}\nnop\nbkpt #0", tmp_path)
    pc = board.image_region.origin + 8 + 2 + 2  # both boards' compilers may load the address in 2 or 4 bytes
    assert said.startswith(f"read of {size} bytes at 0x40099990, not modelled")
    assert said.endswith((f"0x{pc:08x} (Reset_Handler+0x4)", f"0x{pc + 2:08x} (Reset_Handler+0x6)"))


@BOTH
def test_first_of_two_bad_accesses_is_named(board, tmp_path):
    said = stop_of(board, "ldr r1, =0x30000000\nstr r0, [r1]\nldr r0, [r1, #4]\nbkpt #0", tmp_path)
    assert said.startswith("write of 4 bytes at 0x30000000, not modelled")


@BOTH
def test_access_past_the_end_of_ram(board, tmp_path):
    end = board.rams[0].end
    assert stop_of(board, f"ldr r1, ={end:#x}\nldr r0, [r1]\nbkpt #0", tmp_path).startswith(
        f"read of 4 bytes at 0x{end:08x}, not modelled"
    )


@BOTH
def test_stack_that_runs_out_of_ram(board, tmp_path):
    said = stop_of(board, "1: push {r0-r7}\nb 1b", tmp_path)
    assert said.startswith("write of 4 bytes at 0x1fff")


@BOTH
@pytest.mark.parametrize("load_first", [False, True])
def test_write_to_flash(board, load_first, tmp_path):
    address = board.image_region.origin + 0x100
    text = f"ldr r1, ={address - 4:#x}\n{'ldr r0, [r1, #4]' if load_first else 'nop'}\nstr r0, [r1, #4]\nbkpt #0"
    assert stop_of(board, text, tmp_path).startswith(f"write to 0x{address:08x}, flash is read-only, at pc")


@BOTH
def test_jump_out_of_memory(board, tmp_path):
    said = stop_of(board, "ldr r1, =0x30000001\nbx r1", tmp_path)
    assert said.startswith("execution outside flash and RAM, at pc 0x30000000")


@BOTH
def test_breakpoint_names_its_function(board, tmp_path):
    said = stop_of(board, "nop\nbkpt #0", tmp_path)
    assert said == f"BKPT executed, at pc 0x{board.image_region.origin + 10:08x} (Reset_Handler+0x2)"


@BOTH
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("udf #0", "undefined instruction"),
        ("svc #0", "SVC executed"),
        ("wfi\nnop", "waits for an interrupt"),
        ("ldr r0, =0xfffffff9\nbx r0", "execution outside flash and RAM"),
    ],
    ids=["udf", "svc", "wfi", "exception return"],
)
def test_exceptions_stop_the_board(board, text, reason, tmp_path):
    assert stop_of(board, text, tmp_path).startswith(reason)


# Machine code, since the assembler would refuse it for an M0+.
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cbz r0, #", ".hword 0xb100"),
        ("it eq", ".hword 0xbf08, 0xbf00"),
        ("sdiv r0, r1, r2", ".hword 0xfb91, 0xf0f2"),
        ("movw r0, #0", ".hword 0xf240, 0x0000"),
        ("smlad r0, r1, r2, r3", ".hword 0xfb21, 0x3002"),
        ("ldr.w r0, [r1]", ".hword 0xf8d1, 0x0000"),
        ("nop.w", ".hword 0xf3af, 0x8000"),
        ("vadd.f32 s0, s0, s0", ".hword 0xee30, 0x0a00"),
    ],
    ids=lambda value: value.split()[0],
)
def test_instruction_of_a_larger_core(name, code, tmp_path):
    said = stop_of(ZERO, f"nop\n{code}\nnop\nbkpt #0", tmp_path)
    assert said.startswith(f"instruction '{name}")
    where = f"at pc 0x{ZERO.image_region.origin + 10:08x} (Reset_Handler+0x2)"
    assert said.endswith(f"is not in the cortex-m0plus instruction table, {where}")


def test_double_precision_is_not_in_an_m4(tmp_path):
    said = stop_of(DISCO, ".hword 0xee30, 0x0b00\nbkpt #0", tmp_path)
    assert said.startswith("instruction 'vadd.f64 d0, d0, d0' is not in the cortex-m4 instruction table")


def test_floating_point_before_it_is_enabled(tmp_path):
    said = stop_of(DISCO, "nop\nvadd.f32 s0, s0, s0\nbkpt #0", tmp_path)
    assert said.startswith("floating-point instruction before CPACR enables the unit, at pc 0x0800000a")


def test_unaligned_access_on_an_m0plus(tmp_path):
    said = stop_of(ZERO, "ldr r1, =0x20000001\nldr r0, [r1]\nbkpt #0", tmp_path)
    assert said.startswith("unaligned access, on which this core faults, at pc 0x0000200a")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (0x4000_4400 + 0x1C, "not modelled"),
        (0x4000_4400, "usart2 SR: the peripheral's clock is off"),
        (0xE000_1004, "dwt CYCCNT: the peripheral's clock is off"),
    ],
    ids=["unknown register", "clock off", "trace off"],
)
def test_register_that_would_not_answer(address, reason, tmp_path):
    said = stop_of(DISCO, f"ldr r1, ={address:#x}\nldr r0, [r1]\nbkpt #0", tmp_path)
    assert said.startswith(f"read of 4 bytes at 0x{address:08x}, {reason}")


def test_register_accessed_with_the_wrong_size(tmp_path):
    said = stop_of(ZERO, "ldr r1, =0x40000824\nldr r0, [r1]\nbkpt #0", tmp_path)
    assert said.startswith("read of 4 bytes at 0x40000824, sysctrl DFLLCTRL has 2 bytes at offset 0x24")


@BOTH
def test_return_from_main_is_a_breakpoint_in_start_up_code(board, tmp_path):
    machine, stop = run_c(board, "int main(void);\nint main(void) { return 0; }", tmp_path)
    machine.close()
    assert "BKPT executed" in str(stop) and "(Default_Handler+" in str(stop)


@pytest.fixture(scope="module")
def sound_image(tmp_path_factory):
    """A small sound image for the STM32F4, as bytes."""
    return assemble(DISCO, "nop\nbkpt #0", tmp_path_factory.mktemp("image")).read_bytes()


def refusal(content, board, tmp_path):
    """Return the message with which this file is refused for a board."""
    path = tmp_path / "bad.elf"
    path.write_bytes(content)
    with pytest.raises(ImageError) as error:
        read_image(path, board)
    assert str(path) in str(error.value)
    return str(error.value)


def test_image_that_is_empty_or_not_elf(tmp_path):
    assert "no image was built" in refusal(b"", DISCO, tmp_path)
    assert "not a sound ELF file" in refusal(b"\x00" * 500, DISCO, tmp_path)


def test_image_for_another_machine(sound_image, tmp_path):
    x86 = sound_image[:18] + struct.pack("<H", 62) + sound_image[20:]
    assert "runs EM_ARM images" in refusal(x86, DISCO, tmp_path)


def test_image_for_another_board(sound_image, tmp_path):
    assert "lies outside the memory of arduino_zero" in refusal(sound_image, ZERO, tmp_path)


def test_image_cut_anywhere_never_loads_differently(sound_image, tmp_path):
    """Cut short, an image is refused, or it lost nothing but symbols."""
    path = tmp_path / "cut.elf"
    path.write_bytes(sound_image)
    whole = read_image(path, DISCO).segments
    for length in range(0, len(sound_image), 61):
        path.write_bytes(sound_image[:length])
        try:
            segments = read_image(path, DISCO).segments
        except ImageError:
            continue
        assert segments == whole


@pytest.mark.parametrize(("offset", "value", "reason"), [(0, 0x1000, "initial stack"), (4, 0x08000010, "reset vector")])
def test_image_with_a_bad_vector(sound_image, offset, value, reason, tmp_path):
    start = struct.unpack_from("<II", sound_image, 52 + 4)[0]  # offset of the first program header's segment
    bad = bytearray(sound_image)
    struct.pack_into("<I", bad, start + offset, value)
    assert reason in refusal(bytes(bad), DISCO, tmp_path)


def test_missing_image(tmp_path):
    with pytest.raises(ImageError, match=r"no\.elf: cannot be read"):
        read_image(tmp_path / "no.elf", DISCO)
