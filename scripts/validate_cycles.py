"""Compares the cost models with published cycles: `make validate-cycles`.

Every row of data/published/cycles.csv is a sequence of instructions, the cycles that somebody published for it, and
where. It runs on a virtual board whose memories answer at once, 4 times and 14 times in a row: a tenth of the
difference is what one costs; what is to be done `before`, once, costs nothing. Rows that a model was made from
calibrate it; the others judge it. The largest error of a core's judging rows, rounded up to whole percent and at least
1, becomes the `error_pct` of its modelled latencies (data/published/cycle_errors.json), if there are two kernels among
them: single instructions say too little, and another kernel exceeds the largest error of n with a chance of 1 in n + 1.
Where a model was corrected, what it said of a judging row before still counts (`first_error_pct`). The error covers the
core; caches and wait states have not been judged. Refuses rows of unknown cores or roles, figures that are no positive
numbers, a sequence with two roles.
"""

import csv
import json
import math
import struct
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from elftools.elf.elffile import ELFFile
from rich.console import Console
from rich.table import Table

from firmware.board import load_board
from firmware.core import CORES
from firmware.emulator.image import read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.program import build_program
from scripts.lib.cycle_error import CYCLE_ERRORS

ROWS = Path("data/published/cycles.csv")
# A board for each core; only the core matters, as memory answers at once.
BOARDS = {
    "cortex-m0plus": "nucleo_g0b1re",
    "cortex-m4": "stm32f4_disco",
    "cortex-m33": "nucleo_u575zi_q",
    "cortex-m7": "stm32f746g_disco",
    "rv32imc": "esp32c3_devkitm",
}
_FEW, _MANY = 4, 14
_SMALLEST_PCT = 1
_KERNEL_CYCLES = 16  # from here on a sequence is a kernel
_FEWEST_KERNELS = 2

# Registers are saved; r5 to r7 (t1 on RISC-V) point to 256 bytes of RAM, the first word to itself on Arm.
_ENTER = {
    "armv6m": "push {r4-r7, lr}; sub sp, #256; mov r5, sp; mov r6, sp; mov r7, sp; str r5, [r5]; movs r4, #4",
    "armv7em": "push {r4-r11, lr}; sub sp, #256; mov r5, sp; mov r6, sp; mov r7, sp; str r5, [r5]; movs r4, #4",
    "rv32": "addi sp, sp, -256; mv t1, sp",
}
_LEAVE = {
    "armv6m": "add sp, #256; pop {r4-r7, pc}",
    "armv7em": "add sp, #256; pop {r4-r11, pc}",
    "rv32": "addi sp, sp, 256; ret",
}
_STOP = {"armv6m": "bkpt #0", "armv7em": "bkpt #0", "rv32": "ebreak"}


class RowError(ValueError):
    """A row of cycles.csv that cannot be used."""


@dataclass(frozen=True)
class Row:
    """One published figure; `before` and `assembly` have instructions separated by semicolons."""

    core: str
    role: str
    name: str
    before: str
    assembly: str
    cycles: float
    first_error_pct: float  # of the model as it was before others' rows corrected it, else 0
    source: str


@dataclass(frozen=True)
class Result:
    """A row and what the virtual board counts for it."""

    row: Row
    modelled: float

    @property
    def error_pct(self) -> float:
        """Signed error of the model in percent of the published figure."""
        return 100 * (self.modelled - self.row.cycles) / self.row.cycles


def read_rows(path: Path = ROWS) -> list[Row]:
    """Return the published figures; raises RowError naming the line."""
    rows, seen = [], set()
    with path.open(encoding="utf-8", newline="") as file:
        for number, fields in enumerate(csv.DictReader(file), start=2):
            where = f"{path}:{number}"
            if fields["core"] not in BOARDS:
                raise RowError(f"{where}: unknown core {fields['core']!r} (valid: {', '.join(BOARDS)})")
            if fields["role"] not in ("calibrates", "judges"):
                raise RowError(f"{where}: role is {fields['role']!r}, expected calibrates or judges")
            cycles, first = _number(fields["cycles"]), _number(fields["first_error_pct"] or "0")
            if not 0 < cycles < math.inf:
                raise RowError(f"{where}: cycles are {fields['cycles']!r}, expected a positive number")
            if not abs(first) < 100:
                raise RowError(f"{where}: first_error_pct is {fields['first_error_pct']!r}, expected percent")
            if not fields["source"]:
                raise RowError(f"{where}: no source")
            if (fields["core"], fields["assembly"]) in seen:
                raise RowError(f"{where}: the same assembly is another row of {fields['core']}: one role only")
            seen.add((fields["core"], fields["assembly"]))
            rows.append(Row(**{**fields, "cycles": cycles, "first_error_pct": first}))
    return rows


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def run(core: str, rows: list[Row]) -> list[Result]:
    """Return what one virtual board counts for the rows of a core."""
    board = load_board(BOARDS[core]).model_copy(update={"timing": None})
    with tempfile.TemporaryDirectory(prefix="boardwalk-cycles-") as folder:
        image = build_program(board, _program(CORES[core].isa, rows), Path(folder) / "cycles.elf")
        machine = VirtualBoard(board, read_image(image, board))
        with image.open("rb") as file:
            address = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name("counted")[0]["st_value"]
        try:
            machine.run()
        except BoardStopped as stop:
            if not stop.reason.startswith(("BKPT", "EBREAK")):
                raise
        counted = struct.unpack(f"<{2 * len(rows)}I", machine.engine.mem_read(address, 8 * len(rows)))
        machine.close()
    pairs = zip(counted[::2], counted[1::2], strict=True)
    return [Result(row, (many - few) / (_MANY - _FEW)) for row, (few, many) in zip(rows, pairs, strict=True)]


def _program(isa: str, rows: list[Row]) -> str:
    """Return C text with two functions for each row, and a main that counts the cycles of each call."""
    functions, calls = [], []
    for index, row in enumerate(rows):
        for copies in (_FEW, _MANY):
            text = "; ".join([_ENTER[isa], row.before, ".balign 16", *[row.assembly] * copies, _LEAVE[isa]])
            lines = "".join(f'"{line.strip()}\\n"' for line in text.split(";"))
            name = f"row_{index}_{copies}"
            functions.append(
                f"__attribute__((naked, noinline)) static void {name}(void) {{ __asm volatile({lines}); }}"
            )
            calls.append(name)
    return "\n".join(
        [
            '#include "port.h"',
            *functions,
            f"static void (*const rows[])(void) = {{{', '.join(calls)}}};",
            f"volatile uint32_t counted[{len(calls)}];",
            "int main(void);",
            "int main(void)",
            "{",
            f"    for (uint32_t index = 0; index < {len(calls)}u; index++) {{",
            "        uint32_t start = port_cycles();",
            "        rows[index]();",
            "        counted[index] = port_cycles() - start;",
            "    }",
            f'    __asm volatile("{_STOP[isa]}");',
            "    return 0;",
            "}",
            "",
        ]
    )


def errors(results: list[Result]) -> dict[str, float]:
    """Return the error in percent of every core that has judging rows, kernels enough among them."""
    judged = {}
    for core in BOARDS:
        found = [result for result in results if (result.row.core, result.row.role) == (core, "judges")]
        if sum(result.row.cycles >= _KERNEL_CYCLES for result in found) >= _FEWEST_KERNELS:
            largest = max(max(abs(result.error_pct), abs(result.row.first_error_pct)) for result in found)
            judged[core] = float(max(_SMALLEST_PCT, math.ceil(largest - 1e-9)))
    return judged


def validate(rows: list[Row]) -> list[Result]:
    """Return the results of all rows, core by core."""
    by_core = {core: [row for row in rows if row.core == core] for core in BOARDS}
    return [result for core, of_core in by_core.items() if of_core for result in run(core, of_core)]


def show(results: list[Result], console: Console) -> None:
    """Print a line per row and a median per core and role."""
    table = Table(title="Modelled against published cycles")
    for column in ("core", "role", "sequence", "published", "modelled", "error %"):
        table.add_column(column, justify="right" if column in ("published", "modelled", "error %") else "left")
    for result in results:
        row = result.row
        figures = (f"{row.cycles:g}", f"{result.modelled:g}", f"{result.error_pct:+.1f}")
        table.add_row(row.core, row.role, row.name, *figures)
    console.print(table)
    for core in BOARDS:
        for role in ("calibrates", "judges"):
            found = [r.error_pct for r in results if (r.row.core, r.row.role) == (core, role)]
            text = f"median {median(found):+.1f} %, largest {max(map(abs, found)):.1f} %" if found else "none"
            console.print(f"{core}, {len(found)} rows that {role[:-1]}: {text}")


def main() -> int:
    """Print the comparison and write the errors."""
    try:
        results = validate(read_rows())
    except RowError as error:
        print(error, file=sys.stderr)
        return 1
    show(results, Console(width=150))
    CYCLE_ERRORS.write_text(json.dumps(errors(results), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
