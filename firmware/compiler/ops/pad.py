"""PAD, PADV2 and MIRROR_PAD."""

import numpy as np

from firmware.compiler.axes import constant, dense_strides, is_known
from firmware.compiler.copy import check_same, copy_out
from firmware.compiler.graph import Operator
from firmware.compiler.ops.gather import MAX_INDICES, gather
from firmware.compiler.step import Step, Struct

KINDS = ("PAD", "PADV2", "MIRROR_PAD")
OPTIONS = {"mode": (0, "int8", 0)}


def lower(operator: Operator) -> list[Step]:
    """Return the steps: fill all, copy the middle; paddings and value must be constants."""
    source, target = operator.inputs[0], operator.outputs[0]
    before_after = paddings(operator)
    if operator.kind == "MIRROR_PAD":
        return [_mirror(operator, before_after)]
    value = pad_value(operator)
    bits = 8 * target.dtype.itemsize
    pattern = int.from_bytes(value.astype(target.dtype).tobytes(), "little")
    if bits == 64:
        raise operator.refuse(f"type {target.dtype} is not supported")
    fill = Struct("bw_fill_t", {"elements": target.elements, "pattern": pattern})
    strides = dense_strides(target.shape)
    start = sum(before * stride for (before, _), stride in zip(before_after, strides, strict=True))
    copy = copy_out(operator, source, target, source.shape, start, strides)
    return [Step(operator, f"bw_fill_{bits}", fill, [], [target]), copy]


def paddings(operator: Operator) -> list[tuple[int, int]]:
    """Return (elements before, elements after) for each axis; refuses what does not make the output's shape."""
    source, target = operator.inputs[0], operator.outputs[0]
    values = constant(operator, 1, "the paddings")
    if values.shape != (len(source.shape), 2):
        raise operator.refuse(f"expected paddings of shape {(len(source.shape), 2)}, got {values.shape}")
    pairs = [(int(before), int(after)) for before, after in values]
    shape = tuple(size + before + after for size, (before, after) in zip(source.shape, pairs, strict=True))
    if min(min(pair) for pair in pairs) < 0 or shape != target.shape:
        raise operator.refuse(f"{source.shape} padded by {pairs} does not make {target.shape}")
    return pairs


def pad_value(operator: Operator) -> np.ndarray:
    """Return the padding element, an array of shape (): PADV2's third input, else what stands for 0."""
    target = operator.outputs[0]
    if operator.kind == "PADV2":
        value = operator.inputs[2].data if is_known(operator, 2) else None
        if value is None or value.size != 1 or value.dtype != target.dtype:
            raise operator.refuse(f"expected one value of type {target.dtype}, known at compile time")
        return value.reshape(())
    return np.array(target.zero_point[0] if target.scale.size else 0, target.dtype)


def _mirror(operator: Operator, before_after: list[tuple[int, int]]) -> Step:
    source, target = operator.inputs[0], operator.outputs[0]
    check_same(operator, source, target)
    if max(target.shape) > MAX_INDICES:
        raise operator.refuse(f"more than {MAX_INDICES} elements along an axis are not supported")
    edge = 0 if operator.options["mode"] == 0 else 1  # REFLECT leaves the border element out, SYMMETRIC repeats it.
    indices = []
    for size, (before, after) in zip(source.shape, before_after, strict=True):
        if max(before, after) > size - 1 + edge:
            raise operator.refuse(f"cannot mirror {max(before, after)} of {size} elements")
        positions = np.arange(-before, size + after)
        positions = np.where(positions < 0, -positions - edge, positions)
        indices.append(np.where(positions >= size, 2 * (size - 1) - positions + edge, positions))
    padded = [axis for axis, pair in enumerate(before_after) if any(pair)]
    first = min(padded, default=0)
    if len(padded) > 2 or max(padded, default=0) > first + 1 or int(np.prod(source.shape[:first])) != 1:
        raise operator.refuse("only the first two axes after the batch can be mirrored")
    pair = [indices[axis] if axis < len(indices) else np.zeros(1) for axis in (first, first + 1)]
    return gather(operator, pair[0], pair[1], int(np.prod(source.shape[first + 1 : first + 2])))
