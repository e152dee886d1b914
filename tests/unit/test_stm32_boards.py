"""What the start-up code of the STM32 boards does beyond what every board does."""

import pytest

from firmware.board import load_board, modelled_boards
from firmware.toolchain import CompilerError
from tests.unit.emulator_programs import run_c

BOARDS = [load_board(name) for name in modelled_boards()]
STM32 = [board for board in BOARDS if board.chip.startswith("stm32")]
CORTEX_M7 = [board for board in STM32 if board.core == "cortex-m7"]


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
