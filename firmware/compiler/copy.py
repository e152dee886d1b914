"""Steps that move elements from one layout to another."""

import numpy as np

from firmware.compiler import quant
from firmware.compiler.axes import dense_strides, walk
from firmware.compiler.graph import Operator, Tensor
from firmware.compiler.step import Step, Struct


def copy_in(operator: Operator, source: Tensor, target: Tensor, shape: tuple[int, ...], start: int, strides) -> Step:
    """Return the step that picks elements of `source` (`start`, `strides` in elements) into `target`, in order."""
    check_same(operator, source, target)
    if int(np.prod(shape)) != target.elements:
        raise operator.refuse(f"output {target.shape} does not fit, expected {shape}")
    # What goes forward through its input has read an element before it writes over it.
    forward = all(step >= inner for step, inner in zip(strides, dense_strides(shape), strict=True) if inner)
    overlap = {0: 0} if forward else {}
    return _step(operator, source, target, shape, (start, tuple(strides)), (0, dense_strides(shape)), overlap)


def copy_out(operator: Operator, source: Tensor, target: Tensor, shape: tuple[int, ...], start: int, strides) -> Step:
    """Return the step that spreads all of `source`, as `shape`, over `target` (`start`, `strides` in elements)."""
    check_same(operator, source, target)
    return _step(operator, source, target, shape, (0, dense_strides(shape)), (start, tuple(strides)), {})


def _step(operator: Operator, source: Tensor, target: Tensor, shape, read: tuple, write: tuple, overlap: dict) -> Step:
    size, in_stride, out_stride = walk(operator, shape, read[1], write[1])
    fields = {
        "size": size,
        "in_start": read[0],
        "in_stride": in_stride,
        "out_start": write[0],
        "out_stride": out_stride,
    }
    kernel = f"bw_copy_{8 * target.dtype.itemsize}"
    return Step(operator, kernel, Struct("bw_copy_t", fields), [source], [target], overlap=overlap)


def check_same(operator: Operator, source: Tensor, target: Tensor) -> None:
    """Refuse a difference in type or quantization, which moving elements cannot make up for."""
    if source.dtype != target.dtype:
        raise operator.refuse(f"types {source.dtype} to {target.dtype} are not supported")
    if source.scale.size and target.scale.size:
        pair = [quant.per_tensor(operator, tensor) for tensor in (source, target)]
        if pair[0] != pair[1]:
            raise operator.refuse("inputs and output must share scale and zero point")
