"""Brings an image to a board, real or virtual, and gives the serial port behind which it runs.

From the port on nothing differs: same protocol, same measuring.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from firmware.board import Board
from scripts.device.exclusive import any_free
from scripts.device.flash import flash
from scripts.device.power.monitor import Monitor, monitoring
from scripts.device.virtual_board import VirtualBoard
from scripts.lib.lab import Lab

# A cell may have to wait for all other cells of a board; a queue longer than this is a mistake.
_QUEUE_S = 24 * 3600.0


@dataclass(frozen=True)
class Reached:
    """A port with an image behind it; `emulator` names what plays the board, None for silicon.

    `monitor` measures the board's power, if one is wired to it. On a `functional` board what counts as cycles are
    instructions. `make_timed()` switches a virtual board that is not timed off and on again, as one that is.
    """

    port: str
    emulator: str | None
    monitor: Monitor | None = None
    functional: bool = False
    make_timed: Callable[[], None] | None = None

    @property
    def provenance(self) -> str:
        """How far the cycles of this board can be trusted, where it has any."""
        return "modelled" if self.emulator else "measured"


@contextmanager
def reach(
    board: Board,
    image: Path,
    lab: Lab,
    strict: bool = True,
    timed: bool = True,
    sensor: Path | None = None,
    queue_s: float = _QUEUE_S,
) -> Iterator[Reached]:
    """Run `image` on a free unit of the lab, held for the time of the block, or on a virtual board if there is none.

    A virtual board that is not `strict` answers 0 for registers that it does not model, as images of others need it;
    one that is not `timed` is fast, for outputs alone. The CSV file `sensor` has the samples of its sensor. A unit that
    is not free within `queue_s` is an error.
    """
    units = lab.units(board.name)
    if units:
        with any_free(units, queue_s) as unit, monitoring(unit.monitor, board) as monitor:
            port = unit.find_port()
            flash(board, image, port, board.flash_command if unit.flash_command is None else unit.flash_command)
            yield Reached(port, None, monitor)
    elif not board.target.modelled:
        with VirtualBoard(image, board.name, functional=True) as virtual, virtual.explaining():
            yield Reached(virtual.port, f"labwired {version('labwired')}", functional=True)
    else:
        with VirtualBoard(image, board.name, strict, timed, sensor) as virtual, virtual.explaining():
            yield Reached(
                virtual.port, f"unicorn {version('unicorn')}", make_timed=None if timed else virtual.make_timed
            )
