"""Advice follows from the cells: the cheapest scheme that is good enough, and numbers for what does not fit."""

import re

import pytest

from scripts.collect_results import row_of
from scripts.lib import results
from scripts.lib.energy import DEFAULT_DUTY_CYCLE
from scripts.lib.memory import consumers, to_fit
from scripts.report.cells import Cell
from scripts.write_advice import write_advice
from tests.unit import records


def cell(model, scheme, board, accuracy=None, energy=True):
    measured, score = records.measurement(model, scheme, board), records.accuracy(model, scheme)
    if not energy:
        measured = measured.model_copy(update={"energy": None})
    if accuracy is not None:
        half = 0.008
        change = {"accuracy": accuracy, "ci_low": accuracy - half, "ci_high": accuracy + half}
        score = score.model_copy(update={"classified": score.classified.model_copy(update=change)})
    row = row_of(measured, score, DEFAULT_DUTY_CYCLE)
    return Cell(row, measured, score, records.build_record(model, scheme, board))


@pytest.fixture
def page(tmp_path):
    """page(cells, budget) is the advice as lines."""
    return lambda cells, budget=1.0: write_advice(cells, budget, DEFAULT_DUTY_CYCLE, tmp_path).splitlines()


def test_the_cheapest_scheme_within_the_budget_is_taken(page):
    cells = [cell("har_cnn1d", s, "stm32f4_disco", a) for s, a in (("float32", 0.85), ("int8", 0.845))]
    assert any(line.startswith("- **Take int8**: ") for line in page(cells))
    assert any(line.startswith("- **Take float32**: ") for line in page(cells, budget=0.1))


def test_every_line_names_cells_that_exist(page):
    cells = [cell(*name) for name in records.CELLS]
    names = {c.row.cell for c in cells}
    lines = [line for line in page(cells) if line.startswith("- ") and "benchmark" not in line]
    assert len(lines) > 10
    for line in lines:
        (listed,) = re.findall(r"\[([^\]]+)\]\.$", line)
        assert set(listed.split(", ")) <= names


def test_what_does_not_fit_is_told_what_would(page):
    lines = page([cell("mlp_fashion", "float32", "arduino_zero"), cell("mlp_fashion", "int8", "arduino_zero")])
    (line,) = [line for line in lines if line.startswith("- float32 needs")]
    build = records.build_record("mlp_fashion", "float32", "arduino_zero")
    share = (build.memory.flash.capacity - build.memory.flash.code) / build.memory.flash.weights
    assert f"it would fit with {share:.0%} of its weights" in line


def test_an_effect_inside_the_noise_is_called_that(page):
    near = [cell("har_cnn1d", s, "stm32f4_disco", a) for s, a in (("float32", 0.85), ("int8", 0.84))]
    far = [cell("har_cnn1d", s, "stm32f4_disco", a) for s, a in (("float32", 0.85), ("int8", 0.80))]
    assert any("differ by less than their 95 % intervals: float32" in line and "int8" in line for line in page(near))
    assert any(line.startswith("- int8 is worse: 80.0") for line in page(far))


def test_unknown_energy_is_said_to_be_unknown(page):
    lines = page([cell("har_cnn1d", "int8", "stm32f4_disco", energy=False)])
    assert any("its energy is not known" in line for line in lines) and not any("µJ" in line for line in lines)


def test_no_benchmark_is_said_so_and_a_peak_is_named(page, tmp_path):
    cells = [cell("har_cnn1d", "int8", "stm32f4_disco")]
    assert "- No benchmark file tells what the run needed." in page(cells)
    (tmp_path / "train_model").mkdir()
    (tmp_path / "train_model/a.tsv").write_text("s\tmax_rss\n1.0\t690.5\n2.0\t-\n")
    assert "- Give a run 690 MB for each job at a time: `train_model` needs most." in page(cells)


def test_the_largest_consumer_comes_first_with_what_would_shrink_it():
    build = records.build_record("har_cnn1d", "int8", "stm32f4_disco")
    assert consumers(build, "flash").startswith("flash is filled by fully_connected_0_weights ")
    assert "(smaller by a scheme with narrower weights, or fewer units)" in consumers(build, "flash")


def test_an_arena_that_is_too_large_names_the_layer_of_its_peak():
    build = records.build_record("har_cnn1d", "int8", "stm32f4_disco")
    ram = build.memory.ram
    small = results.ReservedRam(**{**dict(ram), "capacity": ram.static + ram.stack + 100})
    memory = results.BuildMemory(flash=build.memory.flash, ram=small)
    text = to_fit(build.model_copy(update={"memory": memory}))
    assert text.startswith("it would fit with an arena of 100 B instead of") and "layer 0 (FULLY_CONNECTED)" in text
