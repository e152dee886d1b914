"""Measures an exported benchmark sketch on any board: python -m scripts.measure_port --port … --model … --scheme …

The board needs no description here, only a serial port behind which the sketch runs. All test vectors are compared
with the oracle; no time is shown unless they agree. Refuses a board that runs another model.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.device.link import DeviceError
from scripts.device.protocol import Device
from scripts.lib.digest import sha256_of
from scripts.lib.vectors import Vectors, VectorsError, load_vectors

_BAUD = 115_200
_RUNS = 20  # of the lap, whose clock may count whole microseconds only


@dataclass(frozen=True)
class PortMeasurement:
    """Cycles of one inference; `lap_us` is the same and the copying of the input by the board's own clock."""

    version: str
    samples: int
    worst: float
    cycles: int
    lap_us: float


def measure_port(port: str, tflite: Path, vectors: Vectors) -> PortMeasurement:
    """Return what the model in `tflite` does on the board behind `port`; raises DeviceError."""
    with Device.behind(port, _BAUD, port) as device:
        found, wanted = device.version() or "", sha256_of(tflite)[:16]
        if found.split(" ")[-1] != wanted:
            raise DeviceError(
                f"{port}: expected the model {wanted} of {tflite}, the board runs {found or 'no sketch'!r}"
            )
        samples = range(len(vectors))
        worst = max(vectors.difference(sample, device.prove(vectors.content(sample))) for sample in samples)
        timing, _ = device.measure(vectors.content(0))
        lap_us = device.infer(_RUNS, 0).elapsed_us / _RUNS
    return PortMeasurement(found, len(vectors), worst, timing.cycles, lap_us)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print one line, and return the exit code: 0 if all outputs agree with the oracle."""
    parser = argparse.ArgumentParser(prog="python -m scripts.measure_port", description=__doc__.split(":")[0])
    parser.add_argument("--port", required=True, help="serial device or pyserial URL")
    parser.add_argument("--model", required=True, help="that was exported: docs/export.md")
    parser.add_argument("--scheme", required=True, help="likewise")
    options = parser.parse_args(arguments)
    tflite = Path(f"results/models/{options.model}/{options.scheme}.tflite")
    try:
        vectors = load_vectors(tflite.with_suffix(".vectors.npz"))
        done = measure_port(options.port, tflite, vectors)
    except (DeviceError, VectorsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    agreement = f"{done.samples} outputs differ from {vectors.oracle} by {done.worst:g} at most"
    if done.worst > vectors.tolerance:
        print(f"error: {options.port}: {agreement}, tolerance {vectors.tolerance:g}", file=sys.stderr)
        return 1
    print(f"{done.version}: {done.cycles} cycles, {done.lap_us:g} us; {agreement}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
