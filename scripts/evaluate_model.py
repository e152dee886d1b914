"""Scores one .tflite on the whole test split: accuracy or AUC with its interval, and how far it is from float32.

Runs the C code that the device runs, compiled for this machine, so the accuracy is the device's own. A model that our
compiler does not support, or that came without labels, gets a record that says so; a damaged file or data of another
shape is an error.
"""

from functools import cache
from pathlib import Path

import numpy as np

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.host import HostModel
from scripts.lib import results, stats
from scripts.lib.accuracy import Accuracy, Classified, Detected, Fidelity
from scripts.lib.declared import GivenModel, Model, load_dataset, load_model
from scripts.lib.digest import sha256_of
from scripts.lib.job import begin_part, logged
from scripts.lib.prepared import ANOMALY, Labelled, load_test
from scripts.lib.quantization import dequantize, quantize


class EvaluationError(ValueError):
    """A model and a dataset that do not belong together."""


def predict(model: HostModel, samples: np.ndarray) -> np.ndarray:
    """Return the real-valued outputs (n, classes) for float `samples` (n, *sample shape)."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise EvaluationError(f"expected one input and one output, got {len(model.inputs)} and {len(model.outputs)}")
    source, target = model.inputs[0], model.outputs[0]
    if samples[0].size != np.prod(source.shape):
        raise EvaluationError(f"samples have shape {samples.shape[1:]}, the model's input has {source.shape}")
    batch = quantize(samples, source.dtype, source.scale, source.zero_point).reshape(len(samples), *source.shape)
    outputs = dequantize(model.run(batch)[0], target.scale, target.zero_point)
    return outputs.reshape(len(samples), -1)


def classified(outputs: np.ndarray, test: Labelled) -> Classified:
    """Compare the highest of the `outputs` (n, classes) with the labels."""
    classes = outputs.shape[1]
    if test.y.max() >= classes or (test.classes or classes) != classes:
        expected = f"{test.classes or test.y.max() + 1} classes"
        raise EvaluationError(
            f"the data have {expected} and labels up to {test.y.max()}, the model has {classes} outputs"
        )
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (test.y, outputs.argmax(axis=1)), 1)
    correct, samples = int(np.trace(confusion)), len(test.y)
    ci_low, ci_high = stats.wilson_interval(correct, samples)
    return Classified(
        samples=samples,
        correct=correct,
        accuracy=correct / samples,
        ci_low=ci_low,
        ci_high=ci_high,
        confusion=confusion.tolist(),
    )


def detected(outputs: np.ndarray, test: Labelled) -> Detected:
    """Tell anomalous recordings from normal ones by how badly the model gives back what it got."""
    inputs = test.x.reshape(len(test.x), -1)
    if outputs.shape != inputs.shape:
        raise EvaluationError(f"expected {inputs.shape[1]} outputs, as many as inputs, got {outputs.shape[1]}")
    errors = np.mean((inputs - outputs) ** 2, axis=1)
    recordings, first, index = np.unique(test.group, return_index=True, return_inverse=True)
    scores = np.bincount(index, errors) / np.bincount(index)
    anomalous = test.y[first] == 1
    auc, ci_low, ci_high = stats.auc_interval(scores, anomalous)
    return Detected(
        samples=len(test.y),
        recordings=len(recordings),
        anomalous=int(anomalous.sum()),
        auc=auc,
        ci_low=ci_low,
        ci_high=ci_high,
    )


def fidelity(outputs: np.ndarray, float_outputs: np.ndarray, classes: bool) -> Fidelity:
    """Compare `outputs` (n, values) with those of the float32 model."""
    if outputs.shape != float_outputs.shape:
        raise EvaluationError(f"outputs are {outputs.shape}, those of the float32 model {float_outputs.shape}")
    agreement, ci_low, ci_high = None, None, None
    if classes:
        agreeing = int((outputs.argmax(axis=1) == float_outputs.argmax(axis=1)).sum())
        agreement, (ci_low, ci_high) = agreeing / len(outputs), stats.wilson_interval(agreeing, len(outputs))
    return Fidelity(
        agreement=agreement,
        agreement_ci_low=ci_low,
        agreement_ci_high=ci_high,
        max_abs_diff=float(np.abs(outputs - float_outputs).max()),
        sqnr_db=stats.sqnr_db(float_outputs, outputs),
    )


class Answers:
    """What models answer for the test split in a file; each model runs once."""

    def __init__(self, data: Path):
        self.test = load_test(data)
        self.of = cache(lambda tflite: predict(HostModel(tflite), self.test.x))


def evaluate_model(
    model: Model | GivenModel, scheme: str, tflite: Path, float_tflite: Path | None, answers: Answers | None
) -> Accuracy:
    """Return the record of `tflite` by its `answers`; they should agree with those of `float_tflite`."""
    status, reason, found = "unlabelled", "no labelled vectors", {}
    dataset = load_dataset(model.dataset) if isinstance(model, Model) else None
    if answers:
        test = answers.test
        try:
            outputs = answers.of(tflite)
            status, reason = "ok", None
            found = (
                {"detected": detected(outputs, test)}
                if test.task == ANOMALY
                else {"classified": classified(outputs, test)}
            )
            if float_tflite:
                found["fidelity"] = fidelity(outputs, answers.of(float_tflite), "classified" in found)
        except UnsupportedModel as error:
            status, reason, found = "unsupported", str(error), {}
    return Accuracy(
        model=model.name,
        scheme=scheme,
        status=status,
        reason=reason,
        dataset=dataset and dataset.name,
        nature=dataset and dataset.nature,
        target=model.mlperf_target,
        **{"classified": None, "detected": None, "fidelity": None, **found},
        tflite_sha256=sha256_of(tflite),
        float_tflite_sha256=sha256_of(float_tflite) if float_tflite else None,
    )


if job := globals().get("snakemake"):
    with logged(job):
        model = load_model(job.wildcards.model)
        answers = Answers(Path(job.input.data)) if job.input.data else None
        float_tflite = Path(job.input.float32) if job.input.float32 else None
        for number, tflite in enumerate(map(Path, job.input.tflite)):
            begin_part(tflite.stem)
            record = evaluate_model(model, tflite.stem, tflite, float_tflite, answers)
            results.write(Path(job.output[number]), record)
