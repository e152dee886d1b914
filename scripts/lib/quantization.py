"""Between real numbers and what quantized tensors store; every script that feeds or reads a model uses these two.

A tensor is described by its dtype, scale and zero point; the scale of a float tensor is None.
"""

import numpy as np


def quantize(values: np.ndarray, dtype: np.dtype, scale: float | None, zero_point: int | None) -> np.ndarray:
    """Return float `values` as the tensor holds them: clip(round(x / scale) + zero_point), unchanged for float tensors.

    Halves are rounded away from zero and the quotient is float32, as TensorFlow Lite's reference QUANTIZE does.
    """
    if scale is None:
        return values.astype(dtype)
    ratio = (values.astype(np.float32) / np.float32(scale)).astype(np.float64)
    rounded = np.copysign(np.floor(np.abs(ratio) + 0.5), ratio) + zero_point
    limits = np.iinfo(dtype)
    return np.clip(rounded, limits.min, limits.max).astype(dtype)


def dequantize(values: np.ndarray, scale: float | None, zero_point: int | None) -> np.ndarray:
    """Return the real numbers (float64) that stored `values` stand for."""
    if scale is None:
        return values.astype(np.float64)
    return (values.astype(np.float64) - zero_point) * scale
