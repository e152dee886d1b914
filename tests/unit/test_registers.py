"""The virtual boards' registers against the vendors' own files: addresses and reset values, each row with its source.

tests/cases/registers/<chip>.csv has the facts; an empty reset value is one that the source leaves open, or that of a
status which is another once the processor runs.
"""

import csv
import importlib
import re
from pathlib import Path

import pytest

from firmware.board import load_board, modelled_boards
from firmware.emulator.peripherals import esp32c3

CASES = sorted((Path(__file__).parents[1] / "cases/registers").glob("*.csv"))
BOARDS = {board.chip: board for board in map(load_board, reversed(modelled_boards()))}  # the first board of each chip
CORE = {"scb", "cache", "dwt", "systick"}  # Arm's, the same in every chip
UART = re.compile(r"((?:lp)?us?art|sercom)\d")


class Silence:
    """A console on which nothing has come."""

    def available(self):
        return False

    def receive(self):
        return 0


def peripherals(board, uart):
    """Return by name what the chip has beside Arm's own, just reset, with every clock on and `uart` for the console."""
    console = board.console.model_copy(update={"uart": uart})
    chip = importlib.import_module(f"firmware.chips.{board.chip}.virtual")
    found = chip.peripherals(board.model_copy(update={"console": console}), Silence(), lambda: 0)
    if hasattr(chip, "control_registers"):
        found.append(chip.control_registers(lambda: 0))
    for peripheral in found:
        peripheral.clocked = lambda: True
    return {peripheral.name: peripheral for peripheral in found if peripheral.name not in CORE}


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_registers_are_where_the_vendor_says(file):
    with file.open() as text:
        expected = {row["register"]: row for row in csv.DictReader(text)}
    chip = {}
    for uart in {name.split(".")[0] for name in expected if UART.match(name)}:
        chip |= peripherals(BOARDS[file.stem], uart)
    found = {f"{name}.{key}": (p, register) for name, p in chip.items() for key, register in p.registers.items()}
    assert sorted(found.keys() - expected.keys()) == [], f"{file.name}: compare them with the vendor's file, add them"
    assert sorted(expected.keys() - found.keys()) == [], f"{file.name}: these are no longer modelled"
    for name, (peripheral, register) in found.items():
        row, address = expected[name], peripheral.base + register.offset
        assert row["source"]
        assert address == int(row["address"], 0), name
        if row["reset"]:
            assert peripheral.read(address, register.size) == int(row["reset"], 0), name


def test_every_chip_has_its_facts():
    assert [file.stem for file in CASES] == sorted(BOARDS)


def test_esp32c3_watchdog_stays_on_until_its_configuration_is_updated():
    watchdog = esp32c3.TimerGroup()
    watchdog.write(watchdog.base + 0x64, 4, 0x50D8_3AA1)
    watchdog.write(watchdog.base + 0x48, 4, 0)
    assert not watchdog.watchdog_off
    watchdog.write(watchdog.base + 0x48, 4, 1 << 22)
    assert watchdog.watchdog_off and watchdog.read(watchdog.base + 0x48, 4) == 0
