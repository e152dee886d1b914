"""What a board's outputs are compared with: the reference of a model's scheme, run on this machine.

The oracle of integer activations is host TFLM, byte for byte; that of float activations is LiteRT with its reference
kernels, within a tolerance. Never XNNPACK, whose int8 results differ from what runs on microcontrollers.
"""

from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro import runtime

from firmware.compiler.graph import Tensor
from scripts.lib.schemes import Scheme
from scripts.lib.vectors import Vectors


def run_oracle(model: bytes, scheme: Scheme, batches: list[np.ndarray]) -> tuple[list[np.ndarray], str]:
    """Return one array (n, *shape) per output of a .tflite's bytes, and the oracle's name and version.

    `batches` has one array (n, *shape) per input, in the input's own dtype; shapes are those of the tensors without a
    leading batch dimension of 1. Variables keep their values from sample to sample.
    """
    run, package = {"tflm": (_run_tflm, "tflite-micro"), "litert": (_run_litert, "ai-edge-litert")}[scheme.oracle]
    outputs = list(run(model, batches))
    return [np.stack(arrays) for arrays in zip(*outputs, strict=True)], f"{package} {version(package)}"


def oracle_vectors(model: bytes, scheme: Scheme, batches: list[np.ndarray]) -> Vectors:
    """Return the inputs `batches`, as for run_oracle, with the oracle's outputs and the tolerance of the scheme."""
    outputs, oracle = run_oracle(model, scheme, batches)
    largest = max(float(np.abs(batch.astype(np.float64)).max()) for batch in outputs)
    return Vectors(batches, outputs, oracle, scheme.tolerance * max(1.0, largest))


def random_vectors(model: bytes, inputs: list[Tensor], scheme: Scheme, samples: int) -> Vectors:
    """Return seeded random inputs, normal in float and over half the range in integers, with the oracle's outputs."""
    random = np.random.default_rng(0)
    batches = []
    for tensor in inputs:
        values = random.normal(size=(samples, *tensor.sample_shape))
        if tensor.dtype.kind in "iu":
            limits = np.iinfo(tensor.dtype)
            values = np.clip(values * limits.max / 2, limits.min, limits.max)
        batches.append(values.astype(tensor.dtype))
    return oracle_vectors(model, scheme, batches)


def _run_tflm(model: bytes, batches: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
    interpreter = runtime.Interpreter.from_bytes(model)
    outputs = len(Interpreter(model_content=model).get_output_details())
    for sample in zip(*batches, strict=True):
        for index, values in enumerate(sample):
            interpreter.set_input(values.reshape(interpreter.get_input_details(index)["shape"]), index)
        interpreter.invoke()
        yield [_without_batch(interpreter.get_output(index).copy()) for index in range(outputs)]


def _run_litert(model: bytes, batches: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    for sample in zip(*batches, strict=True):
        for tensor, values in zip(interpreter.get_input_details(), sample, strict=True):
            interpreter.set_tensor(tensor["index"], values.reshape(tensor["shape"]))
        interpreter.invoke()
        yield [_without_batch(interpreter.get_tensor(tensor["index"])) for tensor in interpreter.get_output_details()]


def _without_batch(values: np.ndarray) -> np.ndarray:
    return values[0] if values.shape[:1] == (1,) else values
