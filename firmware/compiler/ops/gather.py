"""GATHER along one axis; other operators that pick whole blocks share its step."""

import numpy as np

from firmware.compiler.axes import constant
from firmware.compiler.copy import check_same
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step, Struct

# Indices become tables in flash; beyond this no microcontroller has room for them.
MAX_INDICES = 1 << 16

KINDS = ("GATHER",)
OPTIONS = {"axis": (0, "int32", 0), "batch_dims": (1, "int32", 0)}


def lower(operator: Operator) -> Step:
    """Return the step; indices must be constants, batch dimensions are refused."""
    source, target = operator.inputs[0], operator.outputs[0]
    indices = constant(operator, 1, "the indices")
    axis, rank = operator.options["axis"], len(source.shape)
    if not -rank <= axis < rank or operator.options["batch_dims"]:
        raise operator.refuse(f"axis {axis} of {rank}, or batch dimensions, are not supported")
    axis %= rank
    shape = (*source.shape[:axis], *indices.shape, *source.shape[axis + 1 :])
    if shape != target.shape or indices.min() < 0 or indices.max() >= source.shape[axis]:
        raise operator.refuse(f"indices do not fit axis {axis} of {source.shape} and {target.shape}")
    check_same(operator, source, target)
    if max(target.shape) > MAX_INDICES or int(np.prod(source.shape[:axis])) > MAX_INDICES:
        raise operator.refuse(f"more than {MAX_INDICES} indices are not supported")
    rows = np.arange(int(np.prod(source.shape[:axis])))
    return gather(operator, rows, indices.reshape(-1), source.shape[axis])


def gather(operator: Operator, rows: np.ndarray, columns: np.ndarray, row_blocks: int) -> Step:
    """Return the step that picks blocks (row, column) of an input with `row_blocks` blocks a row."""
    source, target = operator.inputs[0], operator.outputs[0]
    fields = {
        "out_rows": rows.size,
        "out_columns": columns.size,
        "row_blocks": row_blocks,
        "block_bytes": target.size_bytes // (rows.size * columns.size),
        "rows": rows.astype(np.int32),
        "columns": columns.astype(np.int32),
    }
    return Step(operator, "bw_gather", Struct("bw_gather_t", fields), [source], [target])
