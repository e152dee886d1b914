"""Realistic records for tests, made from a few numbers."""

import hashlib
from pathlib import Path

from scripts.collect_results import collect_results
from scripts.lib import results, stats, table
from scripts.lib.accuracy import Accuracy, Classified, Detected, Fidelity
from scripts.report import cells

MODELS = {"mlp_fashion": (101_770, 0.876, 10_000), "har_cnn1d": (12_100, 0.823, 1_203)}  # weights, accuracy, samples
SCHEMES = {"float32": 4, "int8": 1}  # bytes per weight
BOARDS = {
    "arduino_zero": (48_000_000, 256, 32, 28),
    "stm32f4_disco": (168_000_000, 1024, 192, 9),
}  # Hz, KiB, KiB, cycles per MAC
CELLS = [(model, scheme, board) for model in MODELS for scheme in SCHEMES for board in BOARDS]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def build_record(model: str, scheme: str, board: str) -> results.BuildRecord:
    """A build that fits its board, or says with numbers that it does not."""
    weights, code, (_, flash_kib, ram_kib, _) = MODELS[model][0] * SCHEMES[scheme], 9_312, BOARDS[board]
    arena, static, stack = 912 * SCHEMES[scheme], 1_200 + 784 * SCHEMES[scheme], 2_048
    fits = code + weights <= flash_kib * 1024
    needs = f"needs {(code + weights) / 1024:.1f} KiB flash, board has {flash_kib:.1f} KiB"
    return results.BuildRecord(
        model=model,
        scheme=scheme,
        board=board,
        status="ok" if fits else "does_not_fit",
        reason=None if fits else needs,
        memory=results.BuildMemory(
            flash=results.Flash(code=code, weights=weights, total=code + weights, capacity=flash_kib * 1024),
            ram=results.ReservedRam(
                arena=arena, static=static, stack=stack, total=arena + static + stack, capacity=ram_kib * 1024
            ),
        ),
        macs=MODELS[model][0],
        layers=[results.PlannedLayer(name="dense;bias", op="FULLY_CONNECTED", macs=MODELS[model][0])],
        plan=results.ArenaPlan(
            arena_bytes=arena,
            lower_bound_bytes=arena,
            tensors=[results.PlannedTensor(name="x", offset=0, size_bytes=arena, first=-1, last=0)],
        ),
        symbols=[
            results.Symbol(name="fully_connected_0_weights", memory="flash", size_bytes=weights - 200),
            results.Symbol(name="main", memory="flash", size_bytes=258),
            results.Symbol(name="arena", memory="ram", size_bytes=arena),
        ],
        engine="boardwalk",
        provenance=results.BuildProvenance(
            elf_sha256=sha256(f"{model}{scheme}{board}") if fits else None,
            tflite_sha256=sha256(f"{model}{scheme}"),
            compiler="ziglang 0.17.1",
        ),
    )


def measurement(model: str, scheme: str, board: str) -> results.Measurement:
    """What that build did on its virtual board."""
    build = build_record(model, scheme, board)
    if build.status != "ok":
        return build.without_run()
    clock_hz, _, _, cycles_per_mac = BOARDS[board]
    cycles = build.macs * cycles_per_mac * SCHEMES[scheme]
    ram = build.memory.ram
    return results.Measurement(
        model=model,
        scheme=scheme,
        board=board,
        status="ok",
        reason=None,
        latency=results.Latency(
            cycles=cycles, us=cycles / clock_hz * 1e6, clock_hz=clock_hz, runs=3, provenance="modelled", error_pct=None
        ),
        memory=results.Memory(
            flash=build.memory.flash,
            ram=results.UsedRam(
                arena=ram.arena,
                static=ram.static,
                stack_peak=412,
                total=ram.arena + ram.static + 412,
                capacity=ram.capacity,
            ),
        ),
        energy=results.Energy(uj=0.02 * cycles / clock_hz * 1e6, supply_v=3.3, sleep_uw=13.5, provenance="estimated"),
        parity=results.Parity(oracle="tflite-micro 0.dev1", samples=20, max_abs_diff=0, tolerance=0),
        layers=[results.Layer(**layer.model_dump(), cycles=cycles) for layer in build.layers],
        engine="boardwalk",
        provenance=results.RunProvenance(**build.provenance.model_dump(), emulator="unicorn 2.1.4"),
    )


def accuracy(model: str, scheme: str) -> Accuracy:
    """The score of that model on its test split."""
    _, share, samples = MODELS[model]
    correct, agreeing = round(share * samples) - SCHEMES[scheme], samples - (7 if scheme == "int8" else 0)
    (low, high), (agreement_low, agreement_high) = (stats.wilson_interval(n, samples) for n in (correct, agreeing))
    return Accuracy(
        model=model,
        scheme=scheme,
        status="ok",
        reason=None,
        dataset="fashion_mnist",
        nature="real",
        target=None,
        classified=Classified(
            samples=samples,
            correct=correct,
            accuracy=correct / samples,
            ci_low=low,
            ci_high=high,
            confusion=[[correct, samples - correct], [0, 0]],
        ),
        detected=None,
        fidelity=Fidelity(
            agreement=agreeing / samples,
            agreement_ci_low=agreement_low,
            agreement_ci_high=agreement_high,
            max_abs_diff=0.0 if scheme == "float32" else 0.04,
            sqnr_db=None if scheme == "float32" else 31.2,
        ),
        tflite_sha256=sha256(f"{model}{scheme}"),
        float_tflite_sha256=sha256(f"{model}float32"),
    )


def detection(model: str, scheme: str) -> Accuracy:
    """The same for a model that tells anomalies."""
    found = Detected(samples=1_200, recordings=100, anomalous=50, auc=0.79, ci_low=0.70, ci_high=0.88)
    content = accuracy(model, scheme).model_dump() | {"classified": None, "detected": found.model_dump()}
    content["fidelity"] |= dict.fromkeys(("agreement", "agreement_ci_low", "agreement_ci_high"))
    return Accuracy.model_validate(content | {"nature": "synthetic", "target": 0.85})


def write_all(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write every record where the rules put it; return the measurements' and the accuracies' paths."""
    measurements, accuracies = [], []
    for model, scheme, board in CELLS:
        measurements.append(folder / "cells" / model / scheme / board / "measurement.json")
        results.write(measurements[-1], measurement(model, scheme, board))
        results.write(measurements[-1].with_name("build.json"), build_record(model, scheme, board))
    for model in MODELS:
        for scheme in SCHEMES:
            accuracies.append(folder / "models" / model / f"{scheme}.accuracy.json")
            results.write(accuracies[-1], accuracy(model, scheme))
    return measurements, accuracies


def measured_cells(root: Path) -> list[cells.Cell]:
    """Write every record and their table below `root`, and return the cells as a reader of the table sees them."""
    table.write(root / "table.csv", collect_results(CELLS, *write_all(root)))
    return cells.load(root / "table.csv")
