"""Walks over tensors, made as short as they can be before they reach a kernel."""

import numpy as np

from firmware.compiler.graph import Operator

# BW_AXES of kernels/axes.h.
_AXES = 6


def dense_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides, in elements, of a dense tensor with the last axis contiguous."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def broadcast_strides(shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of a dense tensor repeated to the shape `target`: 0 along repeated axes."""
    padded = (1,) * (len(target) - len(shape)) + tuple(shape)
    strides = dense_strides(padded)
    return tuple(0 if size == 1 else step for size, step in zip(padded, strides, strict=True))


def merge_axes(sizes: tuple[int, ...], *strides: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return (size, stride, stride, …) per axis without axes of size 1, neighbours joined where all allow it."""
    merged: list[tuple[int, ...]] = []
    for size, *steps in zip(sizes, *strides, strict=True):
        if size == 1:
            continue
        if merged and all(outer == inner * size for outer, inner in zip(merged[-1][1:], steps, strict=True)):
            merged[-1] = (merged[-1][0] * size, *steps)
        else:
            merged.append((size, *steps))
    return merged


def walk(operator: Operator, sizes: tuple[int, ...], *strides: tuple[int, ...], axes: int = _AXES) -> list[tuple]:
    """Return merged sizes and strides as tuples of `axes` entries each, filled up in front; refuses more axes."""
    merged = merge_axes(sizes, *strides)
    if len(merged) > axes:
        raise operator.refuse(f"shape {sizes} has more than {axes} axes that cannot be joined")
    neutral = (1, *(0 for _ in strides))
    return list(zip(*[neutral] * (axes - len(merged)), *merged, strict=True))


def is_known(operator: Operator, position: int) -> bool:
    """Return whether input `position` is there and a constant."""
    tensor = operator.inputs[position] if position < len(operator.inputs) else None
    return tensor is not None and tensor.is_constant


def constant(operator: Operator, position: int, what: str) -> np.ndarray:
    """Return the integers in input `position`; refuses what is absent, of another type or only known at run time."""
    if not is_known(operator, position) or operator.inputs[position].dtype.kind != "i":
        raise operator.refuse(f"{what} must be integers known at compile time")
    return operator.inputs[position].data
