"""What the start-up code of the STM32 boards does beyond what every board does; and that a board is one file."""

import os
import re
import subprocess
import sys

import pytest

from firmware.board import board_names, load_board
from firmware.toolchain import CompilerError
from tests.conftest import ROOT, Checkout
from tests.unit.emulator_programs import run_c

BOARDS = [load_board(name) for name in board_names()]
STM32 = [board for board in BOARDS if board.chip.startswith("stm32")]
CORTEX_M7 = [board for board in STM32 if board.core == "cortex-m7"]

# A board of a chip family that is known: nothing but this file.
NUCLEO_G071RB = """
title: ST NUCLEO-G071RB (STM32G071RB, Cortex-M0+)
chip: stm32g0
core: cortex-m0plus
fpu: none
clock_hz: 48000000
flash_wait_states: 1
memory:
  - {name: flash, kind: flash, origin: 0x08000000, size_bytes: 131072}
  - {name: sram, kind: ram, origin: 0x20000000, size_bytes: 36864}
timing: {line_bytes: 8, miss_cycles: {flash: 1}, prefetch: true, instruction: {lines: 2, ways: 2}, source: RM0444}
formats: [bin]
console: {uart: lpuart1, tx: PC1, rx: PC0, baud: 57600}
usb: [{vid: 0x0483, pid: 0x374B}]
flash_command: [pyocd, flash, --target, stm32g071rbtx, "{elf}"]
power: {supply_v: 3.3, active_ma: 5.0, sleep_ua: 4.0, source: "none: this board is a test"}
settings: {interrupts: 32, pll_m: 1, pll_n: 9, pll_r: 3, console_af: 1}
references: ["RM0444"]
"""


def brought_up(board, folder):
    """Return the peripherals after the start-up code has run."""
    machine, stop = run_c(board, "int main(void);\nint main(void) { return 0; }", folder)
    machine.close()
    assert "(Default_Handler+" in str(stop)
    return machine.bus


@pytest.mark.parametrize("board", STM32, ids=lambda board: board.name)
def test_pins_are_routed_and_vectors_are_the_image_s_own(board, tmp_path):
    bus = brought_up(board, tmp_path)
    for pin in (board.console.tx, board.console.rx):
        port, number = board.console.split(pin)
        assert bus[f"gpio{chr(ord('a') + port)}"].function(number) == board.settings["console_af"]
    assert bus["scb"].value["VTOR"] == board.image_region.origin


@pytest.mark.parametrize("board", CORTEX_M7, ids=lambda board: board.name)
def test_both_caches_of_a_cortex_m7_are_on(board, tmp_path):
    assert brought_up(board, tmp_path)["scb"].caches_enabled


def test_instruction_cache_of_the_stm32u5_is_on(tmp_path):
    assert brought_up(load_board("nucleo_u575zi_q"), tmp_path)["icache"].enabled


def test_converter_supplies_the_stm32u5(tmp_path):
    assert brought_up(load_board("nucleo_u575zi_q"), tmp_path)["pwr"].converter_on


def test_port_g_of_the_nucleo_l4r5zi_is_supplied(tmp_path):
    assert brought_up(load_board("nucleo_l4r5zi"), tmp_path)["pwr"].port_g_supplied


@pytest.mark.parametrize("board", [board for board in STM32 if "pll_m" in board.settings], ids=lambda board: board.name)
def test_pll_that_does_not_give_the_clock_is_refused_by_the_compiler(board, tmp_path):
    wrong = board.model_copy(update={"clock_hz": board.clock_hz - 1_000_000})
    with pytest.raises(CompilerError, match="PLL does not give clock_hz"):
        brought_up(wrong, tmp_path)


def test_a_board_of_a_known_chip_is_one_file(tmp_path):
    """In a copy of the checkout, the tests of all boards find one more board, and pass for it."""
    Checkout(ROOT).copy(tmp_path, "config", "firmware", "scripts", "tests", "pyproject.toml")
    (tmp_path / ".cache").symlink_to(ROOT / ".cache")  # what the compiler has built already
    (tmp_path / "config/boards/nucleo_g071rb.yaml").write_text(NUCLEO_G071RB)
    options = ["-p", "no:cacheprovider", "-k", "nucleo_g071rb"]
    files = ["tests/kernels/test_boards.py", "tests/unit/test_emulator_boards.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert passed and int(passed[1]) >= 5, done.stdout
