"""The lab: which real boards are plugged in, from config/lab.yaml. Without that file every board is virtual.

Several units of one board form a pool; a cell runs on whichever is free first. A power monitor belongs to the unit
that it is wired to.
"""

import importlib
from pathlib import Path
from typing import Annotated, Any

import pydantic
from serial.tools import list_ports

from firmware import settings
from firmware.board import board_names

LAB_FILE = Path("config/lab.yaml")
MONITORS_FOLDER = Path(__file__).parents[1] / "device" / "power"


class MonitorSettings(settings.Settings):
    """What every power monitor has; scripts/device/power/<kind>.py adds its own."""

    kind: str  #: file of `scripts/device/power/`
    #: of the measured supply, if not that of the board's YAML
    supply_v: Annotated[float, pydantic.Field(ge=0.8, le=5.5, strict=True)] | None = None
    #: take off the power of the waiting board, measured just before
    subtract_idle: Annotated[bool, pydantic.Field(strict=True)] = False


def monitor_kinds() -> list[str]:
    """Names of the power monitors: the modules with a class Monitor."""
    return sorted(path.stem for path in MONITORS_FOLDER.glob("*.py") if "class Monitor(Base)" in path.read_text())


class Unit(settings.Settings):
    """One physical board, with either `port` or `usb_serial`."""

    board: str  #: file of `config/boards/`
    #: a device such as /dev/ttyACM0, or a pyserial URL
    port: Annotated[str, pydantic.Field(min_length=1)] | None = None
    usb_serial: Annotated[str, pydantic.Field(min_length=1)] | None = None  #: number by which its port is found
    flash_command: list[str] | None = None  #: instead of that of the board's YAML; an empty one flashes nothing
    monitor: pydantic.SerializeAsAny[MonitorSettings] | None = None  #: measures the energy of its inferences

    @pydantic.field_validator("monitor", mode="before")
    @classmethod
    def _typed_monitor(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        kind, kinds = content.get("kind"), monitor_kinds()
        if kind not in kinds:
            raise ValueError(f"unknown kind {kind!r}{settings.nearest(str(kind), kinds)}")
        module = importlib.import_module(f"scripts.device.power.{kind}")
        try:
            return settings.check(Path(kind), content, module.Monitor.Settings)
        except settings.SettingsError as error:
            raise ValueError("; ".join(error.messages)) from error

    @pydantic.model_validator(mode="after")
    def _one_address(self) -> "Unit":
        if (self.port is None) == (self.usb_serial is None):
            raise ValueError("needs either port or usb_serial")
        return self

    @pydantic.field_validator("board")
    @classmethod
    def _known_board(cls, board: str) -> str:
        known = board_names()
        if board not in known:
            raise ValueError(f"unknown board{settings.nearest(board, known)}")
        return board

    @property
    def address(self) -> str:
        """What makes this unit itself: its port or its serial number."""
        return self.port or f"usb:{self.usb_serial}"

    def find_port(self) -> str:
        """Return the port; raises SettingsError if no attached device has the serial number."""
        if self.port:
            return self.port
        attached = {item.serial_number: item.device for item in list_ports.comports() if item.serial_number}
        if self.usb_serial not in attached:
            present = ", ".join(sorted(attached)) or "none"
            wanted = f"no USB device with serial number {self.usb_serial!r}"
            raise settings.SettingsError([f"{LAB_FILE}: {self.board}: {wanted} (attached: {present})"])
        return attached[self.usb_serial]


class Lab(settings.Settings):
    """config/lab.yaml: the boards that are plugged in; several units of one board form a pool."""

    boards: list[Unit] = pydantic.Field(default_factory=list)  #: a line for each unit; all other boards are virtual

    @pydantic.field_validator("boards")
    @classmethod
    def _no_address_twice(cls, units: list[Unit]) -> list[Unit]:
        addresses = [unit.address for unit in units]
        repeated = sorted({address for address in addresses if addresses.count(address) > 1})
        if repeated:
            raise ValueError(f"{', '.join(repeated)} named more than once")
        return units

    def units(self, board: str) -> list[Unit]:
        """Return the physical units of a board; none means that it is virtual."""
        return [unit for unit in self.boards if unit.board == board]


def load_lab(path: Path = LAB_FILE) -> Lab:
    """Return the lab in `path`, an empty one if there is no such file; raises SettingsError."""
    return settings.load(path, Lab) if path.exists() else Lab()
