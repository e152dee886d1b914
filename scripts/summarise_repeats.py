"""Says what repeated trainings differ by, and what a variant changes: results/repeats.csv and .md.

One line per model and scheme: mean score over the seeds with Student's 95 % interval. A variant is compared with its
base seed by seed, at the same training budget; a difference whose interval holds zero is called inside the noise.
Refuses records that are missing or of another model or scheme.
"""

import csv
import gzip
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from firmware.compiler.read import read_model
from firmware.files import whole
from scripts.lib import results, stats
from scripts.lib.accuracy import Accuracy
from scripts.lib.declared import Model, load_model, repeats_of, seeds_needed
from scripts.lib.job import logged

NOISE = "inside the noise"
NOTE = """\
Means over trainings that differ in their seed alone, with Student's 95 % interval of the mean. Differences are taken
seed by seed between a variant and its base, which train for the same number of epochs; pruning, rounding and the
teacher's share of the loss are all that differ (a distilled model's teacher has its own training before that). All
scores are on one test set: the last column says how far another test set of its size would move each of them (half of
Wilson's 95 % interval). Sizes are of the .tflite with the first seed; gzip stands for any compressed transfer.
"""


@dataclass(frozen=True)
class Line:
    """Scores are 0..1; differences and `effect` are those to the base, None where there is none."""

    model: str
    scheme: str
    of: str | None
    kind: str | None
    metric: str
    seeds: int
    mean: float
    ci_low: float | None
    ci_high: float | None
    difference: float | None
    difference_ci_low: float | None
    difference_ci_high: float | None
    effect: str | None
    zero_weights: float
    tflite_bytes: int
    gzip_bytes: int
    base_gzip_bytes: int | None
    test_half_width: float


@dataclass(frozen=True)
class Trained:
    """All trainings of one model in one scheme: `scores` by seed, in order, and the first .tflite."""

    metric: str
    scores: list[float]
    half_width: float
    tflite: bytes


def summarise(models: Iterable[Model], schemes: Iterable[str], folder: Path) -> list[Line]:
    """Return the lines of `models` and of the bases of variants among them; `folder` is results/models."""
    models = {model.name: model for model in models}
    needed = seeds_needed(models.values())
    trained = {
        (name, scheme): _trained(folder, repeats_of(load_model(name), seeds), scheme)
        for name, seeds in needed.items()
        for scheme in schemes
    }
    return [_line(name, scheme, models.get(name), trained) for name, scheme in trained]


def _trained(folder: Path, names: list[str], scheme: str) -> Trained:
    records = [results.read(folder / name / f"{scheme}.accuracy.json", Accuracy) for name in names]
    parts = [record.classified or record.detected for record in records]
    odd = [f"{r.model}/{r.scheme}" for r, n, p in zip(records, names, parts, strict=True) if r.model != n or not p]
    if odd or any(record.scheme != scheme for record in records):
        raise results.ResultError(f"{folder}: no scores of {', '.join(names)} in {scheme}: {', '.join(odd)}")
    metric = "accuracy" if records[0].classified else "auc"
    half_width = max((part.ci_high - part.ci_low) / 2 for part in parts)
    scores = [getattr(part, metric) for part in parts]
    return Trained(metric, scores, half_width, (folder / names[0] / f"{scheme}.tflite").read_bytes())


def _line(name: str, scheme: str, model: Model | None, trained: dict[tuple[str, str], Trained]) -> Line:
    one, variant = trained[name, scheme], model and model.variant
    mean, low, high = _mean(one.scores)
    base = trained[variant.of, scheme] if variant else None
    apart = (None, None, None)
    if base:
        apart = _mean([ours - theirs for ours, theirs in zip(one.scores, base.scores, strict=False)])
    return Line(
        model=name,
        scheme=scheme,
        of=variant.of if variant else None,
        kind=variant.kind if variant else None,
        metric=one.metric,
        seeds=len(one.scores),
        mean=mean,
        ci_low=low,
        ci_high=high,
        difference=apart[0],
        difference_ci_low=apart[1],
        difference_ci_high=apart[2],
        effect=effect(*apart[1:]) if base else None,
        zero_weights=zero_share(one.tflite),
        tflite_bytes=len(one.tflite),
        gzip_bytes=packed_bytes(one.tflite),
        base_gzip_bytes=packed_bytes(base.tflite) if base else None,
        test_half_width=one.half_width,
    )


def _mean(values: list[float]) -> tuple[float, float | None, float | None]:
    return stats.mean_interval(values) if len(values) > 1 else (values[0], None, None)


def effect(low: float, high: float) -> str:
    """Return what an interval of differences says."""
    return "better" if low > 0 else "worse" if high < 0 else NOISE


def packed_bytes(content: bytes) -> int:
    """Return the size after gzip at its best, without a date."""
    return len(gzip.compress(content, 9, mtime=0))


def zero_share(tflite: bytes) -> float:
    """Return the share of zeros among the weights: constants that operators read and that have two axes or more."""
    operators = read_model(tflite).operators
    weights = [t.data for op in operators for t in op.inputs if t is not None and t.is_constant and len(t.shape) > 1]
    total = sum(data.size for data in weights)
    return sum(int(np.sum(data == 0)) for data in weights) / total if total else 0.0


def to_csv(lines: list[Line], path: Path) -> None:
    """Write one row per line; an empty field means that there is no such number."""
    with whole(path) as part, part.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Line)])
        for line in lines:
            values = asdict(line).values()
            writer.writerow(["" if v is None else f"{v:.6f}" if isinstance(v, float) else v for v in values])


def to_markdown(lines: list[Line]) -> str:
    """Return the table for people, scores in points of a hundred."""
    rows = [
        "| model | scheme | seeds | score | difference | effect | zero weights | gzip of .tflite | another test set |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for line in lines:
        apart, packed = "", f"{line.gzip_bytes} B"
        if line.kind:
            apart = _points(line.difference, line.difference_ci_low, line.difference_ci_high, "+.1f")
            packed += f", base {line.base_gzip_bytes} B"
        name = "AUC " if line.metric == "auc" else ""
        cells = (
            *(line.model, line.scheme, str(line.seeds)),
            name + _points(line.mean, line.ci_low, line.ci_high, ".1f"),
            *(apart, line.effect or "", f"{line.zero_weights:.0%}", packed, f"±{100 * line.test_half_width:.1f}"),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(["# Repeated trainings and variants", "", *rows, "", NOTE])


def _points(value: float, low: float | None, high: float | None, form: str) -> str:
    interval = "" if low is None else f" ({100 * low:{form}} to {100 * high:{form}})"
    return f"{100 * value:{form}}{interval}"


if job := globals().get("snakemake"):
    with logged(job):
        cells = json.loads(Path(job.input.matrix).read_text())
        models = [load_model(name) for name in dict.fromkeys(cell[0] for cell in cells)]
        lines = summarise(models, dict.fromkeys(cell[1] for cell in cells), Path("results/models"))
        to_csv(lines, Path(job.output.csv))
        with whole(Path(job.output.markdown)) as part:
            part.write_text(to_markdown(lines))
