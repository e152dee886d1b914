"""Runs one image on one board and records what it did.

The outputs for every test vector are compared with the oracle before any latency is reported. Cycles are counted by the
image itself. An image that stops its virtual board, or answers wrongly, is a result; a port that cannot be used is an
error.
"""

from pathlib import Path

from firmware.board import Board, load_board
from scripts.device.link import open_port
from scripts.device.power.inference import measure_energy
from scripts.device.protocol import Device, MemoryUse, Timing
from scripts.device.reach import Reached, reach
from scripts.device.virtual_board import VirtualBoardStopped
from scripts.lib import energy, results
from scripts.lib.cycle_error import error_pct
from scripts.lib.job import logged
from scripts.lib.lab import Lab, load_lab
from scripts.lib.vectors import load_vectors

# Few: a warm-up and the profile of the layers run with each, and inputs make little difference.
_TIMED_SAMPLES = 3


class WrongImage(RuntimeError):
    """The board runs another image than the one that was to be measured."""


def measure_cell(
    elf: Path,
    build: results.BuildRecord,
    board: Board,
    vectors: Path,
    lab: Lab | None = None,
    trace_file: Path | None = None,
) -> results.Measurement:
    """Return the record of one cell, measured on a unit of the lab, or on a virtual board if the lab has none.

    Where a monitor is wired to the unit, energy is measured and its trace goes to `trace_file`.
    """
    if build.status != "ok":
        return build.without_run()
    try:
        with reach(board, elf, lab or Lab()) as reached:
            return _measure(reached, build, board, vectors, trace_file)
    except VirtualBoardStopped as error:
        return build.without_run("failed", str(error))


def _measure(
    reached: Reached, build: results.BuildRecord, board: Board, vectors: Path, trace_file: Path | None
) -> results.Measurement:
    reference = load_vectors(vectors)
    oracle, tolerance = reference.oracle, reference.tolerance
    with open_port(reached.port, board.console.baud) as link:
        device = Device(link, board.name)
        device.synchronise()
        _check_identity(device, build, board)
        samples = [reference.content(sample) for sample in range(len(reference))]
        worst, timings = 0.0, []
        for sample, content in enumerate(samples):
            worst = max(worst, reference.difference(sample, device.prove(content)))
            if sample == 0:
                print("What was said on the serial line for the first sample:", *device.transcript, sep="\n")
        print(f"{len(samples)} samples, largest difference {worst:g}")
        for content in samples[:_TIMED_SAMPLES]:
            timing, use = device.measure(content)
            timings.append(timing)
            print(f"sample {len(timings)}: {timing.cycles} cycles")
        spent = None
        if reached.monitor and worst <= tolerance:
            latency_us = _median(timings).cycles * 1e6 / board.clock_hz
            spent = measure_energy(reached.monitor, device, latency_us, trace_file)
    parity = results.Parity(oracle=oracle, samples=len(reference), max_abs_diff=worst, tolerance=tolerance)
    if worst > tolerance:
        reason = f"output differs from {oracle} by {worst:g}, tolerance {tolerance:g}"
        return build.without_run("mismatch", reason).model_copy(update={"parity": parity})
    return _record(build, board, parity, timings, use, reached, spent)


def _median(timings: list[Timing]) -> Timing:
    return sorted(timings, key=lambda timing: timing.cycles)[(len(timings) - 1) // 2]


def _check_identity(device: Device, build: results.BuildRecord, board: Board) -> None:
    expected = f"boardwalk {board.name} {build.provenance.tflite_sha256[:16]}"
    found = device.version()
    if found != expected:
        raise WrongImage(f"{board.name}: expected the image {expected!r}, the board runs {found!r}")


def _record(
    build: results.BuildRecord,
    board: Board,
    parity: results.Parity,
    timings: list[Timing],
    use: MemoryUse,
    reached: Reached,
    spent: results.Energy | None,
) -> results.Measurement:
    """Latency and layers are those of the median run, so that they belong together; `spent` is measured energy."""
    median = _median(timings)
    planned = build.memory.ram
    us = median.cycles * 1e6 / board.clock_hz
    return results.Measurement(
        model=build.model,
        scheme=build.scheme,
        board=build.board,
        status="ok",
        reason=None,
        latency=results.Latency(
            cycles=median.cycles,
            us=us,
            clock_hz=board.clock_hz,
            runs=len(timings),
            provenance=reached.provenance,
            error_pct=error_pct(board.core, reached.provenance),
        ),
        memory=results.Memory(
            flash=build.memory.flash,
            ram=results.UsedRam(
                arena=use.arena,
                static=use.static,
                stack_peak=use.stack_peak,
                total=use.arena + use.static + use.stack_peak,
                capacity=planned.capacity,
            ),
        ),
        energy=spent or energy.estimate(board.power, us),
        parity=parity,
        layers=[
            results.Layer(**layer.model_dump(), cycles=cycles)
            for layer, cycles in zip(build.layers, median.layer_cycles, strict=True)
        ],
        engine=build.engine,
        provenance=results.RunProvenance(**build.provenance.model_dump(), emulator=reached.emulator),
    )


if job := globals().get("snakemake"):
    with logged(job):
        trace_file = Path(job.output[0]).with_name("trace.csv")
        trace_file.unlink(missing_ok=True)  # of an earlier run, perhaps of another board
        record = measure_cell(
            Path(job.input.elf),
            results.read(Path(job.input.build), results.BuildRecord),
            load_board(job.wildcards.board),
            Path(job.input.vectors),
            load_lab(),
            trace_file,
        )
        results.write(Path(job.output[0]), record)
        print(record.status, record.reason or "")
