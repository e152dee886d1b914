"""Checks random graphs: compiled, run under sanitizers, compared with the oracle."""

from collections.abc import Callable

from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import CompiledModel, compile_model
from tests.kernels.random_graphs import Graph, Recipe, build_graph, difference
from tests.kernels.sanitized import SanitizedModels, SanitizerError


def check_graphs(recipes: list[Recipe]) -> list[str | None]:
    """Return for each recipe None, "empty" where no operator suits, or what is wrong."""
    graphs, models, results = compiled_graphs(recipes, compile_model)
    program = SanitizedModels(list(models.values())) if models else None
    for place, index in enumerate(models):
        try:
            results[index] = difference(graphs[index], program.run(place, graphs[index].sample))
        except SanitizerError as error:
            results[index] = f"SanitizerError: {error}"
    return results


def compiled_graphs(
    recipes: list[Recipe], compiler: Callable[[bytes], CompiledModel]
) -> tuple[dict[int, Graph], dict[int, CompiledModel], list[str | None]]:
    """Return graphs and models by the index of their recipe, and results of those that have no model."""
    graphs = {index: graph for index, recipe in enumerate(recipes) if (graph := build_graph(recipe))}
    results: list[str | None] = ["empty"] * len(recipes)
    models = {}
    for index, graph in graphs.items():
        try:
            models[index] = compiler(graph.content)
        except UnsupportedModel as error:
            # All views, so that nothing is left to do, is the one legal graph without code.
            results[index] = "empty" if "computes nothing" in str(error) else str(error)
        except Exception as error:  # Every crash is a finding.
            results[index] = f"{type(error).__name__}: {error}"
    return graphs, models, results
