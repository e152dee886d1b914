"""Runs a few test samples through the oracle of a scheme; boards must give the same outputs."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from firmware.compiler.read import NOT_CONVERTED, read_model
from scripts.lib.job import begin_part, logged
from scripts.lib.oracle import oracle_vectors, random_vectors
from scripts.lib.prepared import DataError, load_test
from scripts.lib.quantization import quantize
from scripts.lib.schemes import SCHEMES, Scheme
from scripts.lib.vectors import save_vectors

SAMPLES = 12  # every class at least once for up to 12 classes; a slow board takes a second for each


def make_vectors(tflite: Path, scheme: Scheme, x_test: np.ndarray, path: Path) -> None:
    """Write the test vectors of the float32 samples `x_test` (n, *shape)."""
    model = tflite.read_bytes()
    source = Interpreter(model_content=model).get_input_details()[0]
    scale, zero_point = source["quantization"]  # the scale of a float tensor is 0
    if x_test[0].size != np.prod(source["shape"]):
        raise DataError(
            f"samples have shape {x_test.shape[1:]}, the model's input has {tuple(source['shape'].tolist())}"
        )
    inputs = quantize(x_test, source["dtype"], scale or None, zero_point)
    vectors = oracle_vectors(model, scheme, [inputs])
    save_vectors(path, vectors)
    (outputs,) = vectors.outputs
    print(
        f"{path}: {len(vectors)} samples, {inputs.dtype}{list(inputs.shape[1:])} to {outputs.dtype}, {vectors.oracle}"
    )


def make_random_vectors(tflite: Path, scheme: Scheme, path: Path) -> None:
    """Write test vectors of random inputs, for a model that came without data."""
    model = tflite.read_bytes()
    vectors = random_vectors(model, read_model(model).inputs, scheme, SAMPLES)
    save_vectors(path, vectors)
    print(f"{path}: {len(vectors)} random samples, {vectors.oracle}")


def choose_samples(labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of `count` samples: the first of each class in class order, then the second of each, and so on."""
    nth_of_class = np.zeros(len(labels), int)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        nth_of_class[members] = np.arange(len(members))
    return np.lexsort((labels, nth_of_class))[:count]


if job := globals().get("snakemake"):
    with logged(job):
        if job.input.data:
            test = load_test(Path(job.input.data))
            chosen = test.x[choose_samples(test.y, SAMPLES)]
        for number, tflite in enumerate(map(Path, job.input.tflite)):
            begin_part(tflite.stem)
            scheme, output = SCHEMES[tflite.stem], Path(job.output[number])
            if tflite.read_bytes().startswith(NOT_CONVERTED):
                output.touch()  # nothing will run it
            elif job.input.data:
                make_vectors(tflite, scheme, chosen, output)
            else:
                make_random_vectors(tflite, scheme, output)
