"""The virtual board for cores that are not modelled: `python -m firmware.emulator.functional IMAGE --board NAME`.

Labwired (PyPI) runs the image for what it computes; `port: /dev/pts/N` is printed when the console can be opened. Runs
until the end of its standard input; when the image stops, it says why on standard error and exits 1.

One instruction counts as one cycle, so the image's cycle counter counts instructions; no time follows from that. The
console is two rings in the image's RAM (chips/xtensa/port.c), brought to a pty like any other board's UART. Refuses an
image without those rings, and to run where labwired is not installed.
"""

import argparse
import importlib
import select
import sys
from pathlib import Path

from elftools.elf.elffile import ELFFile

from firmware.board import Board, load_board
from firmware.emulator.console import Console
from firmware.settings import SettingsError

_RING_BYTES = 512
_WORDS = ("to_host_put", "to_host_taken", "from_host_put", "from_host_taken", "waiting")
_RINGS_BYTES = 4 * len(_WORDS) + 2 * _RING_BYTES
# How long the image runs before its console is looked at: short beside a command, long beside a call into labwired.
_SLICE = "20us"
_IDLE_S = 0.5


class FunctionalBoardError(RuntimeError):
    """There is no such board, or it cannot go on."""


class FunctionalBoard:
    """One image on labwired's model of the board's chip; `console.path` is its serial port."""

    def __init__(self, board: Board, image: Path):
        try:
            labwired = importlib.import_module("labwired")
        except ModuleNotFoundError:
            raise FunctionalBoardError("labwired is not installed: pip install labwired") from None
        chip = importlib.import_module(f"firmware.chips.{board.chip}.virtual")
        self._rings = _find_rings(image)
        self._sim = labwired.Sim(image, chip=chip.LABWIRED)
        self.console = Console(lambda: self._sim.cycles)

    def run(self) -> None:
        """Run until standard input ends; raises FunctionalBoardError when the image stops."""
        while not select.select([0], [], [], 0)[0]:  # nothing ever comes there but its end
            try:
                reason = self._sim.run_for(_SLICE)
            except RuntimeError as error:
                raise FunctionalBoardError(f"labwired: {error}") from error
            if reason.kind != "reached":
                raise FunctionalBoardError(f"labwired: {reason.kind} after {self._sim.cycles} instructions")
            self._exchange()

    def _exchange(self) -> None:
        """Take what the image has said, give it what has come; sleep if it waits and nothing has."""
        content = self._sim.read_memory(self._rings, _RINGS_BYTES)
        words = (content[at : at + 4] for at in range(0, 4 * len(_WORDS), 4))
        said, heard, given, taken, waiting = (int.from_bytes(word, "little") for word in words)
        ring = content[4 * len(_WORDS) :]
        for count in range(heard, said):
            self.console.send(ring[count % _RING_BYTES])
        if said != heard:
            self._write(1, said)
        elif waiting and given == taken:
            self.console.wait(_IDLE_S)
        self._give(given, taken, ring[_RING_BYTES:])

    def _give(self, given: int, taken: int, ring: bytes) -> None:
        content, count = bytearray(ring), given
        while count - taken < _RING_BYTES and self.console.has_input():
            content[count % _RING_BYTES] = self.console.receive()
            count += 1
        for word in sorted({at % _RING_BYTES // 4 for at in range(given, count)}):
            value = int.from_bytes(content[4 * word : 4 * word + 4], "little")
            self._write(len(_WORDS) + _RING_BYTES // 4 + word, value)
        if count != given:
            self._write(2, count)

    def _write(self, word: int, value: int) -> None:
        self._sim.write_u32(self._rings + 4 * word, value)


def _find_rings(image: Path) -> int:
    """Return the address of the console in memory; raises FunctionalBoardError if the image has none."""
    with image.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab")
        found = symbols.get_symbol_by_name("console_rings") if symbols else None
    if not found or found[0]["st_size"] != _RINGS_BYTES:
        raise FunctionalBoardError(f"{image}: no console of {_RINGS_BYTES} bytes in memory: not built for labwired")
    return found[0]["st_value"]


def main(arguments: list[str]) -> int:
    """Run until the image stops or nobody listens any more; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m firmware.emulator.functional", description=__doc__.split(":")[0])
    parser.add_argument("image", type=Path, help="an ELF file")
    parser.add_argument("--board", required=True, help="a name from config/boards")
    options = parser.parse_args(arguments)
    try:
        board = FunctionalBoard(load_board(options.board), options.image)
        print(f"port: {board.console.path}", flush=True)
        board.run()
    except (SettingsError, FunctionalBoardError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
