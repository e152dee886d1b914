"""The table has every cell of the configuration once, in its order, with the same bytes every time."""

import csv
import shutil

import pytest
from rich.console import Console

from scripts import show_table
from scripts.collect_results import collect_results
from scripts.lib import results, table
from tests.unit import records


@pytest.fixture
def written(tmp_path):
    return records.write_all(tmp_path / "results")


def test_rows_follow_the_configuration_whatever_the_order_of_the_files(written, tmp_path):
    measurements, accuracies = written
    table.write(tmp_path / "a.csv", collect_results(records.CELLS, measurements, accuracies))
    table.write(tmp_path / "b.csv", collect_results(records.CELLS, measurements[::-1], accuracies[::-1]))
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert [(row.model, row.scheme, row.board) for row in table.read(tmp_path / "a.csv")] == records.CELLS


def test_the_table_read_and_written_again_has_the_same_bytes(written, tmp_path):
    table.write(tmp_path / "a.csv", collect_results(records.CELLS, *written))
    table.write(tmp_path / "b.csv", table.read(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_cell_that_does_not_fit_has_its_numbers_and_its_reason_and_no_latency(written, tmp_path):
    table.write(tmp_path / "table.csv", collect_results(records.CELLS, *written))
    with open(tmp_path / "table.csv", newline="") as file:
        refused = next(row for row in csv.DictReader(file) if row["status"] == "does_not_fit")
    assert refused["reason"] == "needs 406.6 KiB flash, board has 256.0 KiB"
    assert int(refused["flash_bytes"]) > int(refused["flash_capacity_bytes"]) == 256 * 1024
    assert refused["accuracy"] == "0.875600"
    assert refused["latency_ms"] == refused["latency_provenance"] == refused["elf_sha256"] == ""


def test_numbers_arrive_in_the_units_of_their_columns(written):
    row = collect_results(records.CELLS, *written)[1]
    assert row.latency_ms == pytest.approx(1000 * row.latency_cycles / row.clock_hz)
    assert row.ram_bytes == row.ram_arena_bytes + row.ram_static_bytes + row.ram_stack_bytes
    assert row.flash_bytes == row.flash_code_bytes + row.flash_weights_bytes


def test_missing_and_unexpected_cells_are_named(written):
    measurements, accuracies = written
    with pytest.raises(table.TableError, match="measurement missing: mlp_fashion/float32/arduino_zero"):
        collect_results(records.CELLS, measurements[1:], accuracies)
    with pytest.raises(table.TableError, match="accuracy missing: mlp_fashion/float32"):
        collect_results(records.CELLS, measurements, accuracies[1:])
    with pytest.raises(table.TableError, match="measurement not asked for: mlp_fashion/float32/arduino_zero"):
        collect_results(records.CELLS[1:], measurements, accuracies)


def test_doubled_cells_are_named(written):
    measurements, accuracies = written
    with pytest.raises(table.TableError, match="a second record of mlp_fashion/float32/arduino_zero"):
        collect_results(records.CELLS, [*measurements, measurements[0]], accuracies)
    with pytest.raises(table.TableError, match="asked for more than once: mlp_fashion/float32/arduino_zero"):
        collect_results([*records.CELLS, records.CELLS[0]], measurements, accuracies)


def test_a_file_that_names_another_cell_than_its_path_is_refused(written):
    measurements, accuracies = written
    shutil.copy(measurements[1], measurements[2])
    with pytest.raises(
        table.TableError, match=r"says mlp_fashion/float32/stm32f4_disco, its path .*/int8/arduino_zero"
    ):
        collect_results(records.CELLS, [measurements[0], *measurements[2:]], accuracies)


def test_a_measurement_and_an_accuracy_of_different_models_are_refused(written):
    measurements, accuracies = written
    content = records.accuracy("har_cnn1d", "int8").model_copy(update={"tflite_sha256": "0" * 64})
    results.write(accuracies[-1], content)
    with pytest.raises(table.TableError, match=r"har_cnn1d/int8/arduino_zero: .* different \.tflite files"):
        collect_results(records.CELLS, measurements, accuracies)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda text: text.replace("latency_ms", "latency_us", 1),
            "header is not this version's: latency_ms, latency_us",
        ),
        (lambda text: text.replace("0.875600", "good", 1), r"table\.csv:2: accuracy: expected float, got 'good'"),
        (lambda text: text.rsplit(",", 1)[0] + "\n", r"table\.csv:9: expected \d+ fields, got \d+"),
        (lambda text: text.replace("\nmlp_fashion,", "\n,", 1), r"table\.csv:2: model: empty"),
        (lambda text: "", "no header"),
    ],
)
def test_a_damaged_table_is_refused_with_line_and_column(written, tmp_path, damage, message):
    path = tmp_path / "table.csv"
    table.write(path, collect_results(records.CELLS, *written))
    path.write_text(damage(path.read_text()))
    with pytest.raises(table.TableError, match=message):
        table.read(path)


def test_the_table_for_people_says_where_latency_comes_from_and_why_a_cell_has_none(written, capsys, tmp_path):
    table.write(tmp_path / "table.csv", collect_results(records.CELLS, *written))
    assert show_table.main([str(tmp_path / "table.csv")]) == 0
    shown = capsys.readouterr().out
    assert "latency ms (modelled)" in shown
    assert "does not fit  406.6  159%" in shown
    assert "mlp_fashion/float32/arduino_zero: does not fit: needs 406.6 KiB flash, board has 256.0 KiB\n" in shown
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 1 + len(records.CELLS) + 1


def test_where_latencies_have_different_origins_each_says_its_own(written, tmp_path):
    path = written[0][1]
    content = results.read(path, results.Measurement)
    silicon = content.latency.model_copy(update={"provenance": "measured"})
    results.write(path, content.model_copy(update={"latency": silicon}))
    with open(tmp_path / "shown.txt", "w+") as file:
        show_table.show_table(collect_results(records.CELLS, *written), Console(file=file, width=200))
        file.seek(0)
        lines = file.read().splitlines()
    assert "21.8 measured" in lines[2]
    assert "59.4 modelled" in lines[3]


def test_a_table_that_is_not_there_is_one_line_and_an_exit_code(tmp_path, capsys):
    assert show_table.main([str(tmp_path / "none.csv")]) == 1
    assert capsys.readouterr().err.startswith("error: ")
