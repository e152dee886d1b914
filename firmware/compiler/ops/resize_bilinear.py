"""RESIZE_BILINEAR: which pixels each output pixel lies between, and where, is known at compile time."""

import numpy as np

from firmware.compiler.graph import Operator
from firmware.compiler.ops.resize_nearest_neighbor import resized
from firmware.compiler.step import Step, Struct

KINDS = ("RESIZE_BILINEAR",)
OPTIONS = {"align_corners": (2, "bool", False), "half_pixel_centers": (3, "bool", False)}


def lower(operator: Operator) -> Step:
    """Return the step for tensors (1, height, width, channels) of float32 or int8."""
    source, target = resized(operator)
    if operator.options["align_corners"] and operator.options["half_pixel_centers"]:
        raise operator.refuse("align_corners excludes half_pixel_centers")
    choices = {
        "float32": ("bw_resize_bilinear_f32", _between_float),
        "int8": ("bw_resize_bilinear_s8", _between_integer),
    }
    if target.dtype.name not in choices:
        raise operator.refuse(f"type {target.dtype} is not supported")
    kernel, between = choices[target.dtype.name]
    fields = {"out_rows": target.shape[1], "out_columns": target.shape[2]}
    fields |= {"in_columns": source.shape[2], "channels": source.shape[3]}
    for name, axis in (("row", 1), ("column", 2)):
        low, high, fraction = between(operator, source.shape[axis], target.shape[axis])
        fields |= {f"{name}_low": low, f"{name}_high": high, f"{name}_fraction": fraction}
    return Step(operator, kernel, Struct(f"{kernel}_t", fields), [source], [target])


def _between_float(operator: Operator, size: int, result: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each output position the input positions before and after it, and how far it is between them."""
    inset = 1 if operator.options["align_corners"] and result > 1 else 0
    scale = np.float32(size - inset) / np.float32(result - inset)
    half, steps = np.float32(0.5), np.arange(result, dtype=np.float32)
    positions = (steps + half) * scale - half if operator.options["half_pixel_centers"] else steps * scale
    low = np.maximum(np.floor(positions), 0).astype(np.int32)
    high = np.minimum(np.ceil(positions), size - 1).astype(np.int32)
    return low, high, positions - low.astype(np.float32)


def _between_integer(operator: Operator, size: int, result: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the same in units of 1/1024, as the reference does for int8."""
    unit = 1 << 10
    inset = 1 if operator.options["align_corners"] and result > 1 else 0
    scale = (unit * (size - inset) + (result - inset) // 2) // (result - inset)
    positions = np.arange(result, dtype=np.int64) * scale
    if operator.options["half_pixel_centers"]:
        positions += scale // 2 - unit // 2
    low = np.maximum(np.trunc(positions / unit).astype(np.int32), 0)
    high = np.minimum(np.trunc((positions + unit - 1) / unit).astype(np.int32), size - 1)
    return low, high, (positions - unit * low).astype(np.int32)
