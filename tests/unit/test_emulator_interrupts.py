"""Exceptions as the architecture has them: entry, return, priorities, masks, sleep; and counting stays exact."""

import subprocess
import sys

import pytest
import serial
from unicorn import arm_const

from firmware.board import load_board
from firmware.emulator.image import read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.program import build_program
from tests.unit.emulator_programs import assemble, ideal, run_assembly, run_c

ZERO, DISCO = ideal(load_board("arduino_zero")), ideal(load_board("stm32f4_disco"))
BOTH = pytest.mark.parametrize("board", [ZERO, DISCO], ids=lambda board: board.name)
ENTRY_CYCLES, EXIT_CYCLES = {"cortex-m0plus": 15, "cortex-m4": 12}, {"cortex-m0plus": 13, "cortex-m4": 10}

# The interrupts of each board's console.
UARTS = {
    "arduino_zero": """
        #define LINE 14
        #define DATA (*(volatile uint16_t *)0x42001C28u)
        #define RECEIVED (*(volatile uint8_t *)0x42001C18u & 4)
        static void receive_on(void) { *(volatile uint8_t *)0x42001C16u = 4; }
        static void send_on(void) { *(volatile uint8_t *)0x42001C16u = 1; }
        static void send_off(void) { *(volatile uint8_t *)0x42001C14u = 1; }
    """,
    "stm32f4_disco": """
        #define LINE 38
        #define DATA (*(volatile uint32_t *)0x40004404u)
        #define RECEIVED (*(volatile uint32_t *)0x40004400u & 0x20)
        #define CR1 (*(volatile uint32_t *)0x4000440Cu)
        static void receive_on(void) { CR1 |= 1u << 5; }
        static void send_on(void) { CR1 |= 1u << 7; }
        static void send_off(void) { CR1 &= ~(1u << 7); }
    """,
}
ECHO = """
#include "port.h"
static uint8_t ring[256];
static volatile uint32_t head, tail;
typedef void (*handler)(void);
static handler table[64] __attribute__((aligned(256)));
static void uart(void)
{
    while (RECEIVED) {
        ring[head++ % 256] = (uint8_t)(DATA + 1);
        send_on();
    }
    if (head == tail)
        send_off();
    else
        DATA = ring[tail++ % 256];
}
int main(void);
int main(void)
{
    table[16 + LINE] = uart;
    *(volatile uint32_t *)0xE000ED08u = (uint32_t)(uintptr_t)table;
    *(volatile uint32_t *)(0xE000E100u + 4 * (LINE / 32)) = 1u << LINE % 32;
    receive_on();
    for (volatile uint32_t i = 0;; i++) {
        WAIT;
    }
}
"""


@BOTH
@pytest.mark.parametrize("wait", ['__asm volatile("wfi")', ""], ids=["asleep", "busy"])
def test_serial_echo_by_interrupts(board, wait, tmp_path):
    source = "#include <stdint.h>\n" + UARTS[board.name] + ECHO.replace("WAIT", wait)
    image = build_program(board, source, tmp_path / "echo.elf")
    command = [sys.executable, "-m", "firmware.emulator", image, "--board", board.name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        with serial.Serial(process.stdout.readline().removeprefix("port: ").strip(), 115200, timeout=20) as port:
            for _ in range(3):
                port.write(bytes(range(100)))
                assert port.read(100) == bytes(range(1, 101))
        process.terminate()


# A table at the address in r7 is used, SysTick runs with the reload value in r6.
START = """
    ldr r0, =0xe000ed08
    str r7, [r0]
    ldr r0, =0xe000e010
    str r6, [r0, #4]
    str r6, [r0, #8]
    movs r1, #7
    str r1, [r0]
"""
TABLE = ".balign 256\ntable: .rept 11\n.word 0\n.endr\n.word {svc}\n.word 0, 0\n.word {pendsv}\n.word {systick}\n"


def table(**handlers):
    """Return a vector table with the named handlers; the others are zero."""
    names = dict.fromkeys(("svc", "pendsv", "systick"), "0") | {k: f"{v}+1" for k, v in handlers.items()}
    return TABLE.format(**names)


def results(board, text, tmp_path, *registers):
    """Run assembly up to its breakpoint; return (instructions, cycles, the values of these registers)."""
    machine, stop = run_assembly(board, text, tmp_path)
    assert stop.reason.startswith("BKPT"), stop
    values = [machine.engine.reg_read(getattr(arm_const, f"UC_ARM_REG_{name}")) for name in registers]
    counts = machine.counter.instructions, machine.counter.cycles
    machine.close()
    return *counts, values


@BOTH
def test_systick_interrupts_are_counted_exactly(board, tmp_path):
    """A loop with interrupts costs what it costs without, plus entry, handler and exit for each."""
    text = f"""
        ldr r7, =table
        ldr r6, =999
        movs r5, #0
        ldr r4, ={{rounds}}
        {START}
        1: subs r4, #1
        bne 1b
        bkpt #0
        .pool
        tick: adds r5, #1
        bx lr
        {table(systick="tick")}
    """
    quiet = results(board, text.replace("movs r1, #7", "movs r1, #5").format(rounds=20000), tmp_path, "R5")
    busy = results(board, text.format(rounds=20000), tmp_path, "R5")
    ticks = busy[2][0]
    handler = 1 + {"cortex-m0plus": 2, "cortex-m4": 4}[board.core]
    assert 50 < ticks == busy[1] // 1000
    assert busy[0] == quiet[0] + 2 * ticks
    assert busy[1] == quiet[1] + ticks * (ENTRY_CYCLES[board.core] + handler + EXIT_CYCLES[board.core])
    assert results(board, text.format(rounds=20000), tmp_path, "R5") == busy


@BOTH
def test_an_interrupt_changes_no_register_and_no_flag(board, tmp_path):
    """Compares, adds with carry and stores on, through thousands of interrupts that spoil all they may."""
    text = f"""
        ldr r7, =table
        movs r6, #150
        {START}
        movs r0, #0
        movs r1, #0
        movs r2, #1
        movs r3, #3
        ldr r4, =3000
        1: adds r0, r3
        cmp r0, r4
        adcs r1, r2
        b 2f
        2: subs r4, #1
        bne 1b
        mov r4, sp
        bkpt #0
        .pool
        tick: movs r0, #99
        movs r1, #98
        movs r2, #97
        movs r3, #96
        cmp r0, #1
        bx lr
        {table(systick="tick")}
    """
    busy = results(board, text, tmp_path, "R0", "R1", "R2", "R3", "R4")
    quiet = results(board, text.replace("movs r1, #7", "movs r1, #5"), tmp_path, "R0", "R1", "R2", "R3", "R4")
    assert busy[0] > quiet[0] + 600
    assert busy[2] == quiet[2]


@BOTH
def test_svc_has_its_frame_and_returns(board, tmp_path):
    text = f"""
        ldr r7, =table
        ldr r0, =0xe000ed08
        str r7, [r0]
        sub sp, #4
        movs r0, #5
        mov r6, sp
        svc #7
        after: mov r5, sp
        bkpt #0
        .pool
        call: mrs r4, ipsr
        mov r3, lr
        adds r3, #7
        ldr r1, [sp, #24]
        ldr r2, =after
        subs r2, r1
        movs r1, #42
        str r1, [sp]
        mov r7, sp
        bx lr
        .pool
        {table(svc="call")}
    """
    _, _, (r0, r4, r5, r6, r7) = results(board, text, tmp_path, "R0", "R4", "R5", "R6", "R7")
    assert (r0, r4) == (42, 11)  # what the handler put into the frame; its exception number
    assert r5 == r6 and r7 == (r6 - 32 & ~7)


@BOTH
def test_a_masked_interrupt_waits_and_wakes_from_sleep(board, tmp_path):
    text = f"""
        ldr r7, =table
        movs r6, #200
        movs r5, #0
        cpsid i
        {START}
        wfi
        mov r4, r5
        ldr r3, [r0]
        cpsie i
        nop
        movs r1, #0
        str r1, [r0]
        bkpt #0
        .pool
        tick: adds r5, #1
        bx lr
        {table(systick="tick")}
    """
    _, cycles, (r3, r4, r5) = results(board, text, tmp_path, "R3", "R4", "R5")
    assert (r3 >> 16 & 1, r4, r5) == (1, 0, 1)
    assert 200 < cycles < 300


# What the handler does at its fifth run, and how the program ends then.
AWAKE, DEAD = "str r0, [r4]", "ldr r1, =0xe000e010\nstr r0, [r1]"


@BOTH
@pytest.mark.parametrize(("last", "end"), [(AWAKE, "BKPT"), (DEAD, "waits for an interrupt")], ids=["awake", "dead"])
def test_sleep_on_exit(board, last, end, tmp_path):
    """Handlers run, and main does not, until one of them clears SLEEPONEXIT or turns off what wakes it."""
    text = f"""
        ldr r7, =table
        ldr r6, =999
        movs r5, #0
        ldr r4, =0xe000ed10
        movs r3, #2
        str r3, [r4]
        {START}
        wfi
        bkpt #0
        .pool
        tick: adds r5, #1
        movs r0, #0
        cmp r5, #5
        bne 1f
        {last}
        1: bx lr
        .pool
        {table(systick="tick")}
    """
    machine, stop = run_assembly(board, text, tmp_path)
    runs, cycles = machine.engine.reg_read(arm_const.UC_ARM_REG_R5), machine.counter.cycles
    machine.close()
    assert stop.reason.startswith(end), stop
    assert runs == 5 and 5000 < cycles < 5200


@BOTH
@pytest.mark.parametrize(("priority", "order"), [("0x40000000", 12), ("0x00400000", 21)], ids=["preempts", "chains"])
def test_priorities(board, priority, order, tmp_path):
    """SVC pends PendSV, which runs within it if it is more urgent, and right after it if not."""
    level = "0xE000ED1C" if order == 12 else "0xE000ED20"
    text = f"""
        ldr r7, =table
        ldr r0, =0xe000ed08
        str r7, [r0]
        ldr r0, ={level}
        ldr r1, ={priority}
        str r1, [r0]
        movs r5, #0
        movs r6, #10
        svc #0
        bkpt #0
        .pool
        call: ldr r0, =0xe000ed04
        ldr r1, =1 << 28
        str r1, [r0]
        dsb
        isb
        muls r5, r6
        adds r5, #2
        bx lr
        pend: muls r5, r6
        adds r5, #1
        bx lr
        .pool
        {table(svc="call", pendsv="pend")}
    """
    assert results(board, text, tmp_path, "R5")[2] == [order]


def test_floating_point_registers_survive(tmp_path):
    text = """
    #include <stdint.h>
    static volatile float noise = 1.5f;
    typedef void (*handler)(void);
    static handler table[64] __attribute__((aligned(256)));
    static void tick(void)
    {
        noise = noise * 1.25f + 0.5f;
        if (noise > 1000.0f)
            noise = 1.0f;
    }
    int main(void);
    int main(void)
    {
        table[15] = tick;
        *(volatile uint32_t *)0xE000ED08u = (uint32_t)(uintptr_t)table;
        float sums[2];
        for (int run = 0; run < 2; run++) {
            *(volatile uint32_t *)0xE000E014u = 500;
            *(volatile uint32_t *)0xE000E010u = run ? 7 : 0;
            float a = 1.0f, b = 0.5f, c = 0.25f;
            for (volatile int i = 0; i < 3000; i++) {
                a = a * 0.999f + b;
                b = b * 0.998f + c;
                c = c * 0.997f + 0.125f;
            }
            sums[run] = a + b + c;
        }
        if (sums[0] != sums[1] || noise == 1.5f)
            __builtin_trap();
        __asm volatile("bkpt #0");
        return 0;
    }
    """
    machine, stop = run_c(DISCO, text, tmp_path)
    machine.close()
    assert stop.reason == "BKPT executed", stop


def test_basic_timer_of_the_stm32(tmp_path):
    """TIM6 at 84 MHz, divided by 84, up to 999: an interrupt each millisecond."""
    text = """
    #include "board.h"
    #include "port.h"
    typedef void (*handler)(void);
    static handler table[128] __attribute__((aligned(512)));
    static volatile uint32_t ticks;
    #define TIM6(offset) (*(volatile uint32_t *)(0x40001000u + (offset)))
    static void tick(void)
    {
        TIM6(0x10) = 0;
        ticks++;
    }
    int main(void);
    int main(void)
    {
        table[16 + 54] = tick;
        *(volatile uint32_t *)0xE000ED08u = (uint32_t)(uintptr_t)table;
        *(volatile uint32_t *)0x40023840u |= 1u << 4;
        *(volatile uint32_t *)0xE000E104u = 1u << (54 - 32);
        TIM6(0x28) = 83;
        TIM6(0x2C) = 999;
        TIM6(0x24) = 0;
        TIM6(0x0C) = 1;
        uint32_t start = port_cycles();
        TIM6(0x00) = 1;
        while (ticks < 10)
            __asm volatile("wfi");
        register uint32_t result __asm("r0") = port_cycles() - start;
        __asm volatile("bkpt #0" : : "r"(result));
        return 0;
    }
    """
    machine, stop = run_c(DISCO, text, tmp_path)
    cycles = machine.engine.reg_read(arm_const.UC_ARM_REG_R0)
    machine.close()
    assert stop.reason == "BKPT executed", stop
    assert cycles == pytest.approx(10 * DISCO.clock_hz / 1000, rel=0.001)


@BOTH
def test_sleep_that_nothing_ends_stops_the_board(board, tmp_path):
    machine, stop = run_assembly(board, "wfi\nbkpt #0", tmp_path)
    machine.close()
    assert stop.reason.startswith("waits for an interrupt")


@BOTH
def test_waiting_for_an_event_may_end_at_once(board, tmp_path):
    instructions, _, _ = results(board, "movs r0, #1\nwfe\nadds r0, #1\nbkpt #0", tmp_path)
    assert instructions == 3


@BOTH
def test_a_reset_that_is_asked_for_is_named(board, tmp_path):
    image = assemble(board, "ldr r0, =0xe000ed0c\nldr r1, =0x05fa0004\nstr r1, [r0]\nbkpt #0", tmp_path)
    machine = VirtualBoard(board, read_image(image, board))
    with pytest.raises(BoardStopped, match="asks for a reset"):
        machine.run()
    machine.close()
