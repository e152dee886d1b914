"""Gives the variables of streaming models their own tensors, and their initial values.

A variable lives in the arena from one run to the next. VAR_HANDLE and CALL_ONCE disappear; READ_VARIABLE becomes a copy
out of the variable, or nothing where the variable keeps its value for as long as the copy is needed; ASSIGN_VARIABLE
becomes a copy into it.
"""

import numpy as np

from firmware.compiler.graph import Graph, Operator, Tensor


def resolve_variables(graph: Graph) -> None:
    """Rewrite the variable operators; the subgraphs of CALL_ONCE may only assign constants."""
    variables: dict[str, Tensor] = {}
    handles = _handles(graph.operators)
    called = [_called(graph, operator) for operator in graph.operators if operator.kind == "CALL_ONCE"]
    kept = []
    for operator in graph.operators:
        if operator.kind == "READ_VARIABLE":
            operator.inputs = [_variable(operator, handles, operator.outputs[0], variables)]
        elif operator.kind == "ASSIGN_VARIABLE":
            value = operator.inputs[1] if len(operator.inputs) == 2 else None
            operator.outputs = [_variable(operator, handles, value, variables)]
            operator.inputs = [value]
        if operator.kind not in ("VAR_HANDLE", "CALL_ONCE"):
            kept.append(operator)
    for subgraph in called:
        _initialize(subgraph, variables)
    graph.variables = [variables[name] for name in sorted(variables)]
    graph.operators = [operator for i, operator in enumerate(kept) if not _alias(graph, operator, kept[i + 1 :])]


def _handles(operators: list[Operator]) -> dict[Tensor, str]:
    """Return the name of the variable that each handle stands for."""
    return {
        operator.outputs[0]: f"{operator.options['container']}/{operator.options['shared_name']}"
        for operator in operators
        if operator.kind == "VAR_HANDLE"
    }


def _called(graph: Graph, operator: Operator) -> Graph:
    index = operator.options["init_subgraph_index"]
    if not 0 < index < len(graph.subgraphs):
        raise operator.refuse(f"subgraph {index} of {len(graph.subgraphs)}")
    return graph.subgraphs[index]


def _variable(
    operator: Operator, handles: dict[Tensor, str], value: Tensor | None, variables: dict[str, Tensor]
) -> Tensor:
    """Return the variable behind the operator's first input, made after `value` where it is new."""
    name = handles.get(operator.inputs[0]) if operator.inputs else None
    if name is None or value is None:
        raise operator.refuse("expected a handle of VAR_HANDLE and a value")
    if name not in variables:
        variable = Tensor(f"variable {name}", value.shape, value.dtype, scale=value.scale, zero_point=value.zero_point)
        # As on the reference: what is never initialised holds the byte of the zero point.
        initial = value.zero_point[0] if value.scale.size and value.dtype == np.int8 else 0
        variable.initial = np.full(value.shape, initial, value.dtype)
        variables[name] = variable
    if value.dtype != variables[name].dtype or value.elements != variables[name].elements:
        raise operator.refuse(f"variable {name!r} is {variables[name].shape} {variables[name].dtype}")
    return variables[name]


def _initialize(subgraph: Graph, variables: dict[str, Tensor]) -> None:
    handles = _handles(subgraph.operators)
    for operator in subgraph.operators:
        if operator.kind == "ASSIGN_VARIABLE" and len(operator.inputs) == 2 and operator.inputs[1] is not None:
            value = operator.inputs[1]
            if value.data is None:
                raise operator.refuse("an initial value must be a constant")
            # A variable that the main graph never touches needs no memory.
            if handles.get(operator.inputs[0]) in variables:
                variable = _variable(operator, handles, value, variables)
                variable.initial = value.data.reshape(variable.shape)
        elif operator.kind != "VAR_HANDLE":
            raise operator.refuse("an initialising subgraph may only assign constants to variables")


def _alias(graph: Graph, operator: Operator, later: list[Operator]) -> bool:
    """Make a read value a view of its variable, if the variable does not change while the value is needed."""
    if operator.kind != "READ_VARIABLE":
        return False
    variable, value = operator.inputs[0], operator.outputs[0]
    changed = next((i for i, op in enumerate(later) if variable in op.outputs), len(later))
    needed = any(t is not None and t.storage is value for op in later[changed:] for t in op.inputs)
    if needed or any(tensor.storage is value for tensor in graph.outputs):
        return False
    value.view_of = variable
    return True
