"""Every board of config/boards: its own start-up code brings up what its YAML declares."""

import importlib
from dataclasses import replace

import pytest
from elftools.elf.elffile import ELFFile

from firmware.board import Board, load_board, modelled_boards
from firmware.emulator.image import ImageError, read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.program import build_program

BOARDS = modelled_boards()

EMPTY = "int main(void);\nint main(void) { return 0; }"

# Times an empty loop twice; the difference is whole rounds, over several wraps of a 24-bit counter.
ROUNDS = 6_000_000
TIMED = f"""
#include "port.h"
volatile uint32_t result;
static uint32_t timed(uint32_t rounds)
{{
    uint32_t start = port_cycles();
    for (uint32_t round = 0; round < rounds; round++)
        __asm volatile("");
    return port_cycles() - start;
}}
int main(void);
int main(void)
{{
    uint32_t (*volatile call)(uint32_t) = timed;
    uint32_t few = call({ROUNDS}), many = call({2 * ROUNDS});
    result = many - few;
    return 0;
}}
"""


def run(board, program, path):
    """Build and run a program that returns from main; return the stopped board."""
    machine = VirtualBoard(board, read_image(build_program(board, program, path), board))
    with pytest.raises(BoardStopped) as stopped:
        machine.run()
    assert "(Default_Handler+" in str(stopped.value)
    return machine


@pytest.mark.parametrize("name", BOARDS)
def test_registers_say_what_the_board_declares(name, tmp_path):
    board = load_board(name)
    machine = run(board, EMPTY, tmp_path / "program.elf")
    chip = importlib.import_module(f"firmware.chips.{board.chip}.virtual")
    clock_hz, baud, wait_states = chip.speeds(board, machine.bus)
    machine.close()
    assert wait_states == board.flash_wait_states
    assert clock_hz == pytest.approx(board.clock_hz, rel=0.0005)
    assert baud == pytest.approx(board.console.baud, rel=0.02)


@pytest.mark.parametrize("name", BOARDS)
def test_cycle_counter_is_exact_over_long_times(name, tmp_path):
    board, elf = load_board(name), tmp_path / "program.elf"
    machine = run(board, TIMED, elf)
    with elf.open("rb") as file:
        (symbol,) = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name("result")
    cycles = int.from_bytes(machine.engine.mem_read(symbol["st_value"], 4), "little")
    machine.close()
    per_round = round(cycles / ROUNDS)
    assert abs(cycles - per_round * ROUNDS) < 1000  # caches are cold when the program looks at the counter first
    assert 1 <= per_round <= 8


def test_nano_runs_from_its_crystal_on_its_pins(tmp_path):
    machine = run(load_board("arduino_nano_33_ble"), EMPTY, tmp_path / "program.elf")
    assert machine.bus["clock"].from_crystal
    assert machine.bus["p1"].is_output(3) and not machine.bus["p1"].is_output(10)
    machine.close()


def test_pico_boots_by_its_second_stage(tmp_path):
    machine = run(load_board("rpi_pico"), EMPTY, tmp_path / "program.elf")
    assert machine.bus["ssi"].executes_in_place
    assert [machine.bus["io_bank0"].function(pin) for pin in (0, 1, 2)] == [2, 2, None]
    machine.close()


def test_pico_refuses_a_second_stage_with_a_wrong_checksum(tmp_path):
    board = load_board("rpi_pico")
    elf = build_program(board, EMPTY, tmp_path / "program.elf")
    image = read_image(elf, board)
    first = image.segments[0]
    spoilt = replace(first, data=bytes([first.data[0] ^ 1]) + first.data[1:])
    with pytest.raises(ImageError, match=r"second boot stage: expected checksum 0x.* found 0x"):
        VirtualBoard(board, replace(image, segments=[spoilt, *image.segments[1:]]))


def test_esp32c3_leaves_no_watchdog_on(tmp_path):
    machine = run(load_board("esp32c3_devkitm"), EMPTY, tmp_path / "program.elf")
    assert machine.bus["rtc_cntl"].watchdogs_off and machine.bus["timg0"].watchdog_off
    machine.close()


def test_esp32c3_constants_lie_where_data_are_read(tmp_path):
    """Its instruction bus gives no bytes: constants are in flash behind the code, but read at other addresses."""
    board = load_board("esp32c3_devkitm")
    program = """
    static const unsigned char table[5] = {1, 2, 3, 4, 5};
    volatile int index = 3, result;
    int main(void);
    int main(void) { result = table[index] + (int)((unsigned)table >> 24); return 0; }
    """
    machine = run(board, program, tmp_path / "program.elf")
    with (tmp_path / "program.elf").open("rb") as file:
        (symbol,) = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name("result")
    assert int.from_bytes(machine.engine.mem_read(symbol["st_value"], 4), "little") == 4 + 0x3C
    machine.close()


def test_esp32c3_refuses_an_image_that_it_would_not_boot(tmp_path):
    board = load_board("esp32c3_devkitm")
    image = read_image(build_program(board, EMPTY, tmp_path / "program.elf"), board)
    first = image.segments[0]
    spoilt = replace(first, data=b"\xe9" + first.data[1:])
    with pytest.raises(ImageError, match=r"direct boot: expected 0xaedb041d twice, found 0xaedb04e9"):
        VirtualBoard(board, replace(image, segments=[spoilt, *image.segments[1:]]))


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        ("csrr a0, mcycle", "instruction 'csrr a0, mcycle' is not in the rv32imc instruction table"),
        ("csrr a0, 0x7e5", "instruction 'csrr a0, 2021' is not in the rv32imc instruction table"),
        (".word 0x00007053", "instruction 'fadd.s ft0, ft0, ft0' is not in the rv32imc instruction table"),
        (".word 0xffffffff", "undefined instruction"),
        ("ecall", "ECALL executed"),
        ("sw a0, 0(ra)", "write to 0x42000"),
        ("li a0, 0x40000000\\n\\tlw a1, 0(a0)", "read of 4 bytes at 0x40000000, not modelled"),
    ],
    ids=["mcycle", "csr", "float", "undefined", "ecall", "flash", "bus"],
)
def test_esp32c3_refuses_what_the_chip_would(instruction, reason, tmp_path):
    program = f'int main(void);\nint main(void) {{ __asm volatile("{instruction}"); return 0; }}'
    board = load_board("esp32c3_devkitm")
    machine = VirtualBoard(board, read_image(build_program(board, program, tmp_path / "program.elf"), board))
    with pytest.raises(BoardStopped) as stopped:
        machine.run()
    machine.close()
    assert str(stopped.value).startswith(reason)
    assert "(main+" in str(stopped.value)


@pytest.mark.parametrize("change", [{"view_of": "sram"}, {"view_of": "nothing"}, {"size_bytes": 4096}])
def test_a_view_shows_a_region_of_its_kind_and_size(change):
    content = load_board("esp32c3_devkitm").model_dump()
    content["memory"][1] |= change
    with pytest.raises(ValueError, match="region 'drom' is no view of"):
        Board.model_validate(content)
