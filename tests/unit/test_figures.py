"""Figures: the same bytes for the same cells, every point with its cell and hashes, nothing hidden."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

from scripts import plot_figures
from scripts.device.power.trace import Trace
from scripts.lib import results, table
from scripts.report import cells, figures, page, style
from scripts.report.figures import memory, published, scheme_effect
from tests.unit import records


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> list[cells.Cell]:
    return records.measured_cells(tmp_path_factory.mktemp("results"))


def test_every_figure_has_a_caption_and_every_caption_a_figure():
    folder = Path(figures.__file__).parent
    assert [path.stem for path in sorted(folder.glob("*.rst"))] == figures.names()
    assert all(len(figures.caption(name)) > 80 for name in figures.names())


@pytest.mark.parametrize("name", figures.names())
def test_a_figure_has_the_same_bytes_every_time_and_names_no_day(name, measured, tmp_path):
    made = []
    for folder in ("a", "b"):
        paths = [tmp_path / folder / f"{name}.{kind}" for kind in ("svg", "csv")]
        plot_figures.write_figure(name, measured, paths)
        made.append([path.read_bytes() for path in paths])
    assert made[0] == made[1]
    assert b"<metadata" not in made[0][0] and made[0][0].rstrip().endswith(b"</svg>")
    assert not re.search(rb"20\d\d-\d\d-\d\d", made[0][0])


def test_pdf_and_png_have_the_same_bytes_every_time(measured, tmp_path):
    made = []
    for folder in ("a", "b"):
        paths = [tmp_path / folder / f"memory_plan.{kind}" for kind in ("pdf", "png")]
        plot_figures.write_figure("memory_plan", measured, paths)
        made.append([path.read_bytes() for path in paths])
    assert made[0] == made[1] and made[0][0].startswith(b"%PDF") and b"PNG" in made[0][1][:8]
    assert b"CreationDate" not in made[0][0] and b"matplotlib" not in made[0][1]


@pytest.mark.parametrize("name", figures.names())
def test_every_point_leads_back_to_its_cell_and_its_image(name, measured):
    points = plot_figures.figure_data(name, measured)
    ours = points[points["cell"].notna()]
    hashes = {cell.row.cell: (cell.row.elf_sha256, cell.row.tflite_sha256) for cell in measured}
    for cell, elf, tflite in zip(ours["cell"], ours["elf_sha256"], ours["tflite_sha256"], strict=True):
        assert (elf if isinstance(elf, str) else None, tflite) == hashes[cell]


@pytest.mark.parametrize("name", figures.names())
@pytest.mark.parametrize("status", ["unsupported", "failed"])
def test_a_figure_can_be_drawn_when_no_cell_runs(name, status, measured, tmp_path):
    numbers = [field for field in vars(measured[0].row) if field.startswith(("latency", "flash", "ram", "accuracy"))]
    changed = dict.fromkeys(numbers)
    blank = [
        replace(
            cell,
            row=replace(cell.row, status=status, reason="x", **changed),
            measurement=cell.build.without_run("failed", "x"),
            build=cell.build.model_copy(update={"plan": None}),
        )
        for cell in measured
    ]
    plot_figures.write_figure(name, blank, [tmp_path / "blank.svg"])
    assert (tmp_path / "blank.svg").read_text().rstrip().endswith("</svg>")


def test_accuracy_latency_draws_every_running_cell_and_counts_the_others(measured):
    figure, points = plot_figures.plot_figure("accuracy_latency", measured)
    assert [len(axis.collections[-1].get_offsets()) for axis in figure.axes] == [3, 4]
    assert figure.axes[0].get_title(loc="right") == "1 of 4 cells not run"
    assert "modelled" in figure.get_supxlabel()
    assert len(points) == len(records.CELLS)


def test_energy_hides_no_cell(measured):
    """Its panels share their axes, so a row of one model must not cut the marks of another."""
    figure, points = plot_figures.plot_figure("energy", measured)
    assert len(points) == 7
    for axis in figure.axes:
        (low, high), marks = axis.get_xlim(), [x for c in axis.collections for x, _ in c.get_offsets()]
        assert marks and all(low < mark < high for mark in marks)


def test_memory_marks_what_does_not_fit_with_its_number_and_cuts_its_bar(measured):
    points = memory.points(measured)
    points.loc[0, ["flash_bytes", "flash_weights_bytes"]] = [100 * 262144, 100 * 262144 - 9312]
    flash, ram = memory.draw(points).axes[:2]
    marked = [text.get_text() for text in flash.texts if text.get_color() == style.ALARM]
    assert marked == ["25600.0 of 256.0 KiB ✗"]
    assert not [text for text in ram.texts if text.get_color() == style.ALARM]
    assert flash.get_xlim()[1] < 300
    assert len(flash.texts) == len(ram.texts) == 4


def test_the_interval_of_an_accuracy_change_is_that_of_paired_samples(measured):
    """Against a resampling of the worst case: every sample whose class differs is right in one model only."""
    points = scheme_effect.points(measured)
    row = points[points["model"] == "mlp_fashion"].iloc[0]
    samples, gained, lost = 10_000, 5, 2  # 7 classes differ, 3 more are right
    assert row["accuracy_change_pt"] == pytest.approx(100 * (gained - lost) / samples)
    draws = np.random.default_rng(1).multinomial(samples, [gained / samples, lost / samples, 1 - 7 / samples], 20_000)
    spread = 100 * np.std((draws[:, 0] - draws[:, 1]) / samples)
    assert (row["change_ci_high_pt"] - row["accuracy_change_pt"]) / 1.96 == pytest.approx(spread, rel=0.05)


def test_published_rows_keep_their_origin_and_all_are_drawn(measured):
    points = published.points(measured)
    assert len(points) == 255 and points["submitter"].notna().all()
    assert (points["latency_provenance"] == "measured").all()
    assert set(points["core"]) == set(published.CORES)
    assert sum(len(axis.collections[0].get_offsets()) for axis in published.draw(points).axes) == 255


def test_our_cells_stand_beside_published_ones_with_their_own_origin(measured):
    known = [cell for cell in measured if (cell.row.scheme, cell.row.status) == ("int8", "ok")]
    ours = [replace(cell, row=replace(cell.row, model="kws_dscnn")) for cell in known[:2]]
    points = published.points(ours)
    assert list(points["cell"].dropna()) == [f"kws_dscnn/int8/{board}" for board in records.BOARDS]
    assert list(points["core"][:2]) == ["Cortex-M0+", "Cortex-M4"]
    legend = [text.get_text() for text in published.draw(points).legends[0].get_texts()]
    assert legend == ["published, MLPerf Tiny, measured", "this table, modelled"]


def test_a_published_row_of_an_unknown_cpu_is_refused():
    with pytest.raises(published.PublishedError, match="Z80"):
        published.core_of("Zilog Z80")


def test_more_cells_than_a_figure_can_show_are_said_not_drawn(measured, tmp_path):
    plot_figures.write_figure("memory", measured * 200, [tmp_path / "memory.svg", tmp_path / "memory.csv"])
    figure, points = plot_figures.plot_figure("memory", measured * 200)
    assert figure.texts[0].get_text() == "1600 cells are more than a figure can show (1000): choose fewer"
    assert points.empty and pandas.read_csv(tmp_path / "memory.csv").empty


def _edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


@pytest.fixture
def written(tmp_path) -> Path:
    records.measured_cells(tmp_path)
    return tmp_path


def test_a_row_edited_by_hand_is_named(written):
    _edit(written / "table.csv", "0.875600", "0.975600")
    expected = "mlp_fashion/float32/arduino_zero: accuracy is 0.975600, its record says 0.875600"
    with pytest.raises(table.TableError, match=expected):
        cells.load(written / "table.csv")


def test_a_cell_without_its_record_or_of_another_schema_is_named(written):
    path = written / "cells/har_cnn1d/int8/stm32f4_disco/measurement.json"
    _edit(path, '"schema_version": 1', '"schema_version": 0')
    with pytest.raises(results.ResultError, match=r"har_cnn1d/int8/stm32f4_disco/.* schema_version: expected 1, got 0"):
        cells.load(written / "table.csv")
    path.unlink()
    with pytest.raises(results.ResultError, match=r"har_cnn1d/int8/stm32f4_disco/measurement\.json: cannot be read"):
        cells.load(written / "table.csv")


def test_a_power_trace_is_drawn_with_its_window_and_its_mean(measured, tmp_path):
    time_s = np.arange(12_000) / 1000
    recording = Trace("x", time_s, np.where((time_s >= 2) & (time_s < 11), 0.05, 0.004))
    recording.write(tmp_path / "trace.csv", (2.0, 11.0))
    cell = next(cell for cell in measured if cell.row.energy_uj)
    row = replace(cell.row, energy_provenance="measured", power_mw=50.0)
    seen = replace(cell, row=row, trace=tmp_path / "trace.csv")
    figure, points = plot_figures.plot_figure("trace", [seen, *measured])
    assert len(figure.axes) == 1 and 400 <= len(points) <= 500
    window = points[points["marker"] == 1]
    assert window["power_now_mw"].mean() == pytest.approx(50, rel=0.01)
    assert (window["time_s"].min(), window["time_s"].max()) == pytest.approx((0, 9), abs=0.05)
    assert set(points["cell"]) == {cell.row.cell}
    assert page.traces(measured) == ""
    section = page.traces([seen, *measured])
    assert f'alt="{cell.row.cell}: 50.0 mW"' in section and "data:image/svg+xml;base64," in section
