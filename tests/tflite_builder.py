"""Builds real .tflite files, so that tests need no training framework and can ask for any shape and scale."""

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_OPTION_FIELDS = {
    "activation": "fusedActivationFunction",
    "filter_h": "filterHeight",
    "filter_w": "filterWidth",
    "dilation_h": "dilationHFactor",
    "dilation_w": "dilationWFactor",
}


class ModelBuilder:
    """Collects tensors and operators; `build` returns the bytes of a .tflite file."""

    def __init__(self) -> None:
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.buffers = [schema.BufferT()]
        self._model.operatorCodes = []
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._model.subgraphs = [self._graph]

    def tensor(
        self,
        shape: tuple[int, ...],
        dtype: str,
        scale: Any = None,
        zero_point: Any = 0,
        axis: int = 0,
        data: np.ndarray | None = None,
        signature: tuple[int, ...] | None = None,
    ) -> int:
        """Add a tensor and return its index; `scale` may be one number or one per channel along `axis`.

        `signature` is the shape with -1 for what is dynamic.
        """
        tensor = schema.TensorT()
        tensor.name = f"t{len(self._graph.tensors)}"
        tensor.shape, tensor.type = list(shape), getattr(schema.TensorType, dtype.upper())
        if signature is not None:
            tensor.shapeSignature = list(signature)
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data, dtype).tobytes(), np.uint8)
            tensor.buffer = len(self._model.buffers)
            self._model.buffers.append(buffer)
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = scales
            tensor.quantization.zeroPoint = np.broadcast_to(np.asarray(zero_point, np.int64), scales.shape).copy()
            tensor.quantization.quantizedDimension = axis
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def subgraph(self) -> "ModelBuilder":
        """Add a subgraph without inputs and outputs; return what fills it."""
        inner = ModelBuilder()
        inner._model = self._model
        inner._graph.inputs, inner._graph.outputs = [], []
        self._model.subgraphs.append(inner._graph)
        return inner

    def operators(self) -> list[schema.OperatorT]:
        """Return the operators added so far."""
        return self._graph.operators

    def scale(self, tensor: int) -> float:
        """Return the scale of a per-tensor quantized tensor."""
        return float(self._graph.tensors[tensor].quantization.scale[0])

    def operator(self, kind: str, inputs: list[int], outputs: list[int], options: str = "", **fields: Any) -> None:
        """Add an operator; `options` is the name of its options table in the schema, `fields` are named as in ops/."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = 1
        self._model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes) - 1
        operator.inputs, operator.outputs = inputs, outputs
        if options:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, f"{options}T")()
            for name, value in fields.items():
                field = _OPTION_FIELDS.get(
                    name, "".join(p.capitalize() if i else p for i, p in enumerate(name.split("_")))
                )
                assert hasattr(operator.builtinOptions, field), field
                setattr(operator.builtinOptions, field, value)
        self._graph.operators.append(operator)

    def build(self, inputs: list[int], outputs: list[int]) -> bytes:
        """Return the file's bytes."""
        self._graph.inputs, self._graph.outputs = inputs, outputs
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
