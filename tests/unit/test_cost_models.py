"""What neighbours do to each other in the cost models, against sequences counted by hand from the rules cited there."""

import capstone
import pytest
from elftools.elf.elffile import ELFFile

from firmware.board import load_board
from firmware.core import CORES
from firmware.emulator.cost import cost_model
from firmware.toolchain import compile_object
from tests.unit.emulator_programs import ideal, run_assembly

DISCO = ideal(load_board("stm32f4_disco"))
U5, F7 = ideal(load_board("nucleo_u575zi_q")), ideal(load_board("stm32f746g_disco"))


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
        ("ldr r0, [sp, #-4]\nadd r3, r0, r5", 2),
        ("ldrb r0, [sp, #-4]\nadd r3, r0, r5", 3),
        ("ldr r0, [sp, #-4]\nmul r3, r0, r5", 3),
        ("ldr r0, [sp, #-4]\nmla r3, r4, r5, r0", 2),
        ("ldr r0, [sp, #-4]\nadd r3, r4, r0, lsl #2", 3),
        ("ldr r0, [sp, #-4]\nldr r1, [sp, #-8]", 1),
        ("ldr r0, [sp, #-4]\nldr r1, [sp, #-12]", 2),
        ("ldr r0, [sp, #-4]\nstr r0, [sp, #-8]", 1),
        ("mul r0, r1, r2\nstr r3, [sp, #-4]", 2),
        ("mla r0, r1, r2, r0\nmla r0, r3, r4, r0", 2),
        ("mul r0, r1, r2\nadd r3, r0, r5", 3),
        ("uxtb r0, r1\nadd r3, r4, r5", 1),
        ("add r3, r4, r5\nuxtb r0, r1", 2),
        ("add r0, r1, r2, lsl #2\nadd r3, r4, r5, lsl #2", 2),
        ("uxtb r0, r1\nadd r3, r4, r5, lsl #2", 1),
        ("uxtab r0, r1, r2\nadd r3, r4, r5, lsl #2", 2),
        ("movw r0, #1\nmovt r0, #2", 1),
        ("ldr r0, [sp, #-4]\nadd r3, r4, r5\nadd r6, r4, r5\nadd r7, r0, r5", 2),
        ("ldr r0, [sp, #-4]\nadd r3, r4, r5\nadd r6, r4, r5\nadd r7, r4, r5\nadd r3, r0, r5", 3),
        ("str r0, [sp, #-4]\nstr r1, [sp, #-8]", 2),
        ("mul r0, r1, r2\nmla r3, r4, r5, r6", 2),
        ("mul r0, r1, r2\nadd r3, r4, r5", 1),
        ("push {r0-r5}", 3),
        ("sdiv r0, r1, r2", 7),
    ],
)
def test_cortex_m7_pairs_neighbours(text, expected, tmp_path):
    """As measured on an STM32H743."""
    assert cycles(F7, f"{text}\nbkpt #0", tmp_path) == expected


def alone(text, tmp_path):
    """Return the cycles of assembly for the Cortex-M4 in a block of its own, with r5 to r7 pointing to RAM."""
    setup = """
        sub sp, #64
        mov r5, sp
        mov r6, sp
        mov r7, sp
        movs r3, #4
        str r5, [r5]
        ldr r0, =0xe000ed88
        mov r1, #0xf00000
        str r1, [r0]
        b 1f
        .balign 8
        nop
        nop
        nop
        nop
        1:
    """
    whole, without = (cycles(DISCO, f"{setup}{body}\nbkpt #0", tmp_path) for body in (text, ""))
    return whole - without


# Loads and stores: TRM 3.3.3 and jnk0le's measurements; the code begins at a multiple of 8.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ldr r0, [r5]\nldr r1, [r6]", 3),
        ("ldr r0, [r5]\nldr r1, [r6]\nldr r2, [r7]", 4),
        ("ldr r0, [r5]\nldr r1, [r0]", 4),
        ("ldr.w r0, [r5], #4\nldr.w r1, [r5]", 4),
        ("ldr.w r0, [r5], #4\nldr.w r1, [r6]", 3),
        ("ldr r0, [r5]\nstr r0, [r6]", 2),
        ("ldr r0, [r5]\nstr r0, [r6, r3]", 3),
        ("str r0, [r5]\nstr r1, [r6]", 2),
        ("str r0, [r5]\nldr r1, [r6]", 4),
        ("ldr r0, [r5]\nstr r0, [r6]\nldr r1, [r7]\nstr r1, [r6]", 5),
        ("adds r5, #4\nldr r0, [r5]", 4),
        ("adds r5, #4\nstr r0, [r5]", 3),
        ("adds r5, #4\nstr r5, [r6]", 2),
        ("adds r5, #4\nnop\nldr r0, [r5]", 4),
        ("ldm r5!, {r0-r3}\nldr r6, [r7]", 7),
        ("ldr r0, [r5]\nldm r7!, {r1-r2}", 5),
        ("ldrd r0, r1, [r5]\nldr r2, [r6]", 5),
        ("vldr s0, [r5]\nvldr s1, [r5, #4]\nvldr s2, [r5, #8]", 4),
    ],
)
def test_cortex_m4_overlaps_loads_and_stores(text, expected, tmp_path):
    assert alone(text, tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vadd.f32 s0, s1, s2\nvadd.f32 s3, s4, s5", 2),
        ("vadd.f32 s0, s1, s2\nvadd.f32 s3, s0, s5", 3),
        ("vadd.f32 s0, s1, s2\nvstr s0, [r5]", 4),
        ("vmla.f32 s0, s1, s2\nvmla.f32 s0, s4, s5", 6),
        ("vmul.f32 s0, s1, s2\nvfma.f32 s0, s4, s5", 4),
        ("vmul.f32 s0, s1, s2\nvfma.f32 s3, s0, s5", 5),
        ("vdiv.f32 s0, s1, s2", 14),
        ("vdiv.f32 s0, s1, s2\nadds r1, #1\nadds r2, #1", 14),
        ("vdiv.f32 s0, s1, s2\nadds r1, #1\nvadd.f32 s3, s4, s5", 15),
        ("vdiv.f32 s0, s1, s2\n" + "adds r1, #1\n" * 20, 21),
    ],
)
def test_cortex_m4_floating_point_results_come_late(text, expected, tmp_path):
    assert alone(text, tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("add.w r0, r1, r2\n" * 2, 2),
        ("add.w r0, r1, r2\n" * 3, 3),
        ("nop\n" + "add.w r0, r1, r2\n" * 2, 3),
        ("nop\n" + "add.w r0, r1, r2\n" * 3, 5),
        ("nop\n" + "add.w r0, r1, r2\n" * 9, 11),
        ("nop\n" + "str r0, [sp, #-4]\n" * 3, 4),
        ("nop\n" + "str r0, [sp, #-4]\n" * 4, 6),
        (("nop\n" + "add.w r0, r1, r2\n" * 2 + "nop\n") * 2, 8),
        ("b 1f\nnop\nnop\n1: add.w r0, r1, r2", 4),
        ("b 1f\nnop\n1: add.w r0, r1, r2", 3),
        ("b 1f\nnop\nnop\n1: nop", 3),
    ],
)
def test_cortex_m4_fetches_words(text, expected, tmp_path):
    """32-bit instructions that lie across words wait for the second: as targets, and as the third in a row."""
    assert cycles(DISCO, f".balign 8\n{text}\nbkpt #0", tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ldr r0, [sp, #-4]\nadd r3, r4, r5", 2),
        ("ldr r0, [sp, #-4]\nadd r3, r0, r5", 3),
        ("ldr r0, [sp, #-4]\nmla r3, r4, r5, r0", 2),
        ("ldr r0, [sp, #-4]\nstr r0, [sp, #-8]", 2),
        ("str r0, [sp, #-4]\nldr r1, [sp, #-8]", 2),
        ("mla r0, r1, r2, r0\nmla r0, r3, r4, r0", 2),
        ("mla r0, r1, r2, r0\nadd r3, r0, r5", 3),
        ("muls r0, r1, r0", 2),
        ("mul r3, r1, r0", 1),
        ("add.w r0, r1, r2, lsl #3\nadd r3, r0, r5", 3),
        ("add.w r0, r1, r2\nadd r3, r0, r5", 2),
        ("adds r0, r0, #0x1fc0", 2),
        ("push {r0-r5}", 6),
        ("ldm sp, {r0-r2}\nadd r3, r0, r5", 4),
        ("ldm sp, {r0-r2}\nadd r3, r2, r5", 5),
        ("ldrd r0, r1, [sp, #-8]", 2),
        ("adds r0, #1\nnop", 1),
        ("movs r0, #2\n1: subs r0, #1\nbne 1b", 1 + 3 + 1),
        ("movs r0, #2\n1: subs r0, #1\nmov r1, r2\nbne 1b", 1 + 3 + 2),
        ("movs r0, #2\n1: subs r0, #1\nadd.w r1, r1, r2\nbne 1b", 1 + 4 + 3),
    ],
)
def test_cortex_m33_issues_what_is_ready(text, expected, tmp_path):
    """As measured on an RP2350; NOP and branches can be the second of two 16-bit instructions."""
    assert cycles(U5, f"{text}\nmov.w r8, r8\nbkpt #0", tmp_path) == expected + 1


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


ADD, LOAD, USE = 0x00128293, 0x00032283, 0x005283B3  # addi x5, x5, 1; lw x5, 0(x6); add x7, x5, x5
JUMP, BRANCH, RETURN, MULTIPLY, DIVIDE = 0x0080006F, 0xFE629EE3, 0x00008067, 0x026283B3, 0x0262C3B3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([ADD, ADD], (2, 0)),
        ([LOAD, ADD], (3, 0)),
        ([LOAD, USE], (3, 0)),
        ([LOAD, MULTIPLY & ~(0x1F << 15), USE], (3, 0)),
        ([MULTIPLY], (1, 0)),
        ([DIVIDE], (33, 0)),
        ([JUMP], (2, 0)),
        ([RETURN], (3, 0)),
        ([ADD, BRANCH], (2, 2)),
    ],
)
def test_esp32_c3_waits_for_loaded_values_and_branches(words, expected):
    decoder = capstone.Cs(capstone.CS_ARCH_RISCV, capstone.CS_MODE_RISCV32 | capstone.CS_MODE_RISCVC)
    decoder.detail = True
    code = b"".join(word.to_bytes(4, "little") for word in words)
    cost = cost_model("rv32imc").block(list(decoder.disasm(code, 0x42000000)))
    assert (cost.cycles, cost.taken_cycles) == expected
