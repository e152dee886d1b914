"""What this machine has: host, tools, serial ports, boards. `python -m scripts.doctor [--write]`, or `make doctor`.

Shows a screen, writes results/doctor.json, and ends with 1 if something is missing that the default run needs. Whatever
else is missing is listed with what it would enable and one command that brings it. `--write` drafts config/lab.yaml
from the boards that are plugged in, and never touches a file that is there.
"""

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
import yaml
from rich.console import Console
from rich.table import Table
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from firmware.board import Board, board_names, load_board
from firmware.files import whole
from firmware.settings import SettingsError
from scripts.lib.lab import LAB_FILE
from scripts.lib.machine import cpu_name

REPORT = Path("results/doctor.json")
PLAIN_WIDTH = 160
# What no job of the workflow may exceed, and what the README asks for.
_NEEDED_MEMORY_BYTES = 3 * 1000**3
_NEEDED_DISK_BYTES = 4 * 1000**3
_OLDEST_PYTHON = (3, 11)

# Programs that are not part of the locked environment: name, what it enables, the package of the Debian archive.
_PROGRAMS = (
    ("qemu-system-arm", "an independent witness in the tests", "qemu-system-arm"),
    ("gcc", "address sanitizer in the campaign of hostile files", "gcc"),
    ("chromium", "the tests of the report page in a browser", "chromium chromium-driver"),
    ("sbatch", "running the matrix on a cluster (Slurm)", "slurm-client"),
)

# How power monitors call themselves on USB, as part of the product's name.
_MONITORS = {"PPK2": "Nordic PPK2", "PowerShield": "ST LPM01A"}

# Where the boards' flash tools come from.
_FLASH_TOOLS = {
    "bossac": "apt-get install bossa-cli",
    "dfu-util": "apt-get install dfu-util",
    "esptool": "pipx install esptool",
    "openocd": "apt-get install openocd",
    "picotool": "build picotool from Raspberry Pi's sources, or copy the .uf2 by hand",
    "pyocd": "pipx install pyocd",
}


@dataclass(frozen=True)
class Check:
    """One thing that is there or not; `fix` says how to get it, and is empty where nothing is to be done."""

    name: str
    found: str | None
    required: bool
    enables: str
    fix: str

    @property
    def ok(self) -> bool:
        """Whether it is there."""
        return self.found is not None


@dataclass(frozen=True)
class Port:
    """A serial port; `boards` are those whose USB id it has, several where a board's probe does not tell them apart.

    `monitor` names the power monitor behind it.
    """

    device: str
    description: str
    usb: str | None
    serial_number: str | None
    boards: list[str]
    monitor: str | None
    writable: bool


def host() -> dict[str, str | int | float | None]:
    """Return what psutil and the standard library tell about this machine; bytes and MHz."""
    memory, disk, frequency = psutil.virtual_memory(), psutil.disk_usage("."), psutil.cpu_freq()
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": cpu_name(),
        "cores": psutil.cpu_count(logical=False),
        "threads": psutil.cpu_count(),
        "cpu_mhz": round(frequency.current) if frequency else None,
        "memory_bytes": memory.total,
        "memory_available_bytes": memory.available,
        "disk_free_bytes": disk.free,
        "python": platform.python_version(),
    }


def checks(boards: Sequence[Board]) -> list[Check]:
    """Return the state of everything that runs need, required things first."""
    here = host()
    return [
        Check(
            "Python",
            here["python"] if sys.version_info >= _OLDEST_PYTHON else None,
            True,
            "everything",
            "make PYTHON=/path/to/python3.11 env",
        ),
        *(_package(name, enables) for name, enables in _PACKAGES),
        _enough("memory", here["memory_bytes"], _NEEDED_MEMORY_BYTES, "training", "run with --config and fewer models"),
        _enough("disk", here["disk_free_bytes"], _NEEDED_DISK_BYTES, "environment, data and results", "free some disk"),
        _writable(Path("results")),
        *(_program(name, enables, f"apt-get install {package}") for name, enables, package in _PROGRAMS),
        *_flash_tools(boards),
    ]


_PACKAGES = (
    ("ziglang", "compiling images"),
    ("unicorn", "virtual boards"),
    ("snakemake", "the workflow"),
    ("tensorflow", "training and conversion"),
    ("tflite-micro", "the oracle of int8 and int16x8"),
    ("ai-edge-litert", "the oracle of the float schemes"),
)


def _package(name: str, enables: str) -> Check:
    try:
        found = version(name)
    except PackageNotFoundError:
        found = None
    return Check(name, found, True, enables, "rm -rf .venv && make env")


def _enough(name: str, found_bytes: int, needed_bytes: int, enables: str, fix: str) -> Check:
    text = f"{found_bytes / 1e9:.1f} GB" if found_bytes >= needed_bytes else None
    return Check(f"{name} of {needed_bytes / 1e9:.0f} GB", text, True, enables, fix)


def _writable(folder: Path) -> Check:
    nearest = folder if folder.exists() else folder.resolve().parent
    found = str(folder) if os.access(nearest, os.W_OK) else None
    return Check("a folder for results", found, True, "everything", f"chmod u+w {nearest}")


def _program(name: str, enables: str, fix: str) -> Check:
    return Check(name, shutil.which(name), False, enables, fix)


def _flash_tools(boards: Sequence[Board]) -> list[Check]:
    """One check per tool that writes images to real boards, as the boards' files name them."""
    users: dict[str, list[str]] = {}
    for board in boards:
        if board.flash_command:
            users.setdefault(board.flash_command[0], []).append(board.name)
    return [
        _program(tool, f"flashing {', '.join(sorted(names))}", _FLASH_TOOLS.get(tool, f"install {tool}"))
        for tool, names in sorted(users.items())
    ]


def ports(attached: Sequence[ListPortInfo], boards: Sequence[Board]) -> list[Port]:
    """Return the serial ports with the boards that their USB ids stand for, by device name."""
    found = []
    for item in sorted(attached, key=lambda item: item.device):
        names = sorted(b.name for b in boards if any((u.vid, u.pid) == (item.vid, item.pid) for u in b.usb))
        usb = f"{item.vid:04x}:{item.pid:04x}" if item.vid is not None else None
        monitor = next((name for part, name in _MONITORS.items() if part in (item.product or "")), None)
        writable = os.access(item.device, os.R_OK | os.W_OK)
        found.append(Port(item.device, item.description, usb, item.serial_number, names, monitor, writable))
    return found


def draft(found: Sequence[Port]) -> str:
    """Return the text of a config/lab.yaml for the boards at `found`, with the others where an id fits several."""
    lines = ["# Drafted from the boards that were plugged in: check each line."]
    known = [port for port in found if port.boards]
    lines.append("boards:" if known else "boards: []")
    for port in known:
        address = {"usb_serial": port.serial_number} if port.serial_number else {"port": port.device}
        unit = yaml.safe_dump({"board": port.boards[0], **address}, default_flow_style=True, width=1000).strip()
        others = f"   # or {', '.join(port.boards[1:])}" if port.boards[1:] else ""
        lines.append(f"  - {unit}{others}")
    return "\n".join(lines) + "\n"


def show(here: dict, results: Sequence[Check], found: Sequence[Port], console: Console) -> None:
    """Print the screen."""
    console.print(f"[bold]{here['cpu']}[/], {here['threads']} threads, {here['system']}")
    memory, disk = here["memory_available_bytes"] / 1e9, here["disk_free_bytes"] / 1e9
    console.print(f"{memory:.1f} of {here['memory_bytes'] / 1e9:.1f} GB memory available, {disk:.0f} GB disk free\n")
    view = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("", "what", "found", "enables"):
        view.add_column(name)
    for check in results:
        mark = "[green]ok[/]" if check.ok else "[red]missing[/]" if check.required else "[yellow]none[/]"
        view.add_row(mark, check.name, check.found or "", check.enables)
    console.print(view)
    console.print()
    for port in found:
        what = port.monitor or " or ".join(port.boards) or "no board known by this USB id"
        console.print(f"{port.device}  {port.usb or 'no USB id'}  {port.serial_number or ''}  {what}", highlight=False)
        if not port.writable:
            console.print("  no permission to open it: add yourself to its group, usually by: adduser $USER dialout")
    if not found:
        console.print("No serial port is there: every board is virtual.")
    for check in results:
        if not check.ok:
            console.print(f"{'to fix' if check.required else 'to add'} {check.name}: {check.fix}", soft_wrap=True)


def main(arguments: list[str] | None = None) -> int:
    """Examine, show, write; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.doctor", description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"draft {LAB_FILE} from the boards that are plugged in")
    options = parser.parse_args(arguments)
    try:
        boards = [load_board(name) for name in board_names()]
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    here, results, found = host(), checks(boards), ports(list_ports.comports(), boards)
    show(here, results, found, Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH))
    report = {
        "host": here,
        "checks": [{**asdict(check), "ok": check.ok} for check in results],
        "ports": [asdict(port) for port in found],
    }
    try:
        with whole(REPORT) as part:
            part.write_text(json.dumps(report, indent=2) + "\n")
        if options.write:
            return _write_lab(found)
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return int(any(check.required and not check.ok for check in results))


def _write_lab(found: Sequence[Port]) -> int:
    if LAB_FILE.exists():
        print(f"error: {LAB_FILE} is there already and stays as it is; this would be its draft:", file=sys.stderr)
        print(draft(found), file=sys.stderr)
        return 1
    with whole(LAB_FILE) as part:
        part.write_text(draft(found))
    print(f"wrote {LAB_FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
