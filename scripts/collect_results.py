"""Joins measurements and accuracies into results/table.csv: one row per cell, in the order of the configuration.

Refuses cells that are missing, doubled or not asked for, files whose content names another cell than their path, and a
measurement and an accuracy that were made from different .tflite files.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from scripts.lib import results, table
from scripts.lib.accuracy import Accuracy
from scripts.lib.energy import DEFAULT_DUTY_CYCLE, DutyCycle
from scripts.lib.job import logged

RecordT = TypeVar("RecordT", results.Measurement, Accuracy)


def collect_results(
    cells: list[tuple[str, str, str]],
    measurements: Iterable[Path],
    accuracies: Iterable[Path],
    images: Iterable[Path] = (),
    duty_cycle: DutyCycle = DEFAULT_DUTY_CYCLE,
) -> list[table.Row]:
    """Return one row per (model, scheme, board) of `cells`, in that order, then one per measured foreign image.

    A foreign image has the accuracy of the network in it, since its outputs were compared with that network's. Average
    power and battery life are those of `duty_cycle`. Raises table.TableError or ResultError.
    """
    doubled = sorted({"/".join(cell) for cell in cells if cells.count(cell) > 1})
    if doubled:
        raise table.TableError(f"asked for more than once: {', '.join(doubled)}")
    measured = _by_name(measurements, results.Measurement)
    scored = _by_name(accuracies, Accuracy)
    _expect("measurement", set(cells), set(measured))
    foreign = [results.read(Path(path), results.Measurement) for path in images]
    _expect("accuracy", {cell[:2] for cell in cells} | {(image.model, image.scheme) for image in foreign}, set(scored))
    ours = [row_of(measured[cell], scored[cell[:2]], duty_cycle) for cell in cells]
    return ours + [row_of(image, scored[image.model, image.scheme], duty_cycle) for image in foreign]


def _by_name(paths: Iterable[Path], kind: type[RecordT]) -> dict[tuple[str, ...], RecordT]:
    records: dict[tuple[str, ...], RecordT] = {}
    for path in map(Path, paths):
        record = results.read(path, kind)
        if kind is results.Measurement:  # .../<model>/<scheme>/<board>/measurement.json
            expected, name = path.parts[-4:-1], (record.model, record.scheme, record.board)
        else:  # .../<model>/<scheme>.accuracy.json
            expected, name = (path.parts[-2], path.name.removesuffix(".accuracy.json")), (record.model, record.scheme)
        if name in records:
            raise table.TableError(f"{path}: a second record of {'/'.join(name)}")
        if name != tuple(expected):
            raise table.TableError(f"{path}: the file says {'/'.join(name)}, its path {'/'.join(expected)}")
        records[name] = record
    return records


def _expect(what: str, wanted: set[tuple[str, ...]], found: set[tuple[str, ...]]) -> None:
    for problem, names in (("missing", wanted - found), ("not asked for", found - wanted)):
        if names:
            raise table.TableError(f"{what} {problem}: {', '.join(sorted('/'.join(name) for name in names))}")


def row_of(measurement: results.Measurement, accuracy: Accuracy, duty_cycle: DutyCycle) -> table.Row:
    """Return the row of one cell; raises TableError if the records are of different .tflite files."""
    cell = f"{measurement.model}/{measurement.scheme}/{measurement.board}"
    if measurement.provenance.tflite_sha256 != accuracy.tflite_sha256:
        raise table.TableError(f"{cell}: measurement and accuracy come from different .tflite files; make both again")
    latency, energy, parity = measurement.latency, measurement.energy, measurement.parity
    right, found, fidelity = accuracy.classified, accuracy.detected, accuracy.fidelity
    flash, ram = (measurement.memory.flash, measurement.memory.ram) if measurement.memory else (None, None)
    average_mw = energy and duty_cycle.average_power_mw(energy, latency.us)
    return table.Row(
        model=measurement.model,
        scheme=measurement.scheme,
        board=measurement.board,
        status=measurement.status,
        reason=measurement.reason,
        dataset=accuracy.dataset,
        data_nature=accuracy.nature,
        accuracy=right and right.accuracy,
        accuracy_ci_low=right and right.ci_low,
        accuracy_ci_high=right and right.ci_high,
        accuracy_samples=right and right.samples,
        auc=found and found.auc,
        auc_ci_low=found and found.ci_low,
        auc_ci_high=found and found.ci_high,
        auc_recordings=found and found.recordings,
        mlperf_target=accuracy.target,
        agreement_with_float=fidelity and fidelity.agreement,
        output_sqnr_db=fidelity and fidelity.sqnr_db,
        latency_ms=latency and latency.us / 1000,
        latency_cycles=latency and latency.cycles,
        latency_provenance=latency and latency.provenance,
        latency_error_pct=latency and latency.error_pct,
        instructions=measurement.instructions,
        clock_hz=latency and latency.clock_hz,
        flash_bytes=flash and flash.total,
        flash_code_bytes=flash and flash.code,
        flash_weights_bytes=flash and flash.weights,
        flash_capacity_bytes=flash and flash.capacity,
        ram_bytes=ram and ram.total,
        ram_arena_bytes=ram and ram.arena,
        ram_static_bytes=ram and ram.static,
        ram_stack_bytes=ram and ram.stack,
        ram_capacity_bytes=ram and ram.capacity,
        energy_uj=energy and energy.uj,
        power_mw=measurement.power_mw,
        supply_v=energy and energy.supply_v,
        energy_provenance=energy and energy.provenance,
        average_power_mw=average_mw,
        battery_life_days=average_mw and duty_cycle.battery_life_days(average_mw),
        parity_oracle=parity and parity.oracle,
        parity_samples=parity and parity.samples,
        parity_max_abs_diff=parity and parity.max_abs_diff,
        parity_tolerance=parity and parity.tolerance,
        engine=measurement.engine,
        compiler=measurement.provenance.compiler,
        emulator=measurement.provenance.emulator,
        elf_sha256=measurement.provenance.elf_sha256,
        tflite_sha256=measurement.provenance.tflite_sha256,
    )


if job := globals().get("snakemake"):
    with logged(job):
        cells = [tuple(cell) for cell in json.loads(Path(job.input.matrix).read_text())]
        duty_cycle = DutyCycle.model_validate_json(Path(job.input.duty_cycle).read_text())
        rows = collect_results(cells, job.input.measurements, job.input.accuracies, job.input.images, duty_cycle)
        table.write(Path(job.output.csv), rows)
        table.write_json(Path(job.output.json), rows)
        table.write_metrics(Path(job.output.metrics), rows)
