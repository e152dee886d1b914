"""Computes now what depends on constants only: the arithmetic on shapes that converters leave in a model.

Integers without quantization only; anything else stays for the device.
"""

from collections.abc import Callable

import numpy as np

from firmware.compiler.graph import Graph, Operator, Tensor
from firmware.compiler.ops.reduce_prod import product_axes
from firmware.compiler.ops.slice import positions

# Shapes are short; what is larger is data, and pairs of large data could be inflated without end.
_MAX_ELEMENTS = 1 << 10


def _taken(operator: Operator, data: np.ndarray, *_: np.ndarray) -> np.ndarray:
    return data[np.ix_(*(np.array(taken) for taken in positions(operator)))]


def _gathered(operator: Operator, data: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return np.take(data, indices, operator.options["axis"])


def _product(operator: Operator, data: np.ndarray, _: np.ndarray) -> np.ndarray:
    return np.prod(data, axis=product_axes(operator), dtype=data.dtype)


_EVALUATE: dict[str, Callable[..., np.ndarray]] = {
    "ADD": lambda operator, a, b: a + b,
    "SUB": lambda operator, a, b: a - b,
    "MUL": lambda operator, a, b: a * b,
    "MAXIMUM": lambda operator, a, b: np.maximum(a, b),
    "MINIMUM": lambda operator, a, b: np.minimum(a, b),
    "CAST": lambda operator, data: data,
    "PACK": lambda operator, *parts: np.stack(parts, operator.options["axis"]),
    "CONCATENATION": lambda operator, *parts: np.concatenate(parts, operator.options["axis"]),
    "SLICE": _taken,
    "STRIDED_SLICE": _taken,
    "GATHER": _gathered,
    "REDUCE_PROD": _product,
    "RESHAPE": lambda operator, data, *_: data,
    "SQUEEZE": lambda operator, data: data,
    "EXPAND_DIMS": lambda operator, data, _: data,
}


def fold_constants(graph: Graph) -> None:
    """Replace operators with known results by constants; refuses arithmetic that does not fit the declared shapes."""
    kept = []
    for operator in graph.operators:
        if operator.kind == "SHAPE" and operator.inputs[0] is not None:
            operator.outputs[0].data = _fitted(operator, np.array(operator.inputs[0].shape))
        elif (
            operator.kind in _EVALUATE
            and all(map(_is_known, operator.inputs))
            and _is_short_integer(operator.outputs[0])
        ):
            operator.outputs[0].data = _fitted(operator, _evaluate(operator))
        else:
            kept.append(operator)
    graph.operators = kept


def _is_short_integer(tensor: Tensor) -> bool:
    return tensor.dtype.kind == "i" and not tensor.scale.size and tensor.elements <= _MAX_ELEMENTS


def _is_known(tensor: Tensor | None) -> bool:
    return tensor is not None and tensor.is_constant and _is_short_integer(tensor)


def _evaluate(operator: Operator) -> np.ndarray:
    if operator.options.get("activation"):
        raise operator.refuse("a fused activation is not supported here")
    try:
        return _EVALUATE[operator.kind](operator, *(tensor.data for tensor in operator.inputs))
    except (ValueError, TypeError, IndexError) as error:
        raise operator.refuse(f"constants do not fit: {error}") from error


def _fitted(operator: Operator, value: np.ndarray) -> np.ndarray:
    target = operator.outputs[0]
    if value.size != target.elements or len(operator.outputs) != 1:
        raise operator.refuse(f"result of {value.size} elements does not fit {target.shape}")
    return value.astype(target.dtype).reshape(target.shape)
