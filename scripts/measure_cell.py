"""Runs one image on one board and records what it did.

Before any latency is reported, the outputs for the test vectors are compared with the oracle: for all of them, or for a
few if the board is slow. Cycles are counted by the image itself. An image that stops its virtual board, or answers
wrongly, is a result; a port that cannot be used is an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from firmware.board import Board, load_board
from scripts.device.power.inference import measure_energy
from scripts.device.protocol import Device, MemoryUse, Timing
from scripts.device.reach import Reached, reach
from scripts.device.virtual_board import VirtualBoardStopped
from scripts.lib import energy, results
from scripts.lib.cycle_error import error_pct
from scripts.lib.job import begin_part, logged
from scripts.lib.lab import Lab, load_lab
from scripts.lib.vectors import Vectors, load_vectors

# Few: a warm-up and the profile of the layers run with each, and inputs make little difference.
_TIMED_SAMPLES = 3
# A board that takes seconds for an inference is not kept for minutes: it proves no more samples once it was busy for so
# long, and it times one, without a warm-up: its caches fill in a thousandth of the time.
_PROVING_S, _LEAST_PROVEN, _SLOW_S = 5.0, 3, 0.5
# Labwired runs some 300,000 instructions a second: what is larger would not answer in time, and of what is not small
# few samples are run.
_FUNCTIONAL_MACS, _FUNCTIONAL_MACS_OF_SAMPLES, _FUNCTIONAL_INFER_S = 1_000_000, 300_000, 1800.0


@dataclass(frozen=True)
class Proof:
    """The samples that were run, the largest difference from the oracle's outputs, and how long one took the board."""

    samples: Vectors
    worst: float
    infer_s: float

    @property
    def holds(self) -> bool:
        """Whether the outputs are right."""
        return self.worst <= self.samples.tolerance


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
    reference, lab = load_vectors(vectors), lab or Lab()
    functional = not board.target.modelled and not lab.units(board.name)
    if functional and build.macs > _FUNCTIONAL_MACS:
        reason = f"functional only: labwired runs models up to {_FUNCTIONAL_MACS:,} MACs, this one has {build.macs:,}"
        return build.without_run("unsupported", reason)
    try:
        # Outputs do not depend on wait states: a virtual board proves them without, several times faster.
        with reach(board, elf, lab, timed=False) as reached, _talk(reached, build, board) as device:
            if functional:
                reference = reference.first(max(1, _FUNCTIONAL_MACS_OF_SAMPLES // max(1, build.macs)))
            proof = _prove(device, reference)
            if reached.make_timed and proof.holds:
                reached.make_timed()
                device.synchronise()
                _check_identity(device, build, board)
            return _measure(device, reached, build, board, proof, trace_file)
    except VirtualBoardStopped as error:
        return build.without_run("failed", str(error))


@contextmanager
def _talk(reached: Reached, build: results.BuildRecord, board: Board) -> Iterator[Device]:
    """Give the device behind the port, once it has said that it runs the image."""
    infer_s = _FUNCTIONAL_INFER_S if reached.functional else None
    with Device.behind(reached.port, board.console.baud, board.name, infer_s) as device:
        _check_identity(device, build, board)
        yield device


def _prove(device: Device, reference: Vectors) -> Proof:
    """Run the samples, or a few of them on a slow board."""
    worst = 0.0
    for sample in range(len(reference)):
        worst = max(worst, reference.difference(sample, device.prove(reference.content(sample))))
        if sample == 0:
            print("What was said on the serial line for the first sample:", *device.transcript, sep="\n")
        if device.busy_s >= _PROVING_S and sample + 1 >= _LEAST_PROVEN:
            break
    print(f"{sample + 1} samples, largest difference {worst:g}")
    return Proof(reference.first(sample + 1), worst, device.busy_s / (sample + 1))


def _measure(
    device: Device,
    reached: Reached,
    build: results.BuildRecord,
    board: Board,
    proof: Proof,
    trace_file: Path | None,
) -> results.Measurement:
    """Time the first samples, unless the outputs are wrong by more than the tolerance."""
    reference, worst, oracle, tolerance = proof.samples, proof.worst, proof.samples.oracle, proof.samples.tolerance
    parity = results.Parity(oracle=oracle, samples=len(reference), max_abs_diff=worst, tolerance=tolerance)
    if not proof.holds:
        reason = f"output differs from {oracle} by {worst:g}, tolerance {tolerance:g}"
        return build.without_run("mismatch", reason).model_copy(update={"parity": parity})
    if reached.functional:
        timing, use = device.measure(reference.content(0))
        reason = f"functional only: {reached.emulator} counts instructions, not cycles"
        return build.without_latency(reason, _used(use, build), parity, timing.cycles, reached.emulator)
    timings, spent = [], None
    samples, warmups = (1, 0) if proof.infer_s >= _SLOW_S else (_TIMED_SAMPLES, 1)
    for sample in range(min(samples, len(reference))):
        timing, use = device.measure(reference.content(sample), warmups)
        timings.append(timing)
        print(f"sample {len(timings)}: {timing.cycles} cycles")
    if reached.monitor:
        latency_us = _median(timings).cycles * 1e6 / board.clock_hz
        spent = measure_energy(reached.monitor, device, latency_us, trace_file)
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
            ram=_used(use, build),
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


def _used(use: MemoryUse, build: results.BuildRecord) -> results.UsedRam:
    return results.UsedRam(
        arena=use.arena,
        static=use.static,
        stack_peak=use.stack_peak,
        total=use.arena + use.static + use.stack_peak,
        capacity=build.memory.ram.capacity,
    )


if job := globals().get("snakemake"):
    with logged(job):
        board, lab = load_board(job.wildcards.board), load_lab()
        for number, output in enumerate(map(Path, job.output)):
            begin_part(output.parent.parent.name)
            trace_file = output.with_name("trace.csv")
            trace_file.unlink(missing_ok=True)  # of an earlier run, perhaps of another board
            record = measure_cell(
                Path(job.input.elf[number]),
                results.read(Path(job.input.build[number]), results.BuildRecord),
                board,
                Path(job.input.vectors[number]),
                lab,
                trace_file,
            )
            results.write(output, record)
            print(record.status, record.reason or "")
