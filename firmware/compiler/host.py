"""Runs a compiled model on this machine: the generated C and the portable kernels, as a shared library.

Integer results equal the device's byte for byte, and float results bit for bit: the arithmetic is the same C without
contraction, the exponential is our own.
"""

import ctypes
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firmware import toolchain
from firmware.compiler.emit import emit_header, emit_source
from firmware.compiler.graph import Tensor
from firmware.compiler.model import compile_model
from firmware.core import KERNELS
from firmware.files import whole

_DRIVER = """
#include <string.h>
#include "model.c"
static uint8_t arena[MODEL_ARENA_BYTES] __attribute__((aligned(16)));
void run_batch(const uint8_t *in, uint8_t *out, int64_t count)
{
#if MODEL_VARIABLES
    model_reset(arena);
#endif
    while (count--) {
        for (int i = 0; i < MODEL_INPUTS; in += bw_tensor_bytes(&model_inputs[i]), i++)
            memcpy(arena + model_inputs[i].offset, in, bw_tensor_bytes(&model_inputs[i]));
        model_run(arena);
        for (int i = 0; i < MODEL_OUTPUTS; out += bw_tensor_bytes(&model_outputs[i]), i++)
            memcpy(out, arena + model_outputs[i].offset, bw_tensor_bytes(&model_outputs[i]));
    }
}
"""


@dataclass(frozen=True)
class HostTensor:
    """An input or output: `shape` without a leading batch dimension of 1; floats have neither scale nor zero point."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    scale: float | None
    zero_point: int | None


class HostModel:
    """A .tflite compiled and loaded; not for several threads at once."""

    def __init__(self, tflite: Path):
        model = compile_model(tflite.read_bytes())
        self.inputs = [_describe(tensor) for tensor in model.graph.inputs]
        self.outputs = [_describe(tensor) for tensor in model.graph.outputs]
        with tempfile.TemporaryDirectory(prefix="boardwalk-host-") as folder:
            build = Path(folder)
            (build / "model.h").write_text(emit_header(model, "model"))
            (build / "model.c").write_text(emit_source(model, "model"))
            (build / "driver.c").write_text(_DRIVER)
            sources = [build / "driver.c", host_kernels()]  # one file takes half the time of two
            toolchain.compile_host(sources, build / "model.so", "-shared", [build, KERNELS])
            self._library = ctypes.CDLL(str(build / "model.so"))

    def run(self, *batches: np.ndarray) -> list[np.ndarray]:
        """Run one array of shape (n, *shape) per input, in the input's own dtype; return one such array per output.

        The n samples form one sequence for a model with variables.
        """
        count = len(batches[0])
        for tensor, batch in zip(self.inputs, batches, strict=True):
            if batch.dtype != tensor.dtype or batch.shape != (count, *tensor.shape):
                raise ValueError(
                    f"{tensor.name}: expected {(count, *tensor.shape)} {tensor.dtype}, got {batch.shape} {batch.dtype}"
                )
        packed = np.concatenate([_as_bytes(batch) for batch in batches], axis=1)
        sizes = [int(np.prod(tensor.shape)) * tensor.dtype.itemsize for tensor in self.outputs]
        result = np.empty((count, sum(sizes)), np.uint8)
        pointer = ctypes.POINTER(ctypes.c_uint8)
        self._library.run_batch(
            np.ascontiguousarray(packed).ctypes.data_as(pointer), result.ctypes.data_as(pointer), ctypes.c_int64(count)
        )
        parts = np.split(result, np.cumsum(sizes)[:-1], axis=1)
        return [
            np.ascontiguousarray(part).view(tensor.dtype).reshape(count, *tensor.shape)
            for part, tensor in zip(parts, self.outputs, strict=True)
        ]


def host_kernels() -> Path:
    """Return the kernels compiled for this machine; made once for each state of their sources."""
    sources = sorted((KERNELS / "portable").glob("*.c"))
    state = hashlib.sha256()
    for file in [
        Path(toolchain.__file__),
        *sorted(KERNELS.glob("*.h")),
        *sorted((KERNELS / "portable").glob("*.[ch]")),
    ]:
        state.update(file.name.encode() + file.read_bytes())
    output = toolchain.CACHE / f"host-kernels-{state.hexdigest()[:16]}.o"
    if not output.exists():
        with whole(output) as part:
            toolchain.compile_host(sources, part, "-r", [KERNELS, KERNELS / "portable"])
    return output


def _as_bytes(batch: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(batch).reshape(len(batch), -1).view(np.uint8)


def _describe(tensor: Tensor) -> HostTensor:
    quantized = tensor.scale.size == 1
    return HostTensor(
        tensor.name,
        tensor.sample_shape,
        tensor.dtype,
        float(tensor.scale[0]) if quantized else None,
        int(tensor.zero_point[0]) if quantized else None,
    )
