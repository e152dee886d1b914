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
from firmware.timing import Place, Timing

BOARDS_FOLDER = Path(__file__).parent.parent / "config" / "boards"
CHIPS_FOLDER = Path(__file__).parent / "chips"
SENSORS_FOLDER = Path(__file__).parent / "stream" / "sensors"

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
Address = Annotated[int, pydantic.Field(ge=0, le=0xFFFF_FFFF, strict=True)]
Name = Annotated[str, pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")]
Usb = Annotated[int, pydantic.Field(ge=1, le=0xFFFF, strict=True)]
# From the most frugal microcontrollers to old ones with everything switched on: other figures are in a wrong unit.
_UA_PER_MHZ = (2, 2000)
_RUN_FROM_RAM = ("cortex-m0plus", "cortex-m4", "cortex-m33")
# A port's letter and pin as on STM32 and SAM, port.pin as on nRF, or one row of pins as on RP2040 and ESP32.
_PIN = re.compile(
    r"P(?P<letter>[A-K])(?P<pin>\d|[12]\d|3[01])"
    r"|P(?P<port>[01])\.(?P<port_pin>[0-2]\d|3[01])"
    r"|GPIO(?P<gpio>\d|[1-4]\d)"
)


class Region(settings.Settings):
    """One memory of the board, at its real address."""

    name: Name  #: for `view_of` and `timing`
    kind: Literal["flash", "ram"]  #: the first flash holds the image, the first RAM variables and stack
    origin: Address  #: its first address
    size_bytes: Positive  #: all of it, also what a bootloader keeps
    #: the region that this one shows at another address: where data in flash are read, on chips with two buses
    view_of: Name | None = None

    @property
    def end(self) -> int:
        """First address after the region."""
        return self.origin + self.size_bytes


class Console(settings.Settings):
    """The UART that reaches the host."""

    uart: str  #: as the chip's `chip.c` names it
    tx: str  #: the pin, such as PA2, P1.03 or GPIO0
    rx: str  #: likewise
    baud: Positive  #: of both directions; eight bits, no parity, one stop bit

    @pydantic.field_validator("tx", "rx")
    @classmethod
    def _known_form(cls, pin: str) -> str:
        if not _PIN.fullmatch(pin):
            raise ValueError("expected a pin such as PA2, P1.03 or GPIO0")
        return pin

    @staticmethod
    def split(pin: str) -> tuple[int, int]:
        """Return (port, pin) as numbers; port 0 where there is only one."""
        match = _PIN.fullmatch(pin)
        if match["letter"]:
            return ord(match["letter"]) - ord("A"), int(match["pin"])
        return (0, int(match["gpio"])) if match["gpio"] else (int(match["port"]), int(match["port_pin"]))


class UsbId(settings.Settings):
    """What the board's serial port calls itself on USB."""

    vid: Usb  #: vendor
    pid: Usb  #: product


class Power(settings.Settings):
    """What the chip alone draws: typical currents at 25 degrees Celsius, for energy without a monitor."""

    supply_v: Annotated[float, pydantic.Field(ge=1, le=5.5, strict=True)]  #: of the chip, at these currents
    #: while the processor runs from flash at the board's clock
    active_ma: Annotated[float, pydantic.Field(gt=0, le=2000, strict=True)]
    #: between inferences, in the mode that `source` names
    sleep_ua: Annotated[float, pydantic.Field(gt=0, le=100000, strict=True)]
    source: Annotated[str, pydantic.Field(min_length=1)]  #: datasheet, its tables and their conditions
    confirmed: bool  #: whether `active_ma` was compared with its source; tables and page say if it was not

    @pydantic.model_validator(mode="after")
    def _sleep_is_less(self) -> "Power":
        if self.sleep_ua >= 1000 * self.active_ma:
            raise ValueError(f"sleep_ua: {self.sleep_ua:g} uA asleep is not less than {self.active_ma:g} mA at work")
        return self


class Slots(settings.Settings):
    """Where flash is divided for updates: the bootloader, the security counter's page, and two places for an image.

    The bootloader begins where an image would; all else begins and ends with a page that is erased at once.
    """

    bootloader_bytes: Positive  #: kept for the bootloader
    counter: Address  #: of the page with the security counter
    counter_bytes: Positive  #: of that page
    origins: Annotated[list[Address], pydantic.Field(min_length=2, max_length=2)]  #: of the two slots
    size_bytes: Positive  #: of one slot, with header and trailer
    source: Annotated[str, pydantic.Field(min_length=1)]  #: where the manual gives the pages of flash


# As in firmware/bootloader/image.h and handoff.h.
SLOT_HEADER_BYTES, SLOT_TRAILER_BYTES, HANDOFF_BYTES = 512, 1024, 64


class Board(settings.Settings):
    """config/boards/<name>.yaml: a board with its chip, core, clock and memories."""

    name: str  #: the file's
    title: str  #: vendor, board, chip and core, for people
    chip: str  #: folder of `firmware/chips/`
    core: str  #: the processor that runs the image
    fpu: Literal["none", "single", "double"]  #: what the core computes in hardware; code uses single at most
    clock_hz: Positive  #: of the core, as the chip's code sets it
    #: that the chip's code sets; what they cost is in `timing`
    flash_wait_states: Annotated[int, pydantic.Field(ge=0, le=15, strict=True)]
    memory: Annotated[list[Region], pydantic.Field(min_length=2)]  #: all that an image may use
    timing: Timing | None = None  #: absent where every memory answers in one cycle
    place: Place = Place()  #: of code and weights
    slots: Slots | None = None  #: absent where images cannot be updated over the wire
    #: where in the first flash an image starts, behind a bootloader that stays on the board
    image_offset_bytes: Annotated[int, pydantic.Field(ge=0, strict=True)] = 0
    optimize: Literal["speed", "size"] = "speed"  #: what kernels are chosen for, where there is a choice
    formats: list[Literal["bin", "hex", "uf2"]]  #: what the board's tools take beside the ELF
    console: Console  #: the serial line
    usb: list[UsbId]  #: by which `make doctor` knows the board; empty if its serial port is another device's
    flash_command: list[str]  #: writes an image; {elf}, {bin}, {hex}, {uf2} and {port} are replaced; empty: by hand
    power: Power  #: currents of the chip
    sensor: str | None = None  #: driver in `firmware/stream/sensors/` for what the board carries
    settings: dict[Name, int] = pydantic.Field(default_factory=dict)  #: numbers that only the chip's own code reads
    references: Annotated[list[str], pydantic.Field(min_length=1)]  #: the manuals that comments in the file name

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

    @pydantic.field_validator("sensor")
    @classmethod
    def _known_sensor(cls, sensor: str | None) -> str | None:
        sensors = sorted(path.stem for path in SENSORS_FOLDER.glob("*.c"))
        if sensor is not None and sensor not in sensors:
            raise ValueError(f"unknown sensor{settings.nearest(sensor, sensors)}")
        return sensor

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
        by_name = {region.name: region for region in memory}
        for view in (region for region in memory if region.view_of):
            shown = by_name.get(view.view_of)
            if shown is None or shown.view_of or (shown.kind, shown.size_bytes) != (view.kind, view.size_bytes):
                raise ValueError(f"region {view.name!r} is no view of {view.view_of!r}: kind and size must be the same")
        if ordered[-1].end > 1 << 32:
            raise ValueError(f"region {ordered[-1].name!r} ends beyond the 32-bit address space")
        return memory

    @pydantic.model_validator(mode="after")
    def _fpu_of_core(self) -> "Board":
        if (self.fpu != "none") != self.target.has_fpu:
            raise ValueError(f"fpu {self.fpu!r} does not agree with core {self.core}")
        return self

    @pydantic.model_validator(mode="after")
    def _possible_current(self) -> "Board":
        current, (low, high) = self.power.active_ma * 1e9 / self.clock_hz, _UA_PER_MHZ
        if not low <= current <= high:
            found = f"{self.power.active_ma:g} mA at {self.clock_hz / 1e6:g} MHz are {current:.3g} uA/MHz"
            raise ValueError(f"power.active_ma: {found}, expected {low} to {high}; is the unit mA?")
        return self

    @pydantic.model_validator(mode="after")
    def _code_can_run_in_ram(self) -> "Board":
        if self.place.code == "ram" and self.core not in _RUN_FROM_RAM:
            raise ValueError(f"place.code: the first RAM of a {self.core} is on the data bus only, no code runs there")
        return self

    @pydantic.model_validator(mode="after")
    def _timing_of_regions(self) -> "Board":
        if self.timing is None:
            if self.flash_wait_states:
                raise ValueError(f"{self.flash_wait_states} wait states, and no timing that says what hides them")
            return self
        regions = [region.name for region in self.memory if not region.view_of]
        for name in self.timing.miss_cycles:
            if name not in regions:
                raise ValueError(f"timing.miss_cycles: unknown region {name!r}{settings.nearest(name, regions)}")
        return self

    @pydantic.model_validator(mode="after")
    def _slots_lie_apart(self) -> "Board":
        if self.slots is None:
            return self
        slots, image = self.slots, self.image_region
        parts = sorted(
            [(image.origin, slots.bootloader_bytes), (slots.counter, slots.counter_bytes)]
            + [(origin, slots.size_bytes) for origin in slots.origins]
        )
        for (start, size), (following, _) in itertools.pairwise([*parts, (image.end, 0)]):
            if start < image.origin or start + size > following:
                raise ValueError(f"slots: 0x{start:08x} and {size} bytes behind it do not lie alone in free flash")
        return self

    @property
    def target(self) -> Core:
        """The core as the compiler knows it."""
        return CORES[self.core]

    @property
    def flash(self) -> Region:
        """The region that holds the image: the first flash."""
        return next(region for region in self.memory if region.kind == "flash")

    @property
    def image_region(self) -> Region:
        """The part of flash that an image may fill."""
        flash, offset = self.flash, self.image_offset_bytes
        return flash.model_copy(update={"origin": flash.origin + offset, "size_bytes": flash.size_bytes - offset})

    @property
    def boots_in_stages(self) -> bool:
        """True where the boot ROM starts a second stage, in front of what image_region holds: boot2.py."""
        return (CHIPS_FOLDER / self.chip / "boot2.c").exists()

    def for_bootloader(self) -> "Board":
        """Return the board as the bootloader may use it."""
        return self._part(self.image_offset_bytes, self.slots.bootloader_bytes)

    def for_slot(self, slot: int) -> "Board":
        """Return the board as an image in a slot may use it: header, records and trailer take their part."""
        offset = self.slots.origins[slot] - self.flash.origin + SLOT_HEADER_BYTES
        return self._part(offset, self.slots.size_bytes - SLOT_HEADER_BYTES - SLOT_TRAILER_BYTES)

    @property
    def is_part(self) -> bool:
        """True for what `for_bootloader` and `for_slot` return."""
        return "handoff" in self.settings

    def _part(self, offset_bytes: int, size_bytes: int) -> "Board":
        flash = self.flash.model_copy(update={"size_bytes": offset_bytes + size_bytes})
        ram = self.rams[0].model_copy(update={"size_bytes": self.rams[0].size_bytes - HANDOFF_BYTES})
        memory = [{flash.name: flash, ram.name: ram}.get(region.name, region) for region in self.memory]
        numbers = {f"slot_{index}": origin for index, origin in enumerate(self.slots.origins)}
        numbers |= {"slot_bytes": self.slots.size_bytes, "handoff": ram.end}
        numbers |= {"counter": self.slots.counter, "counter_bytes": self.slots.counter_bytes}
        parts = {"memory": memory, "image_offset_bytes": offset_bytes, "settings": self.settings | numbers}
        return self.model_copy(update=parts)

    @property
    def data_flash(self) -> Region | None:
        """Where the contents of flash are read as data, if that is not where they are executed."""
        return next((region for region in self.memory if region.view_of == self.flash.name), None)

    @property
    def rams(self) -> list[Region]:
        """All RAM regions; the first holds .data, .bss and the stack."""
        return [region for region in self.memory if region.kind == "ram" and not region.view_of]


def board_names(folder: Path = BOARDS_FOLDER) -> list[str]:
    """Return the names of all boards, sorted."""
    return sorted(file.stem for file in folder.glob("*.yaml"))


def modelled_boards() -> list[str]:
    """Return the names of the boards whose virtual board counts cycles, sorted."""
    return [name for name in board_names() if load_board(name).target.modelled]


def load_board(name: str, folder: Path = BOARDS_FOLDER) -> Board:
    """Return the board `name`; raises settings.SettingsError, with the nearest name if there is no such board."""
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise settings.SettingsError([f"{path}: unknown board {name!r}{settings.nearest(name, board_names(folder))}"])
    return settings.load(path, Board, name=name)


def header(board: Board) -> str:
    """Return board.h: every number of the board that C code needs, as BOARD_* macros."""
    numbers = {"clock_hz": board.clock_hz, "flash_wait_states": board.flash_wait_states, "baud": board.console.baud}
    for line in ("tx", "rx"):
        port, pin = Console.split(getattr(board.console, line))
        numbers |= {f"{line}_port": port, f"{line}_pin": pin}
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
