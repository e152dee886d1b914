"""Rewrites of the graph, each small and exact, in the order in which they run."""

from firmware.compiler.graph import Graph

_VIEWS = ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")


def remove_views(graph: Graph) -> None:
    """Drop operators that only change the shape: their output becomes a view of their input's memory."""
    kept = []
    for operator in graph.operators:
        if operator.kind not in _VIEWS:
            kept.append(operator)
            continue
        source, target = operator.inputs[0], operator.outputs[0]
        if source.size_bytes != target.size_bytes:
            raise operator.refuse(f"shape {source.shape} cannot become {target.shape}")
        if source.is_constant:
            target.data = source.data.reshape(target.shape)
        else:
            target.view_of = source
    graph.operators = kept


PASSES = (remove_views,)
