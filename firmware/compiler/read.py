"""Reads a .tflite into a Graph.

Slot numbers follow the public TensorFlow Lite schema, version 3. Refuses what is not well formed (InvalidModel) and
what cannot be compiled (UnsupportedModel): subgraphs that nobody calls, sparse tensors, dynamic sizes other than the
batch, which becomes 1, operators without a file in ops/.
"""

import numpy as np

from firmware.compiler import ops, schema
from firmware.compiler.errors import InvalidModel, UnsupportedModel, UnsupportedOperators
from firmware.compiler.flatbuffer import Table, root
from firmware.compiler.graph import Graph, Operator, Tensor

NOT_CONVERTED = b"not converted: "  # begins a note in the place of a model, which says why there is none

_MAX_ELEMENTS = 1 << 28
_SUPPORTED_TYPES = ("FLOAT32", "FLOAT16", "INT32", "UINT8", "INT64", "INT16", "INT8", "RESOURCE")


def read_model(content: bytes) -> Graph:
    """Return the graph of a .tflite file's bytes."""
    if content.startswith(NOT_CONVERTED):
        raise UnsupportedModel(content.decode("utf-8", "replace"))
    model = root(content, b"TFL3")
    version = model.scalar(0, "uint32")
    if version != 3:
        raise InvalidModel(f"expected schema version 3, got {version}")
    buffers = model.tables(4)
    codes = [(_kind(table), table.scalar(2, "int32", 1)) for table in model.tables(1)]
    subgraphs = [_read_subgraph(table, buffers, codes) for table in model.tables(2)]
    if not subgraphs:
        raise InvalidModel("the file has no subgraph")
    main = subgraphs[0]
    main.subgraphs = subgraphs
    called = {op.options["init_subgraph_index"] for op in main.operators if op.kind == "CALL_ONCE"}
    if len(called - {0}) < len(subgraphs) - 1:
        raise UnsupportedModel(f"expected one subgraph and those that CALL_ONCE names, got {len(subgraphs)}")
    _check_order(main)
    return main


def _read_subgraph(subgraph: Table, buffers: list[Table], codes: list[tuple[str, int]]) -> Graph:
    tensors = [_read_tensor(table, index, buffers) for index, table in enumerate(subgraph.tables(0))]
    _check_kinds(subgraph, codes)
    operators = [_read_operator(table, index, codes, tensors) for index, table in enumerate(subgraph.tables(3))]
    return Graph(_pick(subgraph.array(1, "int32"), tensors), _pick(subgraph.array(2, "int32"), tensors), operators)


def _read_tensor(table: Table, index: int, buffers: list[Table]) -> Tensor:
    name = table.text(3) or f"tensor_{index}"
    code = table.scalar(1, "int8")
    kind = schema.TENSOR_TYPES[code] if 0 <= code < len(schema.TENSOR_TYPES) else f"code {code}"
    if kind not in _SUPPORTED_TYPES:
        raise UnsupportedModel(f"tensor {index} ({name}): type {kind} is not supported")
    if table.table(6) is not None:
        raise UnsupportedModel(f"tensor {index} ({name}): sparse tensors are not supported")
    # A resource is a handle without bytes; resolve_variables finds out what it stands for.
    dtype = np.dtype("V") if kind == "RESOURCE" else np.dtype(kind.lower())
    shape = tuple(int(size) for size in table.array(0, "int32"))
    if shape[:1] in ((0,), (-1,)):
        shape = (1, *shape[1:])
    if -1 in table.array(7, "int32")[1:]:
        raise UnsupportedModel(f"tensor {index} ({name}): only the batch may be dynamic, not the rest of {shape}")
    elements = 1
    for size in shape:
        elements *= size
        if size < 1 or elements > _MAX_ELEMENTS:
            raise InvalidModel(f"tensor {index} ({name}): shape {shape} is not usable")
    tensor = Tensor(name, shape, dtype)
    tensor.data = _read_data(tensor, index, table.scalar(2, "uint32"), buffers)
    _read_quantization(tensor, index, table.table(4))
    return tensor


def _read_data(tensor: Tensor, index: int, buffer: int, buffers: list[Table]) -> np.ndarray | None:
    if buffer >= len(buffers):
        raise InvalidModel(f"tensor {index} ({tensor.name}): buffer {buffer} of {len(buffers)}")
    content = buffers[buffer].array(0, "uint8")
    if not content.size:
        return None
    if content.size != tensor.size_bytes:
        expected = f"{tensor.size_bytes} bytes of data for shape {tensor.shape}"
        raise InvalidModel(f"tensor {index} ({tensor.name}): expected {expected}, got {content.size}")
    return content.view(tensor.dtype.newbyteorder("<")).reshape(tensor.shape)


def _read_quantization(tensor: Tensor, index: int, table: Table | None) -> None:
    if table is None:
        return
    scale, zero_point, axis = table.array(2, "float32"), table.array(3, "int64"), table.scalar(6, "int32")
    if not scale.size:
        return
    where = f"tensor {index} ({tensor.name})"
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise InvalidModel(f"{where}: quantization scales must be positive and finite")
    if zero_point.size != scale.size:
        raise InvalidModel(f"{where}: {scale.size} scales but {zero_point.size} zero points")
    if scale.size > 1 and not (0 <= axis < len(tensor.shape) and tensor.shape[axis] == scale.size):
        raise InvalidModel(f"{where}: {scale.size} scales do not match axis {axis} of shape {tensor.shape}")
    if tensor.dtype.kind == "i":
        limits = np.iinfo(tensor.dtype)
        if zero_point.min() < limits.min or zero_point.max() > limits.max:
            raise InvalidModel(f"{where}: zero point outside {tensor.dtype}")
    tensor.scale, tensor.zero_point, tensor.axis = scale, zero_point, int(axis)


def _kind(table: Table) -> str:
    # Codes above 127 moved to a wider field; the narrow one then holds a placeholder.
    code = max(table.scalar(0, "int8"), table.scalar(3, "int32"))
    kind = schema.BUILTIN_OPERATORS[code] if 0 <= code < len(schema.BUILTIN_OPERATORS) else f"code {code}"
    return f"CUSTOM {table.text(1)!r}" if kind == "CUSTOM" else kind


def _check_kinds(subgraph: Table, codes: list[tuple[str, int]]) -> None:
    """Refuse operators without a file in ops/, all at once."""
    unknown = {}
    for index, table in enumerate(subgraph.tables(3)):
        code = table.scalar(0, "uint32")
        if code >= len(codes):
            raise InvalidModel(f"operator {index}: operator code {code} of {len(codes)}")
        kind, version = codes[code]
        if kind not in ops.OPERATORS:
            unknown.setdefault(kind, f"operator {index} ({kind} version {version})")
    if unknown:
        supported = ", ".join(sorted(ops.OPERATORS))
        verb = "are" if len(unknown) > 1 else "is"
        message = f"{', '.join(unknown.values())} {verb} not supported; supported: {supported}"
        raise UnsupportedOperators(message, sorted(unknown))


def _read_operator(table: Table, index: int, codes: list[tuple[str, int]], tensors: list[Tensor]) -> Operator:
    kind, _ = codes[table.scalar(0, "uint32")]
    inputs = _pick(table.array(1, "int32"), tensors, optional=True)
    outputs = _pick(table.array(2, "int32"), tensors)
    if any(tensor.is_constant for tensor in outputs):
        raise InvalidModel(f"operator {index} ({kind}) writes to a constant")
    fields = table.table(4)
    options = {
        name: _option(fields, slot, form) if fields and fields.has(slot) else default
        for name, (slot, form, default) in ops.OPERATORS[kind].OPTIONS.items()
    }
    operator = Operator(kind, index, inputs, outputs, options)
    ops.check_arity(operator)
    return operator


def _option(fields: Table, slot: int, form: str) -> int | float | str:
    return fields.text(slot) if form == "text" else fields.scalar(slot, form)


def _pick(indices: np.ndarray, tensors: list[Tensor], optional: bool = False) -> list:
    picked = []
    for index in indices:
        if index == -1 and optional:
            picked.append(None)
        elif 0 <= index < len(tensors):
            picked.append(tensors[index])
        else:
            raise InvalidModel(f"tensor index {index} of {len(tensors)}")
    return picked


def _check_order(graph: Graph) -> None:
    """Refuse graphs in which an operator reads what nobody has written yet, or two operators write one tensor."""
    if not graph.inputs or not graph.outputs:
        raise InvalidModel("the model has no input or no output")
    written = set(graph.inputs)
    for operator in graph.operators:
        for tensor in operator.inputs:
            if tensor is not None and not tensor.is_constant and tensor not in written:
                raise InvalidModel(
                    f"operator {operator.index} ({operator.kind}) reads {tensor.name!r} before it is written"
                )
        for tensor in operator.outputs:
            if tensor in written:
                raise InvalidModel(f"operator {operator.index} ({operator.kind}) writes {tensor.name!r} a second time")
            written.add(tensor)
    missing = [tensor.name for tensor in graph.outputs if tensor not in written]
    if missing:
        raise InvalidModel(f"output {missing[0]!r} is never written")
