"""A fixed sample of the campaign `python -m tests.soak graphs`, and proof that the campaign finds what is wrong."""

import pytest

from firmware.compiler.ops import transpose
from tests.isolation import run_in_child
from tests.kernels.graph_check import check_graphs
from tests.kernels.random_graphs import TYPES, Recipe, build_graph, random_recipe, shrink


@pytest.mark.parametrize("dtype", TYPES)
def test_sample_equals_the_oracle_under_sanitizers(dtype):
    recipes = [random_recipe(seed, dtype) for seed in range(14)]
    problems = dict(zip(recipes, run_in_child(lambda: check_graphs(recipes), 300), strict=True))
    assert {recipe: problem for recipe, problem in problems.items() if problem not in (None, "empty")} == {}
    assert list(problems.values()).count(None) >= 10


def test_same_seed_gives_the_same_graph():
    first, second = (build_graph(random_recipe(5, "int8")) for _ in range(2))
    assert first.content == second.content
    assert (first.sample == second.sample).all()


def test_wrong_promise_of_a_kernel_is_found_and_reduced(monkeypatch):
    """A transpose that may overwrite its input spoils it: the campaign must see that, and blame little else."""
    honest = transpose.lower

    def careless(operator):
        step = honest(operator)
        step.overlap[0] = 0
        return step

    def fails(recipe: Recipe) -> bool:
        return check_graphs([recipe])[0] not in (None, "empty")

    monkeypatch.setattr(transpose, "lower", careless)
    candidates = [random_recipe(seed, "int8") for seed in range(40)]
    candidates = [r for r in candidates if any(i.family == "transpose" for i in r.ingredients)][:8]
    failing = [
        r for r, problem in zip(candidates, check_graphs(candidates), strict=True) if problem not in (None, "empty")
    ]
    assert failing
    smallest = shrink(min(failing, key=lambda recipe: len(recipe.ingredients)), fails)
    assert "transpose" in {ingredient.family for ingredient in smallest.ingredients}
    assert len(smallest.ingredients) <= 3
