"""What a board is: the typed form of config/boards/<name>.yaml.

The numbers of a board live in its YAML only; C code sees them through the header that `header` generates.
"""

import itertools
import re
from pathlib import Path
from typing import Annotated, Literal

import pydantic

from firmware import settings
from firmware.core import CORES, Core

BOARDS_FOLDER = Path(__file__).parent.parent / "config" / "boards"
CHIPS_FOLDER = Path(__file__).parent / "chips"

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
Address = Annotated[int, pydantic.Field(ge=0, le=0xFFFF_FFFF, strict=True)]
Name = Annotated[str, pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")]
Pin = Annotated[str, pydantic.Field(pattern=r"^P[A-K](\d|[12]\d|3[01])$")]


class Region(settings.Settings):
    """One memory of the board, at its real address."""

    name: Name
    kind: Literal["flash", "ram"]
    origin: Address
    size_bytes: Positive

    @property
    def end(self) -> int:
        """First address after the region."""
        return self.origin + self.size_bytes


class Console(settings.Settings):
    """The UART that reaches the host."""

    uart: str
    tx: Pin
    rx: Pin
    baud: Positive


class Board(settings.Settings):
    """A board with its chip, core, clock and memories. `settings` are numbers that only the chip's own code reads."""

    name: str
    title: str
    chip: str
    core: str
    clock_hz: Positive
    flash_wait_states: Annotated[int, pydantic.Field(ge=0, le=15, strict=True)]
    memory: Annotated[list[Region], pydantic.Field(min_length=2)]
    console: Console
    settings: dict[Name, int] = pydantic.Field(default_factory=dict)
    references: Annotated[list[str], pydantic.Field(min_length=1)]

    @pydantic.field_validator("core")
    @classmethod
    def _known_core(cls, core: str) -> str:
        if core not in CORES:
            raise ValueError(f"unknown core{settings.nearest(core, list(CORES))}")
        return core

    @pydantic.field_validator("chip")
    @classmethod
    def _known_chip(cls, chip: str) -> str:
        chips = sorted(path.parent.name for path in CHIPS_FOLDER.glob("*/virtual.py"))
        if chip not in chips:
            raise ValueError(f"unknown chip{settings.nearest(chip, chips)}")
        return chip

    @pydantic.field_validator("memory")
    @classmethod
    def _sane_memory(cls, memory: list[Region]) -> list[Region]:
        for kind in ("flash", "ram"):
            if not any(region.kind == kind for region in memory):
                raise ValueError(f"no region of kind {kind!r}")
        ordered = sorted(memory, key=lambda region: region.origin)
        for low, high in itertools.pairwise(ordered):
            if low.end > high.origin:
                raise ValueError(f"regions {low.name!r} and {high.name!r} overlap")
        if ordered[-1].end > 1 << 32:
            raise ValueError(f"region {ordered[-1].name!r} ends beyond the 32-bit address space")
        return memory

    @property
    def target(self) -> Core:
        """The core as the compiler knows it."""
        return CORES[self.core]

    @property
    def flash(self) -> Region:
        """The region that holds the image: the first flash."""
        return next(region for region in self.memory if region.kind == "flash")

    @property
    def rams(self) -> list[Region]:
        """All RAM regions; the first holds .data, .bss and the stack."""
        return [region for region in self.memory if region.kind == "ram"]


def load_board(name: str, folder: Path = BOARDS_FOLDER) -> Board:
    """Return the board `name`; raises settings.SettingsError, with the nearest name if there is no such board."""
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.yaml"))
        raise settings.SettingsError([f"{path}: unknown board {name!r}{settings.nearest(name, known)}"])
    return settings.load(path, Board, name=name)


def header(board: Board) -> str:
    """Return board.h: every number of the board that C code needs, as BOARD_* macros."""
    numbers = {"clock_hz": board.clock_hz, "flash_wait_states": board.flash_wait_states, "baud": board.console.baud}
    for line in ("tx", "rx"):
        port, pin = re.fullmatch(r"P([A-K])(\d+)", getattr(board.console, line)).groups()
        numbers |= {f"{line}_port": ord(port) - ord("A"), f"{line}_pin": int(pin)}
    numbers |= board.settings
    lines = [f"#define BOARD_{key.upper()} {value}u" for key, value in numbers.items()]
    return "\n".join(
        [
            f"/* {board.title}: generated from config/boards/{board.name}.yaml */",
            "#ifndef BOARD_H",
            "#define BOARD_H",
            f'#define BOARD_NAME "{board.name}"',
            f"#define BOARD_CONSOLE {board.console.uart.upper()}",
            *lines,
            "#endif",
            "",
        ]
    )
