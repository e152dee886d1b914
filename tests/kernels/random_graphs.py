"""Random legal graphs, their comparison with the oracle, and the reduction of those that fail.

A recipe says little: a type, an input shape, and for each operator a family, a source and a seed. Everything else
follows from these and from the shapes at hand, and an operator that does not suit its source is left out; so every part
of a recipe is a recipe, which is what makes reduction simple.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tests import oracles
from tests.kernels.graph_construction import FLOATS, LIMITS, Construction
from tests.kernels.graph_nodes import NODES

TYPES = ("int8", "float32", "int16", "float16", "dynamic")
_MAX_ELEMENTS = 20_000


@dataclass(frozen=True)
class Ingredient:
    """One operator: its family, how many tensors back its source is, and the seed of its parameters."""

    family: str
    back: int
    seed: int


@dataclass(frozen=True)
class Recipe:
    """What a random graph is made from."""

    dtype: str
    shape: tuple[int, ...]
    ingredients: tuple[Ingredient, ...]
    seed: int


@dataclass(frozen=True)
class Graph:
    """A .tflite with content for its input, of shape (1, …)."""

    content: bytes
    sample: np.ndarray
    dtype: str


def random_recipe(seed: int, dtype: str) -> Recipe:
    """Return the recipe of that seed."""
    rng = np.random.default_rng(seed)
    shape = (1, *(int(n) for n in rng.integers(2, 10, 3)))
    if rng.random() < 0.2:
        shape = (1, int(rng.integers(1, 60)))
    ingredients = [
        Ingredient(str(rng.choice(list(NODES))), int(rng.choice([1, 1, 1, 2, 4])), int(rng.integers(1 << 31)))
        for _ in range(int(rng.integers(2, 12)))
    ]
    return Recipe(dtype, shape, tuple(ingredients), seed)


def build_graph(recipe: Recipe) -> Graph | None:
    """Return the graph, or None if no operator suits; tensors that nobody reads are outputs."""
    g = Construction(recipe.dtype)
    g.rng = np.random.default_rng(recipe.seed)
    source = g.value(
        recipe.shape, float(np.exp(g.rng.uniform(-7, 0))) / (LIMITS.get(recipe.dtype, 127) / 127), g.zero_point()
    )
    g.values.append(source)
    for ingredient in recipe.ingredients:
        g.rng = np.random.default_rng(ingredient.seed)
        x = g.values[-min(ingredient.back, len(g.values))]
        if x.shape and int(np.prod(x.shape)) <= _MAX_ELEMENTS:
            y = NODES[ingredient.family](g, x)
            if y is not None:
                g.values.append(y)
    read = {index for operator in g.builder.operators() for index in operator.inputs}
    outputs = [value.index for value in g.values[1:] if value.index not in read]
    if not outputs or source.index not in read:
        return None
    rng = np.random.default_rng(recipe.seed)
    if recipe.dtype in FLOATS:
        sample = rng.normal(size=recipe.shape).astype(np.float32)
    else:
        limit = LIMITS[recipe.dtype]
        sample = rng.integers(-limit - 1, limit + 1, recipe.shape).astype(recipe.dtype)
    return Graph(g.builder.build([source.index], outputs), sample, recipe.dtype)


def difference(graph: Graph, ours: list[np.ndarray]) -> str | None:
    """Return how outputs differ from the oracle's, or None.

    Integers must equal TensorFlow Lite Micro's byte for byte. Floats may differ from LiteRT's reference kernels by 1e-4
    of the largest value of the tensor: sums are taken in another order, and layers amplify rounding. Where layers
    quantize activations on the fly, the last bit of a float can decide a rounding to one of 255 steps: then outputs may
    differ by as much as the reference's own do when its input moves by a thousandth, which decides some roundings anew.
    """
    if graph.dtype not in FLOATS:
        expected = oracles.tflm(graph.content, graph.sample, outputs=len(ours))
        return _difference(ours, expected, [0.0] * len(expected))
    expected = oracles.litert(graph.content, graph.sample)
    allowed = [1e-4 * max(1e-3, float(np.abs(reference).max())) for reference in expected]
    problem = _difference(ours, expected, allowed)
    if problem and graph.dtype == "dynamic":
        problem = _difference(ours, expected, _sensitivity(graph, expected))
    return problem


def _difference(ours: list[np.ndarray], expected: list[np.ndarray], allowed: list[float]) -> str | None:
    for index, (mine, reference, limit) in enumerate(zip(ours, expected, allowed, strict=True)):
        error = np.abs(mine.reshape(reference.shape).astype(np.float64) - reference.astype(np.float64))
        if not (error <= limit).all():
            return f"output {index} {reference.shape} differs by {error.max()} at {int(error.argmax())}"
    return None


def _sensitivity(graph: Graph, expected: list[np.ndarray]) -> list[float]:
    """Return, per output, how far the reference's result moves at most when its input moves by a thousandth."""
    rng = np.random.default_rng(0)
    moves = []
    for _ in range(8):
        noise = rng.uniform(-1e-3, 1e-3, graph.sample.shape) * np.abs(graph.sample).max()
        moved = oracles.litert(graph.content, (graph.sample + noise).astype(np.float32))
        moves.append([float(np.abs(a - b).max()) for a, b in zip(moved, expected, strict=True)])
    return [max(column) for column in zip(*moves, strict=True)]


def shrink(recipe: Recipe, fails: Callable[[Recipe], bool]) -> Recipe:
    """Return the smallest recipe found that still fails: fewer operators, then smaller sizes."""
    while True:
        smaller = next((candidate for candidate in _smaller(recipe) if fails(candidate)), None)
        if smaller is None:
            return recipe
        recipe = smaller


def _smaller(recipe: Recipe) -> Iterator[Recipe]:
    count = len(recipe.ingredients)
    for length in (count // 2, 2, 1):
        for start in range(count - length + 1 if length else 0):
            yield replace(recipe, ingredients=recipe.ingredients[:start] + recipe.ingredients[start + length :])
    for axis in range(1, len(recipe.shape)):
        for size in {1, recipe.shape[axis] // 2, recipe.shape[axis] - 1}:
            if 0 < size < recipe.shape[axis]:
                yield replace(recipe, shape=(*recipe.shape[:axis], size, *recipe.shape[axis + 1 :]))
