"""Measures an image that another engine built, so that it stands beside ours in the table.

The image needs nothing but the MLPerf Tiny protocol: outputs are compared with the oracle to the three decimals that
"m-results" prints, and time is that between its two laps, over as many runs as make the microsecond small.
"""

from pathlib import Path

import numpy as np
from elftools.common.exceptions import ELFError
from elftools.elf.constants import P_FLAGS
from elftools.elf.elffile import ELFFile

from firmware.board import Board, load_board
from firmware.build import kib
from firmware.compiler.read import read_model
from scripts.device.link import DeviceError
from scripts.device.power.inference import measure_energy
from scripts.device.protocol import Device
from scripts.device.reach import Reached, reach
from scripts.device.virtual_board import VirtualBoardStopped
from scripts.lib import energy, results
from scripts.lib.config import Image, load_image
from scripts.lib.cycle_error import error_pct
from scripts.lib.digest import sha256_of
from scripts.lib.job import logged
from scripts.lib.lab import Lab, load_lab
from scripts.lib.quantization import dequantize
from scripts.lib.vectors import apart, load_vectors

# Half a unit of the third decimal, and what a device may lose in computing it.
DECIMAL3_TOLERANCE = 0.001
# Runs are repeated until a lap of one microsecond is no more than this part of the whole.
_RESOLUTION = 1e-4


def measure_image(
    image: Image, file: Path, board: Board, tflite: Path, vectors: Path, lab: Lab | None = None
) -> results.Measurement:
    """Return the record of one foreign image; raises DeviceError or ELFError for what is no result."""
    memory = _memory(file, board)
    provenance = results.RunProvenance(
        elf_sha256=sha256_of(file),
        tflite_sha256=sha256_of(tflite),
        compiler="unknown",
        emulator=None,
    )
    names = {"model": image.model, "scheme": image.scheme, "board": image.board, "engine": image.engine}
    common = {**names, "memory": memory, "layers": []}
    short = [
        f"needs {kib(part.total)} {kind}, board has {kib(part.capacity)}"
        for kind, part in (("flash", memory.flash), ("RAM", memory.ram))
        if part and part.total > part.capacity
    ]
    unable = not board.target.modelled and not (lab and lab.units(board.name))
    if short or unable:
        return results.Measurement(
            **common,
            status="does_not_fit" if short else "unsupported",
            reason="; ".join(short) or f"{board.core} is functional only: no virtual board tells what an image costs",
            latency=None,
            energy=None,
            parity=None,
            provenance=provenance,
        )
    try:
        with reach(board, file, lab or Lab(), strict=False) as reached:
            latency, parity, spent = _run(reached, board, tflite, vectors)
            provenance = provenance.model_copy(update={"emulator": reached.emulator})
    except VirtualBoardStopped as error:
        reason = " ".join(str(error).split())
        return results.Measurement(
            **common, status="failed", reason=reason, latency=None, energy=None, parity=None, provenance=provenance
        )
    reason = None
    if not parity.proven:
        reason = f"output differs from {parity.oracle} by {parity.max_abs_diff}, tolerance {parity.tolerance:g}"
    return results.Measurement(
        **common,
        status="mismatch" if reason else "ok",
        reason=reason,
        latency=None if reason else latency,
        energy=None if reason else spent or energy.estimate(board.power, latency.us),
        parity=parity,
        provenance=provenance,
    )


def _memory(file: Path, board: Board) -> results.Memory:
    """Count what the file loads and what it reserves; a raw binary does not tell its RAM."""
    capacity = board.image_region.size_bytes
    if file.suffix == ".bin":
        size = file.stat().st_size
        return results.Memory(flash=results.Flash(code=size, weights=0, total=size, capacity=capacity), ram=None)
    with file.open("rb") as content:
        try:
            segments = list(ELFFile(content).iter_segments("PT_LOAD"))
        except ELFError as error:
            raise DeviceError(f"{file}: not an ELF file: {error}") from error
        flash = sum(segment["p_filesz"] for segment in segments)
        ram = sum(segment["p_memsz"] for segment in segments if segment["p_flags"] & P_FLAGS.PF_W)
    return results.Memory(
        flash=results.Flash(code=flash, weights=0, total=flash, capacity=capacity),
        ram=results.UsedRam(
            arena=0,
            static=ram,
            stack_peak=None,
            total=ram,
            capacity=sum(region.size_bytes for region in board.rams),
        ),
    )


def _run(
    reached: Reached, board: Board, tflite: Path, vectors: Path
) -> tuple[results.Latency, results.Parity, results.Energy | None]:
    """Return latency, parity, and energy if a monitor measured it."""
    reference = load_vectors(vectors)
    expected = _real(reference.outputs[0], tflite)
    oracle = f"{reference.oracle} (decimal3)"
    with Device.behind(reached.port, board.console.baud, board.name) as device:
        worst = 0.0
        for sample, values in enumerate(expected):
            content = reference.content(sample)
            worst = max(worst, _difference(device.confirm(content, runs=1, warmups=0).results, values))
        once = max(device.confirm(content, runs=1, warmups=1).elapsed_us, 1)
        runs = max(1, round(1 / (once * _RESOLUTION)))
        us = device.confirm(content, runs=runs, warmups=0).elapsed_us / runs
        spent = measure_energy(reached.monitor, device, us, None) if reached.monitor else None
    parity = results.Parity(oracle=oracle, samples=len(reference), max_abs_diff=worst, tolerance=DECIMAL3_TOLERANCE)
    latency = results.Latency(
        cycles=max(1, round(us * board.clock_hz / 1e6)),
        us=us,
        clock_hz=board.clock_hz,
        runs=runs,
        provenance=reached.provenance,
        error_pct=error_pct(board.core, reached.provenance),
    )
    return latency, parity, spent


def _real(outputs: np.ndarray, tflite: Path) -> np.ndarray:
    """Return the oracle's outputs (n, …) as real numbers: scale * (q - zero point) where they are quantized."""
    tensor = read_model(tflite.read_bytes()).outputs[0]
    if not tensor.scale.size:
        return dequantize(outputs, None, None)
    return dequantize(outputs, float(tensor.scale[0]), int(tensor.zero_point[0]))


def _difference(printed: list[str], reference: np.ndarray) -> float:
    """Return the largest absolute difference; what is no number, or too few of them, counts as infinite."""
    try:
        return apart(np.array([float(value) for value in printed]), reference)
    except ValueError:
        return float("inf")


if job := globals().get("snakemake"):
    with logged(job):
        image = load_image(job.wildcards.image)
        record = measure_image(
            image,
            Path(job.input.file),
            load_board(image.board),
            Path(job.input.tflite),
            Path(job.input.vectors),
            load_lab(),
        )
        results.write(Path(job.output[0]), record)
        print(record.status, record.reason or "")
