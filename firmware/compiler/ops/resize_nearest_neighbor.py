"""RESIZE_NEAREST_NEIGHBOR: a choice of pixels, known at compile time."""

import numpy as np

from firmware.compiler.axes import constant
from firmware.compiler.copy import check_same
from firmware.compiler.graph import Operator
from firmware.compiler.ops.gather import MAX_INDICES, gather
from firmware.compiler.step import Step

KINDS = ("RESIZE_NEAREST_NEIGHBOR",)
OPTIONS = {"align_corners": (0, "bool", False), "half_pixel_centers": (1, "bool", False)}


def lower(operator: Operator) -> Step:
    """Return the step for tensors (1, height, width, channels) of any type."""
    source, target = resized(operator)
    rows, columns = (_nearest(operator, source.shape[axis], target.shape[axis]) for axis in (1, 2))
    return gather(operator, rows, columns, source.shape[2])


def resized(operator: Operator) -> tuple:
    """Return input and output; refuses shapes that the constant size does not explain."""
    source, target = operator.inputs[0], operator.outputs[0]
    size = tuple(int(value) for value in constant(operator, 1, "the size").reshape(-1))
    if len(source.shape) != 4 or source.shape[0] != 1 or target.shape != (1, *size, source.shape[3]):
        raise operator.refuse(f"{source.shape} resized to {size} does not make {target.shape}")
    if max(size) > MAX_INDICES:
        raise operator.refuse(f"more than {MAX_INDICES} rows or columns are not supported")
    check_same(operator, source, target)
    return source, target


def _nearest(operator: Operator, size: int, result: int) -> np.ndarray:
    """Return the nearest input position for each output position, in single precision as the reference."""
    align, centers = operator.options["align_corners"], operator.options["half_pixel_centers"]
    inset = 1 if align and result > 1 else 0
    scale = np.float32(size - inset) / np.float32(result - inset)
    positions = (np.arange(result, dtype=np.float32) + np.float32(0.5 if centers else 0)) * scale
    whole = np.trunc(positions + np.float32(0.5)) if align else np.floor(positions)
    return np.clip(whole.astype(np.int32), 0, size - 1)
