"""Times one model on this machine, with the C that boards run, for comparison; its numbers are no board's.

The outputs for every test vector are compared with the oracle first. Memory is the resident set of this process, with
the interpreter in it.
"""

import hashlib
import statistics
import time
from pathlib import Path

import numpy as np
import psutil

from firmware import toolchain
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.host import HostModel
from firmware.compiler.model import compile_model
from scripts.lib import results
from scripts.lib.job import begin_part, logged
from scripts.lib.table import ENGINE
from scripts.lib.vectors import load_vectors

# Long enough for the timer, short enough that a busy machine spoils few of them.
_BATCH_S = 0.01
_BATCHES = 21


def measure_host(tflite: Path, vectors: Path, model: str, scheme: str) -> results.Measurement:
    """Return the record of one model on this machine."""
    content = tflite.read_bytes()
    provenance = results.RunProvenance(
        elf_sha256=None,
        tflite_sha256=hashlib.sha256(content).hexdigest(),
        compiler=toolchain.compiler_id(),
        emulator=None,
    )
    record = results.Measurement(
        model=model,
        scheme=scheme,
        board=results.HOST,
        status="failed",
        reason="not measured yet",
        latency=None,
        memory=None,
        energy=None,
        parity=None,
        layers=[],
        engine=ENGINE,
        provenance=provenance,
    )
    try:
        arena_bytes = compile_model(content).plan.arena_bytes
        host = HostModel(tflite)
    except UnsupportedModel as error:
        return _changed(record, status="unsupported", reason=str(error))
    reference = load_vectors(vectors)
    oracle, tolerance = reference.oracle, reference.tolerance
    inputs = reference.inputs[0].reshape(len(reference), *host.inputs[0].shape)
    parity = results.Parity(
        oracle=oracle,
        samples=len(inputs),
        max_abs_diff=max(reference.difference(i, output.tobytes()) for i, output in enumerate(host.run(inputs)[0])),
        tolerance=tolerance,
    )
    if not parity.proven:
        reason = f"output differs from {oracle} by {parity.max_abs_diff}, tolerance {tolerance:g}"
        return _changed(record, status="mismatch", reason=reason, parity=parity)
    latency = _time(host, inputs)
    used, present = psutil.Process().memory_info().rss, psutil.virtual_memory().total
    ram = results.UsedRam(arena=arena_bytes, static=used - arena_bytes, stack_peak=None, total=used, capacity=present)
    memory = results.Memory(flash=None, ram=ram)
    return _changed(record, status="ok", reason=None, latency=latency, memory=memory, parity=parity)


def _changed(record: results.Measurement, **fields: object) -> results.Measurement:
    """Return the record with other fields, checked again."""
    return results.Measurement.model_validate({**dict(record), **fields})


def _time(host: HostModel, inputs: np.ndarray) -> results.Latency:
    """Return the median time of an inference over batches of a hundredth of a second, one thread."""
    count = 1
    while (elapsed_s := _batch_s(host, inputs, count)) < _BATCH_S:
        count = max(2 * count, int(count * _BATCH_S / max(elapsed_s, 1e-6)))
    times_s = [_batch_s(host, inputs, count) / count for _ in range(_BATCHES)]
    return results.Latency(
        cycles=None,
        us=statistics.median(times_s) * 1e6,
        clock_hz=None,
        runs=_BATCHES * count,
        provenance="measured",
        error_pct=None,
    )


def _batch_s(host: HostModel, inputs: np.ndarray, count: int) -> float:
    batch = np.resize(inputs, (count, *inputs.shape[1:]))
    start_s = time.perf_counter()
    host.run(batch)
    return time.perf_counter() - start_s


if job := globals().get("snakemake"):
    with logged(job):
        for number, tflite in enumerate(map(Path, job.input.tflite)):
            begin_part(tflite.stem)
            record = measure_host(tflite, Path(job.input.vectors[number]), job.wildcards.model, tflite.stem)
            results.write(Path(job.output[number]), record)
            print(record.status, record.reason or "")
