"""ARG_MAX along one axis."""

import numpy as np

from firmware.compiler.axes import constant
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step, Struct

KINDS = ("ARG_MAX",)
OPTIONS: dict = {}

_SUFFIXES = {"float32": "f32", "int8": "s8"}


def lower(operator: Operator) -> Step:
    """Return the step; the axis must be a constant, the output is int32."""
    source, target = operator.inputs[0], operator.outputs[0]
    suffix = _SUFFIXES.get(source.dtype.name)
    if suffix is None or target.dtype != np.int32:
        raise operator.refuse(f"types {source.dtype} to {target.dtype} are not supported")
    axis, rank = int(constant(operator, 1, "the axis").reshape(-1)[0]), len(source.shape)
    if not -rank <= axis < rank:
        raise operator.refuse(f"axis {axis} of {rank}")
    axis %= rank
    if (*source.shape[:axis], *source.shape[axis + 1 :]) != target.shape:
        raise operator.refuse(f"{source.shape} without axis {axis} is not {target.shape}")
    outer, inner = int(np.prod(source.shape[:axis])), int(np.prod(source.shape[axis + 1 :]))
    fields = {"outer": outer, "size": source.shape[axis], "inner": inner}
    return Step(operator, f"bw_arg_max_{suffix}", Struct("bw_arg_max_t", fields), [source], [target])
