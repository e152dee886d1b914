"""Scores one .tflite on the whole test split: accuracy with its interval, and agreement with the float32 model.

Runs the C code that the device runs, compiled for this machine, so the accuracy is the device's own. A model that our
compiler does not support gets a record that says so; a damaged file or data of another shape is an error.
"""

import hashlib
from pathlib import Path

import numpy as np

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.host import HostModel
from scripts.lib import results, stats
from scripts.lib.job import logged
from scripts.lib.prepared import load_prepared
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


def score(outputs: np.ndarray, float_outputs: np.ndarray, labels: np.ndarray) -> results.Score:
    """Compare `outputs` (n, classes) with `labels` (n,) and with the float32 model's outputs (n, classes)."""
    if outputs.shape != float_outputs.shape or labels.max() >= outputs.shape[1]:
        shapes = f"{outputs.shape}, float32 {float_outputs.shape}, highest label {labels.max()}"
        raise EvaluationError(f"outputs and labels do not belong together: {shapes}")
    classes = outputs.argmax(axis=1)
    correct = int((classes == labels).sum())
    agreeing = int((classes == float_outputs.argmax(axis=1)).sum())
    samples = len(labels)
    ci_low, ci_high = stats.wilson_interval(correct, samples)
    agreement_ci_low, agreement_ci_high = stats.wilson_interval(agreeing, samples)
    return results.Score(
        samples=samples,
        correct=correct,
        accuracy=correct / samples,
        ci_low=ci_low,
        ci_high=ci_high,
        agreement=agreeing / samples,
        agreement_ci_low=agreement_ci_low,
        agreement_ci_high=agreement_ci_high,
        max_abs_diff=float(np.abs(outputs - float_outputs).max()),
        sqnr_db=stats.sqnr_db(float_outputs, outputs),
    )


def evaluate_model(tflite: Path, float_tflite: Path, data: Path, model: str, scheme: str) -> results.Accuracy:
    """Return the record of `tflite` on the test split of `data`; it should agree with `float_tflite`."""
    test = load_prepared(data)
    found, reason = None, None
    try:
        outputs, float_outputs = (predict(HostModel(path), test.x_test) for path in (tflite, float_tflite))
        found = score(outputs, float_outputs, test.y_test)
    except UnsupportedModel as error:
        reason = " ".join(str(error).split())
    return results.Accuracy(
        model=model,
        scheme=scheme,
        status="ok" if found else "unsupported",
        reason=reason,
        score=found,
        tflite_sha256=hashlib.sha256(tflite.read_bytes()).hexdigest(),
        float_tflite_sha256=hashlib.sha256(float_tflite.read_bytes()).hexdigest(),
    )


if job := globals().get("snakemake"):
    with logged(job):
        names = (job.wildcards.model, job.wildcards.scheme)
        record = evaluate_model(Path(job.input.tflite), Path(job.input.float32), Path(job.input.data), *names)
        results.write(Path(job.output[0]), record)
