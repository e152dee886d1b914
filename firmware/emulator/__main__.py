"""Run an image on a virtual board: `python -m firmware.emulator IMAGE --board NAME [--pty LINK]`.

Prints `port: /dev/pts/N` when the UART can be opened. Runs until SIGTERM, SIGINT or the end of its standard input, if
that is a pipe (so that it does not outlive its parent), and then exits 0; when the board stops, it says why on standard
error and exits 1. With --lenient it does not stop for registers that are not modelled, but lists them at the end;
with --realtime its clock never runs ahead of the host's; with --untimed its memories answer at once, which is several
times faster and right for outputs, not for cycles; with --sensor the board's sensor gives the samples of a CSV file.
A board that asks for a reset gets it. With --flash the contents of flash come from a file and stay in it, so that an
update outlives the process; --cut cuts its power while it is written.

A board that began --untimed is switched off and on again, with its wait states, when its standard input says `timed`;
it then prints its port once more.
"""

import argparse
import contextlib
import mmap
import os
import random
import select
import signal
import stat
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from firmware.board import Board, load_board
from firmware.emulator.flash import Power
from firmware.emulator.image import ImageError, read_image
from firmware.emulator.machine import BoardReset, BoardStopped, VirtualBoard
from firmware.emulator.sensors import attach_sensor
from firmware.settings import SettingsError


@dataclass
class _Session:
    """The machine that runs now, and the board that it becomes when it is switched on again; None for the same."""

    machine: VirtualBoard
    next_board: Board | None = None


def main(arguments: list[str]) -> int:
    """Run until the board stops; returns the exit code."""
    options = _parse(arguments)
    try:
        timed = load_board(options.board)
        board = timed.model_copy(update={"timing": None}) if options.untimed else timed
        image = read_image(options.image, board, options.at)
        memory = {board.flash.name: _kept_flash(options.flash, board)} if options.flash else None
        power = Power(options.cut, random.Random(options.cut))
        machine = VirtualBoard(board, image, options.lenient, options.realtime, memory, power)
        if options.sensor:
            attach_sensor(machine, options.sensor)
        if options.pty:
            _link(options.pty, machine.console.path)
    except (SettingsError, ImageError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 1
    session = _Session(machine)
    _watch(session, timed, options.pty)
    print(f"port: {machine.console.path}", flush=True)
    try:
        while True:
            try:
                session.machine.run()
            except BoardReset as stop:
                asked, session.next_board = session.next_board, None
                session.machine = session.machine.restart(stop.cause, asked)
                if options.sensor:
                    attach_sensor(session.machine, options.sensor)
                if asked:
                    print(f"port: {machine.console.path}", flush=True)
                else:
                    print(f"virtual board was reset: {stop}", file=sys.stderr, flush=True)
    except BoardStopped as stop:
        _report(session.machine)
        print(f"virtual board stopped: {stop}", file=sys.stderr, flush=True)
    finally:
        _unlink(options.pty)
    return 1


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m firmware.emulator", description="Run an image on a virtual board.")
    parser.add_argument("image", type=Path, help="the image: an ELF file, or the bytes of flash in a .bin file")
    parser.add_argument("--board", required=True, help="a name from config/boards")
    parser.add_argument(
        "--at",
        type=lambda text: int(text, 0),
        metavar="ADDRESS",
        help="where its vector table is, if not where ours is",
    )
    parser.add_argument("--lenient", action="store_true", help="list registers that are not modelled, and go on")
    parser.add_argument("--untimed", action="store_true", help="memories without wait states: fast, for outputs alone")
    parser.add_argument("--sensor", type=Path, metavar="CSV", help="samples of the board's sensor, a line each")
    parser.add_argument("--realtime", action="store_true", help="never let the board's time run ahead of the host's")
    parser.add_argument("--flash", type=Path, metavar="FILE", help="all of flash is this file, and stays in it")
    parser.add_argument("--cut", type=int, metavar="N", help="cut the power at the Nth operation of flash, once")
    parser.add_argument("--pty", type=Path, metavar="LINK", help="make LINK point to the serial port while running")
    return parser.parse_args(arguments)


def _kept_flash(path: Path, board: Board) -> mmap.mmap:
    """Return the contents of a file as the board's flash; changes go to the file."""
    try:
        with path.open("r+b") as file:
            if path.stat().st_size != board.flash.size_bytes:
                raise ImageError(f"{path}: expected {board.flash.size_bytes} bytes, the flash of {board.name}")
            return mmap.mmap(file.fileno(), 0)
    except OSError as error:
        raise ImageError(f"{path}: cannot be used as flash: {error.strerror}") from error


def _link(link: Path, target: str) -> None:
    """Make the symbolic link; replaces an old link, refuses to replace anything else."""
    if link.exists() and not link.is_symlink():
        raise FileExistsError(f"{link}: exists and is not a symbolic link")
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _unlink(link: Path | None) -> None:
    if link:
        with contextlib.suppress(OSError):
            link.unlink()


def _report(machine: VirtualBoard) -> None:
    for line in machine.report():
        print(line, file=sys.stderr, flush=True)


def _watch(session: _Session, timed: Board, link: Path | None) -> None:
    """End the process on SIGTERM, SIGINT or end of input; make the board `timed` when the input says so.

    The engine runs in C on the main thread, where no Python signal handler can run: a thread waits in its place, woken
    through the descriptor that the interpreter's C handler writes to.
    """
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(wake)
    threading.Thread(target=_wait_for_end, args=(woken, session, timed, link), daemon=True).start()


def _wait_for_end(woken: int, session: _Session, timed: Board, link: Path | None) -> None:
    kind = os.fstat(0).st_mode
    watched = [woken, 0] if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) else [woken]
    while True:
        readable = select.select(watched, [], [])[0]
        said = os.read(0, 4096) if 0 in readable else None
        if woken in readable or said == b"":
            _unlink(link)
            _report(session.machine)
            os._exit(0)
        if said == b"timed\n":
            session.next_board = timed
            session.machine.switch_off()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
