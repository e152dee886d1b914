"""Records labelled windows from a board's sensor: make collect BOARD=… DATASET=… LABEL=… SECONDS=… [PORT=…]

Writes data/recorded/<dataset>/<label>/<number>.csv, one window each, and manifest.json, which says whence each
came. A window with a gap is thrown away, counted and recorded again. What is there counts: a second call goes on until
there are SECONDS of the label. A folder of such folders is a dataset: loader class_folders. Refuses a dataset that was
begun with another sensor or window, and a window that is no longer what the manifest says.
"""

import argparse
import contextlib
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from firmware.board import Board, load_board
from firmware.files import whole
from firmware.settings import SettingsError
from firmware.stream import build_stream
from scripts.device.link import DeviceError
from scripts.device.reach import reach
from scripts.device.sensor import SamplesLost, SensorInfo, SensorStream
from scripts.lib.digest import sha256_of
from scripts.lib.lab import Lab, load_lab
from scripts.lib.prepared import DataError

FOLDER = Path("data/recorded")
MOST_LOST = 10  # windows in a row
QUEUE_S = 60.0  # somebody waits for the board
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class Recording:
    """A dataset folder and its manifest, which is written anew after every window."""

    def __init__(self, folder: Path, form: dict[str, Any]):
        """`form` is what all windows share: sensor, rate, axes, unit and samples of a window."""
        self.folder, self._path = folder, folder / "manifest.json"
        self.content = {**form, "windows": []}
        if self._path.is_file():
            try:
                self.content = json.loads(self._path.read_text())
                _ = [self.content[key] for key in (*form, "windows")]
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{self._path}: not a manifest of recorded windows: {error}") from error
        begun = {key: self.content[key] for key in form}
        if begun != form:
            raise DataError(f"{self._path}: begun with {begun}, now {form}")

    def of(self, label: str) -> list[dict[str, Any]]:
        """Return the entries of a label; raises DataError for a window that is not what was recorded."""
        entries = [entry for entry in self.content["windows"] if entry["label"] == label]
        for entry in entries:
            path = self.folder / entry["file"]
            if not path.is_file() or sha256_of(path) != entry["sha256"]:
                raise DataError(f"{path}: missing, or not what {self._path} says")
        return entries

    def add(self, label: str, window: np.ndarray, **origin: Any) -> None:
        """Write one window, then the manifest; a window that is in none was interrupted, and is overwritten."""
        name = f"{label}/{len(self.of(label)):05d}.csv"
        text = "".join(f"{','.join(map(str, row))}\n" for row in window.tolist())
        with whole(self.folder / name) as part:
            part.write_text(text)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        self.content["windows"].append({"file": name, "label": label, "sha256": sha256, **origin})
        with whole(self._path) as part:
            part.write_text(json.dumps(self.content, indent=1) + "\n")


def collect(stream: SensorStream, folder: Path, label: str, windows: int, samples: int, board: str) -> tuple[int, int]:
    """Record until there are `windows` of `label`, of so many `samples`; returns (recorded, thrown away)."""
    info = stream.sensor()
    recording = Recording(folder, form_of(info, samples))
    there, lost, in_a_row = len(recording.of(label)), 0, 0
    for number in range(there, windows):
        while True:
            try:
                window = stream.record(info, samples)
                break
            except SamplesLost as error:
                lost, in_a_row = lost + 1, in_a_row + 1
                print(f"{error}; recording it again", flush=True)
                if in_a_row == MOST_LOST:
                    raise
        recording.add(label, window, board=board, lost_before=in_a_row)
        in_a_row = 0
        print(f"{label}: {number + 1} of {windows} windows", flush=True)
    return max(0, windows - there), lost


def form_of(info: SensorInfo, samples: int) -> dict[str, Any]:
    """Return what all windows of a dataset share."""
    form = asdict(info)
    return {"sensor": form.pop("name"), **form, "samples": samples}


@contextlib.contextmanager
def streaming(board: Board, port: str | None, samples: Path | None) -> Iterator[str]:
    """Give the port behind which the streaming image runs: `port`, where it was flashed before, a unit of the lab, or a
    virtual board whose sensor gives the `samples` of a file."""
    if port:
        yield port
        return
    with tempfile.TemporaryDirectory(prefix="boardwalk-collect-") as scratch:
        image = Path(scratch) / "stream.elf"
        build_stream(board, image)
        lab = Lab() if samples else load_lab()
        with reach(board, image, lab, timed=False, sensor=samples, queue_s=QUEUE_S) as reached:
            yield reached.port


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.collect_data", description=__doc__.split(":")[0])
    parser.add_argument("--board", required=True, help="a name from config/boards whose file names a sensor")
    parser.add_argument("--dataset", required=True, help="folder of data/recorded/ that takes the windows")
    parser.add_argument("--label", required=True, help="class of what is recorded: folder of the dataset")
    parser.add_argument("--seconds", type=float, required=True, help="of this label, with what is there already")
    parser.add_argument("--window", type=int, default=128, metavar="SAMPLES", help="samples of one window (128)")
    parser.add_argument("--port", help="serial port of a board that runs the streaming image already")
    parser.add_argument("--samples", type=Path, metavar="CSV", help="what the sensor of a virtual board gives")
    options = parser.parse_args(arguments)
    for key in ("dataset", "label"):
        if not _NAME.fullmatch(getattr(options, key)):
            parser.error(f"--{key}: expected lower-case letters, digits, - and _, got {getattr(options, key)!r}")
    if options.seconds <= 0 or not 1 <= options.window <= 999_999:
        parser.error("--seconds and --window must be positive, and a window has 999,999 samples at most")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Record and return the exit code."""
    options = _parse(arguments)
    folder = FOLDER / options.dataset
    try:
        board = load_board(options.board)
        with (
            streaming(board, options.port, options.samples) as port,
            SensorStream.behind(port, board.console.baud, port) as stream,
        ):
            windows = max(1, round(options.seconds * stream.sensor().rate_hz / options.window))
            recorded, lost = collect(stream, folder, options.label, windows, options.window, board.name)
    except (DeviceError, DataError, SettingsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{folder}: {recorded} windows of {options.label!r} recorded, {lost} thrown away; {windows} there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
