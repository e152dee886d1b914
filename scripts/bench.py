"""Prints how fast the tools are on this machine: `make bench`.

Instructions per CPU-second that the virtual board executes while counting, for a loop nest like a convolution's:
with weights in flash and the model of its wait states and caches, and with memories that answer at once.
"""

import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from firmware.board import load_board
from firmware.emulator.image import read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.program import build_program

BOARDS = ("stm32f4_disco", "arduino_zero")
RUNS = 3  # other work on the machine only slows a run down

# Dot products over short rows, as in a 1x1 convolution with 64 channels; ends at a breakpoint.
_PROGRAM = """
#include <stdint.h>
int8_t input[64 * 32];
const volatile int8_t weights[64 * 32] = {1};
volatile int32_t output[32];
int main(void);
int main(void)
{
    for (int round = 0; round < 10000; round++)
        for (int row = 0; row < 32; row++) {
            int32_t sum = round;
            const int8_t *x = input + 64 * row;
            const volatile int8_t *w = weights + 64 * row;
            for (int i = 0; i < 64; i++)
                sum += x[i] * w[i];
            output[row] += sum;
        }
    __asm volatile("bkpt #0");
    return 0;
}
"""


def emulation_speed(board_name: str, memory: bool = True) -> tuple[int, float]:
    """Return (instructions executed, CPU seconds of this process) for the loop nest on a virtual board, best run.

    Without `memory` flash and RAM answer at once.
    """
    board = load_board(board_name)
    if not memory:
        board = board.model_copy(update={"timing": None})
    with tempfile.TemporaryDirectory(prefix="boardwalk-bench-") as folder:
        image = read_image(build_program(board, _PROGRAM, Path(folder) / "bench.elf"), board)
    return min((_run(VirtualBoard(board, image)) for _ in range(RUNS)), key=lambda run: run[1])


def _run(machine: VirtualBoard) -> tuple[int, float]:
    start_s = time.process_time()
    try:
        machine.run()
    except BoardStopped as stop:
        if not stop.reason.startswith("BKPT"):
            raise
    cpu_s = time.process_time() - start_s
    instructions = machine.counter.instructions
    machine.close()
    return instructions, cpu_s


def main() -> None:
    """Print one row per board."""
    table = Table(title="Virtual board while counting")
    words = ("board", "core", "memory")
    for column in (*words, "million instructions", "CPU s", "million instructions / CPU s"):
        table.add_column(column, justify="left" if column in words else "right")
    for name in BOARDS:
        for memory in (True, False):
            instructions, cpu_s = emulation_speed(name, memory)
            millions = instructions / 1e6
            figures = (f"{millions:.0f}", f"{cpu_s:.2f}", f"{millions / cpu_s:.0f}")
            table.add_row(name, load_board(name).core, "modelled" if memory else "answers at once", *figures)
    Console().print(table)


if __name__ == "__main__":
    main()
