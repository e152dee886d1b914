"""Register models of peripherals, one file per kind; the chips' virtual.py put them together."""

from typing import TypeVar

from firmware.board import Board
from firmware.settings import SettingsError, nearest

PlaceT = TypeVar("PlaceT")


def console_uart(board: Board, uarts: dict[str, PlaceT]) -> PlaceT:
    """Return what a chip's table says of the board's console UART; raises SettingsError if the chip has none such."""
    name = board.console.uart
    if name not in uarts:
        hint = nearest(name, list(uarts))
        raise SettingsError([f"{board.name}: console.uart: chip {board.chip} has no UART {name!r}{hint}"])
    return uarts[name]
