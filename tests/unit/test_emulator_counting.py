"""Instruction counts are exact; cycles are the table's, with taken branches charged when taken."""

import pytest
from unicorn import arm_const

from firmware.board import load_board
from tests.unit.emulator_programs import ideal, run_assembly, run_c

ZERO, DISCO = ideal(load_board("arduino_zero")), ideal(load_board("stm32f4_disco"))
BOTH = pytest.mark.parametrize("board", [ZERO, DISCO], ids=lambda board: board.name)


def counts(board, text, tmp_path):
    """Return (instructions, cycles) of assembly up to its breakpoint, which itself does not count."""
    machine, stop = run_assembly(board, text, tmp_path)
    assert stop.reason.startswith("BKPT"), stop
    result = machine.counter.instructions, machine.counter.cycles
    machine.close()
    return result


@BOTH
def test_straight_line(board, tmp_path):
    assert counts(board, "nop\n" * 10 + "bkpt #0", tmp_path) == (10, 10)


@BOTH
@pytest.mark.parametrize("instructions", [511, 512, 513, 5000])
def test_code_longer_than_a_translation_block(board, instructions, tmp_path):
    assert counts(board, "adds r0, #1\n" * instructions + "bkpt #0", tmp_path) == (instructions, instructions)


@BOTH
@pytest.mark.parametrize("rounds", [1, 2, 200])
def test_loop_of_one_block(board, rounds, tmp_path):
    text = f"movs r0, #{rounds}\n1: subs r0, #1\nbne 1b\nbkpt #0"
    assert counts(board, text, tmp_path) == (1 + 2 * rounds, 1 + 2 * rounds + (rounds - 1))


@BOTH
def test_nested_loops(board, tmp_path):
    text = "movs r0, #9\n1: movs r1, #7\n2: subs r1, #1\nbne 2b\nsubs r0, #1\nbne 1b\nbkpt #0"
    instructions = 1 + 9 * (1 + 2 * 7 + 2)
    assert counts(board, text, tmp_path) == (instructions, instructions + 9 * 6 + 8)


@pytest.mark.parametrize(("board", "cycles"), [(ZERO, 3 + 1 + 2), (DISCO, 2 + 1 + 4)], ids=["m0plus", "m4"])
def test_call_and_return(board, cycles, tmp_path):
    text = "bl 1f\nbkpt #0\n1: nop\nbx lr"
    assert counts(board, text, tmp_path) == (3, cycles)


@BOTH
@pytest.mark.parametrize(("value", "expected"), [(0, (5, 6)), (1, (6, 6))], ids=["taken", "not taken"])
def test_conditional_branch(board, value, expected, tmp_path):
    text = f"movs r0, #{value}\ncmp r0, #0\nbeq 1f\nnop\n1: nop\nnop\nbkpt #0"
    assert counts(board, text, tmp_path) == expected


@BOTH
def test_loads_stores_and_lists(board, tmp_path):
    text = "push {r0-r3, lr}\nldr r0, [sp]\nstr r0, [sp, #4]\npop {r0-r3}\nbkpt #0"
    store = 1 if board is DISCO else 2
    assert counts(board, text, tmp_path) == (4, 6 + 2 + store + 5)


@pytest.mark.parametrize(("flags", "cycles"), [("0", 5), ("1", 5)], ids=["executed", "skipped"])
def test_it_block_counts_skipped_instructions(flags, cycles, tmp_path):
    """IT itself is folded onto the 16-bit CMP before it."""
    text = f"movs r0, #{flags}\ncmp r0, #0\nittt eq\naddeq r1, #1\naddeq r1, #1\naddeq r1, #1\nbkpt #0"
    assert counts(DISCO, text, tmp_path) == (6, cycles)


@pytest.mark.parametrize(("value", "expected"), [(0, (5, 7)), (1, (6, 5))], ids=["taken", "not taken"])
def test_conditional_return_in_an_it_block(value, expected, tmp_path):
    text = f"adr.w lr, 1f+1\nmovs r0, #{value}\ncmp r0, #0\nit eq\nbxeq lr\nnop\n1: bkpt #0"
    assert counts(DISCO, text, tmp_path) == expected


@pytest.mark.parametrize("rounds", [1, 30])
def test_code_in_ram_that_changes_is_counted_as_it_is(rounds, tmp_path):
    """Two routines of the same length in bytes, but not in instructions, take turns at one address in RAM."""
    text = f"""
        ldr r7, =0x20008000
        movs r6, #{rounds}
        1: adr.w r0, three
        bl copy
        adr.w r0, two
        bl copy
        subs r6, #1
        bne 1b
        bkpt #0
        copy: ldr r1, [r0]
        ldr r2, [r0, #4]
        str r1, [r7]
        str r2, [r7, #4]
        adds r3, r7, #1
        bx r3
        .balign 4
        three: nop
        nop
        bx lr
        nop
        two: add.w r1, r1, #1
        bx lr
        nop
        .pool
    """
    instructions, _ = counts(DISCO, text, tmp_path)
    assert instructions == 2 + rounds * (2 * 2 + 2 * 6 + 3 + 2 + 2)


@BOTH
def test_cycle_counter_of_the_chip_reads_the_modelled_cycles(board, tmp_path):
    """Two loops that differ by 1000 rounds of three cycles differ by 3000 on the chip's own counter."""
    text = """
    #include "port.h"
    static uint32_t timed(uint32_t rounds)
    {
        uint32_t start = port_cycles();
        __asm volatile("1: subs %0, #1\\n bne 1b" : "+l"(rounds) : : "cc");
        return port_cycles() - start;
    }
    int main(void);
    int main(void)
    {
        uint32_t (*volatile call)(uint32_t) = timed;
        uint32_t few = call(1000), many = call(2000);
        register uint32_t result __asm("r0") = many - few;
        __asm volatile("bkpt #0" : : "r"(result));
        return 0;
    }
    """
    machine, stop = run_c(board, text, tmp_path)
    assert stop.reason.startswith("BKPT"), stop
    assert machine.engine.reg_read(arm_const.UC_ARM_REG_R0) == 3000
    machine.close()


@BOTH
def test_cycle_counter_never_goes_back(board, tmp_path):
    text = """
    #include "port.h"
    int main(void);
    int main(void)
    {
        uint32_t last = port_cycles();
        for (int i = 0; i < 1000; i++) {
            uint32_t now = port_cycles();
            if (now <= last)
                __builtin_trap();
            last = now;
        }
        register uint32_t result __asm("r0") = last;
        __asm volatile("bkpt #0" : : "r"(result));
        return 0;
    }
    """
    machine, stop = run_c(board, text, tmp_path)
    assert stop.reason.startswith("BKPT"), stop
    assert 1000 < machine.engine.reg_read(arm_const.UC_ARM_REG_R0) < machine.counter.cycles
    machine.close()
