"""Watches devices in the field: python -m scripts.monitor [--port …].

Asks each device for its heartbeat, keeps them all in an SQLite file, shows them on a page on this machine's loopback,
and says when one falls silent or sees other classes than its model was validated on. Without a port the devices are
the virtual ones below results/devices/, in real time. Ends on Ctrl-C.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from firmware.board import load_board
from firmware.settings import SettingsError
from scripts.deployment.device import FOLDER, is_device, running
from scripts.device.link import DeviceError
from scripts.lib.record import ResultError
from scripts.monitoring.page import served
from scripts.monitoring.store import Store, StoreError
from scripts.monitoring.watch import Monitor, Watch

_SHORTEST_S = 10.0  # between two heartbeats: one takes 30 ms of a line of 115200 baud, and all 0.5 % of the time


def main(arguments: list[str] | None = None) -> int:
    """Watch until told to end; return the exit code."""
    options = _parse(arguments)
    try:
        store = Store(options.database)
        with _ports(options.port) as ports:
            watches = [Watch(name, port, options.baud, options.every_s, store, options.models) for name, port in ports]
            monitor = Monitor(watches, lambda line: print(line, flush=True))
            with served(monitor.states, options.page) as address:
                print(f"page: {address}", *(f"{name}: {port}" for name, port in ports), sep="\n", flush=True)
                end_s = time.monotonic() + options.seconds if options.seconds else float("inf")
                monitor.run(lambda: time.monotonic() > end_s)
    except KeyboardInterrupt:
        return 0
    except (DeviceError, StoreError, SettingsError, ResultError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.monitor", description=__doc__.split(":")[0])
    parser.add_argument("--port", nargs="*", default=[], help="serial ports or pyserial URLs")
    parser.add_argument("--baud", type=int, default=115_200, help="default: 115200")
    parser.add_argument("--every-s", type=_interval, default=_SHORTEST_S, help="between heartbeats; default: 10")
    parser.add_argument("--page", type=int, default=8765, help="TCP port of the page; 0 is any free one; default: 8765")
    parser.add_argument(
        "--database", type=Path, default=Path("results/monitor.sqlite"), help="default: results/monitor.sqlite"
    )
    parser.add_argument("--models", type=Path, default=Path("results/models"), help="where validations are")
    parser.add_argument("--seconds", type=float, help="end after this time")
    return parser.parse_args(arguments)


def _interval(text: str) -> float:
    value = float(text)
    if not value >= _SHORTEST_S:
        raise argparse.ArgumentTypeError(f"{text}: expected {_SHORTEST_S:g} s or more")
    return value


@contextmanager
def _ports(given: list[str]) -> Iterator[list[tuple[str, str]]]:
    """Give (name, port) of the devices."""
    if given:
        yield [(Path(port).name, port) for port in given]
        return
    folders = sorted(folder for folder in FOLDER.glob("*-virtual") if is_device(folder))
    if not folders:
        raise DeviceError(f"no port named, and no virtual device in {FOLDER}: make deploy makes one")
    with ExitStack() as stack:
        yield [
            (
                folder.name,
                stack.enter_context(running(folder, load_board(folder.name[: -len("-virtual")]), realtime=True)),
            )
            for folder in folders
        ]


if __name__ == "__main__":
    sys.exit(main())
