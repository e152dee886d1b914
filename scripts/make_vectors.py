"""Runs a few test samples through the oracle of a scheme; boards must give the same outputs.

The oracle of int8 is host TFLM, byte for byte; that of float32 is LiteRT with its reference kernels, within a
tolerance. Never XNNPACK, whose int8 results differ from what runs on microcontrollers.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro import runtime

from scripts.lib.job import logged, whole
from scripts.lib.prepared import load_prepared
from scripts.lib.quantization import quantize
from scripts.lib.schemes import SCHEMES, Scheme

SAMPLES = 12  # every class at least once for up to 12 classes; a slow board takes a second for each


def make_vectors(tflite: Path, scheme: Scheme, x_test: np.ndarray, path: Path) -> None:
    """Write `input_0` and `output_0`, (n, *shape) in the tensors' dtypes, with `oracle` and absolute `tolerance`."""
    model = tflite.read_bytes()
    source = Interpreter(model_content=model).get_input_details()[0]
    scale, zero_point = source["quantization"]  # the scale of a float tensor is 0
    inputs = quantize(x_test, source["dtype"], scale or None, zero_point)
    run, package = {"tflm": (_run_tflm, "tflite-micro"), "litert": (_run_litert, "ai-edge-litert")}[scheme.oracle]
    outputs = run(model, inputs)
    tolerance = scheme.tolerance * max(1.0, float(np.abs(outputs).max()))
    oracle = f"{package} {version(package)}"
    with whole(path) as part:
        np.savez(part, input_0=inputs, output_0=outputs, oracle=np.array(oracle), tolerance=np.array(tolerance))
    print(f"{path}: {len(inputs)} samples, {inputs.dtype}{list(inputs.shape[1:])} to {outputs.dtype}, {oracle}")


def choose_samples(labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of `count` samples: the first of each class in class order, then the second of each, and so on."""
    nth_of_class = np.zeros(len(labels), int)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        nth_of_class[members] = np.arange(len(members))
    return np.lexsort((labels, nth_of_class))[:count]


def _run_tflm(model: bytes, inputs: np.ndarray) -> np.ndarray:
    interpreter = runtime.Interpreter.from_bytes(model)
    outputs = []
    for sample in inputs:
        interpreter.set_input(sample[None], 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0)[0].copy())
    return np.stack(outputs)


def _run_litert(model: bytes, inputs: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = []
    for sample in inputs:
        interpreter.set_tensor(source, sample[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(sink)[0])
    return np.stack(outputs)


if job := globals().get("snakemake"):
    with logged(job):
        data = load_prepared(Path(job.input.data))
        chosen = choose_samples(data.y_test, SAMPLES)
        make_vectors(Path(job.input.tflite), SCHEMES[job.wildcards.scheme], data.x_test[chosen], Path(job.output[0]))
