"""The coarse cost models of Cortex-M33 and Cortex-M7, and that every core with an FPU uses it."""

import pytest
from elftools.elf.elffile import ELFFile

from firmware.board import load_board
from firmware.core import CORES
from firmware.toolchain import compile_object
from tests.unit.emulator_programs import run_assembly

U5, F7 = load_board("nucleo_u575zi_q"), load_board("stm32f746g_disco")


def cycles(board, text, tmp_path):
    """Return the cycles of assembly up to its breakpoint, which itself costs one issue."""
    machine, stop = run_assembly(board, text, tmp_path)
    assert stop.reason.startswith("BKPT"), stop
    counted = machine.counter.cycles
    machine.close()
    return counted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("add r0, r1, r2\nadd r3, r4, r5", 1),
        ("add r0, r1, r2\nadd r3, r0, r5", 2),
        ("add r0, r1, r2\nadd r0, r4, r5", 2),
        ("ldr r0, [sp, #-4]\nadd r3, r4, r5", 1),
        ("ldr r0, [sp, #-4]\nadd r3, r0, r5", 3),
        ("ldr r0, [sp, #-4]\nadd r3, r4, r5\nadd r6, r4, r5\nadd r7, r0, r5", 3),
        ("ldr r0, [sp, #-4]\nadd r3, r4, r5\nadd r6, r4, r5\nadd r7, r4, r5\nadd r3, r0, r5", 3),
        ("str r0, [sp, #-4]\nstr r1, [sp, #-8]", 2),
        ("mul r0, r1, r2\nmla r3, r4, r5, r6", 2),
        ("mul r0, r1, r2\nadd r3, r4, r5", 1),
        ("push {r0-r5}", 3),
        ("sdiv r0, r1, r2", 7),
    ],
)
def test_cortex_m7_pairs_neighbours(text, expected, tmp_path):
    assert cycles(F7, f"{text}\nbkpt #0", tmp_path) == expected


@pytest.mark.parametrize(("text", "expected"), [("nop", 1), ("ldr r0, [sp, #-4]", 2), ("mul r0, r1, r2", 1)])
def test_cortex_m33_costs_what_the_m4_costs(text, expected, tmp_path):
    assert cycles(U5, f"{text}\nbkpt #0", tmp_path) == expected


@pytest.mark.parametrize("board", [U5, F7], ids=["m33", "m7"])
def test_double_precision_is_refused(board, tmp_path):
    machine, stop = run_assembly(board, ".hword 0xee30, 0x0b00\nbkpt #0", tmp_path)
    machine.close()
    assert f"is not in the {board.core} instruction table" in str(stop)


@pytest.mark.parametrize("name", sorted(name for name, core in CORES.items() if core.has_fpu))
def test_float_code_uses_the_floating_point_unit(name, tmp_path):
    source, output = tmp_path / "f.c", tmp_path / "f.o"
    source.write_text("float f(float a, float b);\nfloat f(float a, float b) { return (a + b) * a / b; }\n")
    compile_object([source], output, CORES[name], "-O2", [])
    with output.open("rb") as file:
        symbols = {symbol.name for symbol in ELFFile(file).get_section_by_name(".symtab").iter_symbols()}
    assert not {symbol for symbol in symbols if symbol.startswith("__aeabi_f")}
