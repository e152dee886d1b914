"""A fixed sample of the campaign `python -m tests.soak cores`: random graphs through the fast kernels of every core."""

import pytest

from firmware.build import compile_kernels
from firmware.core import CORES, MODELLED_CORES
from tests.isolation import run_in_child
from tests.kernels.core_check import check_on_core
from tests.kernels.random_graphs import TYPES, random_recipe


@pytest.mark.parametrize("core", MODELLED_CORES)
def test_sample_equals_the_oracle(core, tmp_path):
    compile_kernels(CORES[core], tmp_path / "kernels.a")
    first = 100 * MODELLED_CORES.index(core)
    recipes = [random_recipe(first + index, dtype) for index in range(5) for dtype in TYPES]
    problems = run_in_child(lambda: check_on_core(recipes, core, tmp_path / "kernels.a"), 300)
    assert [(r, p) for r, p in zip(recipes, problems, strict=True) if p not in (None, "empty")] == []
    assert problems.count(None) >= 15
