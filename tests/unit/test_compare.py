"""Two sets of results are compared cell by cell, by the policy, and only where numbers mean the same."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from firmware import settings
from scripts import compare
from scripts.collect_results import collect_results
from scripts.lib import results, table
from scripts.report import comparison
from tests.conftest import ROOT
from tests.unit import records

CELL = ("har_cnn1d", "int8", "stm32f4_disco")
POLICY = settings.load(ROOT / "config/policy.yaml", comparison.Policy)


@pytest.fixture
def make(tmp_path):
    """make(name, **changes) is a folder of results in which CELL's measurement has `changes`."""

    def make(name: str, cells=records.CELLS, **changes) -> Path:
        folder = tmp_path / name
        measurements, accuracies = records.write_all(folder)
        place = records.CELLS.index(CELL)
        record = results.read(measurements[place], results.Measurement)
        results.write(measurements[place], record.model_copy(update=changes))
        chosen = [path for path in measurements if path.parts[-4:-1] in cells]
        table.write(folder / "table.csv", collect_results(list(cells), chosen, accuracies))
        return folder

    return make


def slower(factor: float, **other) -> dict:
    record = records.measurement(*CELL)
    cycles = int(record.latency.cycles * factor)
    us = cycles / record.latency.clock_hz * 1e6
    image = record.provenance.model_copy(update={"elf_sha256": "1" * 64, **other})
    return {"latency": record.latency.model_copy(update={"cycles": cycles, "us": us}), "provenance": image}


def run(base: Path, new: Path, out: Path) -> tuple[bool, str, ElementTree.Element]:
    good = compare.compare_results(base, new, POLICY, out)
    return good, (out / "summary.md").read_text(), ElementTree.parse(out / "junit.xml").getroot()


def test_equal_results_pass_and_every_cell_is_a_test_case(make, tmp_path):
    good, text, suite = run(make("base"), make("new"), tmp_path)
    assert good and "8 cells: 0 worse than the policy allows, 0 changed" in text
    assert len(suite.findall("testcase")) == 8 and suite.get("failures") == "0"


@pytest.mark.parametrize(("factor", "good"), [(1.02, True), (1.05, False), (0.5, True)])
def test_a_latency_may_grow_as_far_as_the_policy_says(make, tmp_path, factor, good):
    passed, text, suite = run(make("base"), make("new", **slower(factor)), tmp_path)
    assert passed == good
    assert "| har_cnn1d/int8/stm32f4_disco | latency_ms 0.648" in text and "| image |" in text
    assert [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None] == (
        [] if good else ["stm32f4_disco/boardwalk"]
    )
    if not good:
        assert "+5.0 %, allowed 3 %" in text


def test_what_changed_with_a_number_is_named_with_its_versions(make, tmp_path):
    base, new = make("base"), make("new", **slower(1.1, compiler="ziglang 0.18.0"))
    inputs = {"config/boards/stm32f4_disco.yaml": "a", "config/boards/arduino_zero.yaml": "a"}
    for folder, board in ((base, "a"), (new, "b")):
        content = {"inputs": inputs | {"config/boards/stm32f4_disco.yaml": board}}
        (folder / "manifest.json").write_text(json.dumps(content))
    _, text, suite = run(base, new, tmp_path)
    assert "compiler (ziglang 0.17.1 to ziglang 0.18.0), image, board file |" in text
    assert "board file" in next(suite.iter("failure")).text
    assert (
        "compiler (ziglang 0.17.1 to ziglang 0.18.0); image; board file" in (tmp_path / "differences.csv").read_text()
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"provenance": "measured"}, "latency_provenance modelled and measured"),
        ({"clock_hz": 84_000_000}, "clock_hz 168000000 and 84000000"),
    ],
)
def test_numbers_that_mean_something_else_are_listed_not_compared(make, tmp_path, change, reason):
    latency = slower(2)["latency"].model_copy(update=change)
    good, text, _ = run(make("base"), make("new", **slower(2) | {"latency": latency}), tmp_path)
    assert good
    assert f"har_cnn1d/int8/stm32f4_disco: latency_ms: {reason}" in text


def test_another_cycle_model_is_no_regression_of_the_image(make, tmp_path):
    good, text, _ = run(make("base"), make("new", latency=slower(2)["latency"]), tmp_path)
    assert good and "latency_ms: the image is the same, so the cycle model has changed" in text


def test_a_cell_that_no_longer_runs_or_is_gone_fails(make, tmp_path):
    gone = [cell for cell in records.CELLS if cell != CELL]
    good, text, _ = run(make("base"), make("gone", cells=gone), tmp_path / "a")
    assert not good and "har_cnn1d/int8/stm32f4_disco | the cell is gone" in text
    good, text, _ = run(make("gone2", cells=gone), make("more"), tmp_path / "b")
    assert good and "har_cnn1d/int8/stm32f4_disco: new cell" in text
    failed = records.build_record(*CELL).without_run("failed", "the board went silent").model_dump()
    broken = make("broken")
    path = broken / "cells" / Path(*CELL) / "measurement.json"
    results.write(path, results.Measurement(**failed))
    measurements = [broken / "cells" / Path(*cell) / "measurement.json" for cell in records.CELLS]
    accuracies = sorted(broken.glob("models/*/*.accuracy.json"))
    table.write(broken / "table.csv", collect_results(records.CELLS, measurements, accuracies))
    good, text, _ = run(make("base2"), broken, tmp_path / "c")
    assert not good and "status was ok, is failed: the board went silent" in text


def test_accuracy_is_compared_in_points_over_equal_test_sets(make, tmp_path):
    before, after = (comparison.read_results(make(name)) for name in ("base", "new"))
    after.rows[(*CELL, "boardwalk")]["accuracy"] = "0.815000"
    found = comparison.compare(before, after, POLICY)
    assert [one.worse for one in found if one.worse] == [["accuracy 0.822111 to 0.815, -0.71 points, allowed 0.5"]]
    after.rows[(*CELL, "boardwalk")]["accuracy_samples"] = "100"
    found = comparison.compare(before, after, POLICY)
    assert not any(one.worse for one in found)
    assert "accuracy: accuracy_samples 1203 and 100" in found[-1].not_compared


def test_a_table_of_another_version_is_compared_in_what_both_have(make, tmp_path):
    base, new = make("base"), make("new", **slower(1.2))
    lines = [line.split(",") for line in (base / "table.csv").read_text().replace('"', "").splitlines()]
    place = lines[0].index("energy_uj")
    text = "\n".join(",".join(line[:place] + line[place + 1 :]) for line in lines if line[3] in ("ok", "status"))
    (base / "table.csv").write_text(text + "\n")
    good, text, _ = run(base, new, tmp_path)
    assert not good and "Columns that only one table has: energy_uj." in text


def test_a_doubled_row_a_cut_row_and_a_folder_without_a_table_are_named(make, tmp_path):
    base = make("base")
    text = (base / "table.csv").read_text()
    (base / "table.csv").write_text(text + text.splitlines()[-1] + "\n")
    with pytest.raises(table.TableError, match=r"table\.csv:10: a second row of har_cnn1d/int8/stm32f4_disco"):
        comparison.read_results(base)
    (base / "table.csv").write_text(text.rsplit(",", 3)[0] + "\n")
    with pytest.raises(table.TableError, match=r"table\.csv:9: expected \d+ fields"):
        comparison.read_results(base)
    with pytest.raises(table.TableError, match=r"neither table\.csv nor results/table\.csv"):
        comparison.read_results(tmp_path)


def test_rows_edited_by_hand_are_refused_on_either_side(make, tmp_path):
    base, new = make("base"), make("new")
    (base / "table.csv").write_text((base / "table.csv").read_text().replace("0.875600", "0.975600"))
    with pytest.raises(table.TableError, match="edited by hand"):
        compare.compare_results(base, new, POLICY, tmp_path)
    with pytest.raises(table.TableError, match="edited by hand"):
        compare.compare_results(new, base, POLICY, tmp_path)


def test_mistakes_in_the_policy_are_named(tmp_path):
    (tmp_path / "policy.yaml").write_text("limits:\n  latency_us: {worse_pct: 3}\nmissing_cells: fail\n")
    with pytest.raises(settings.SettingsError, match=r"'latency_us' is no column of numbers .*latency_ms"):
        settings.load(tmp_path / "policy.yaml", comparison.Policy)
    (tmp_path / "policy.yaml").write_text("limits:\n  accuracy: {}\nmissing_cells: fail\n")
    with pytest.raises(settings.SettingsError, match="needs either worse_pct or worse_points"):
        settings.load(tmp_path / "policy.yaml", comparison.Policy)


def test_a_base_that_is_neither_a_folder_nor_a_revision_is_one_line_and_exit_code_2(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert compare.main(["no-such-thing"]) == 2
    assert capsys.readouterr().err == "error: BASE=no-such-thing: neither a folder nor a git revision\n"
    assert compare.main([""]) == 2
    assert "make compare BASE=" in capsys.readouterr().err


def test_a_git_revision_is_reproduced_once_in_a_clone_of_its_own(tmp_path):
    """With a Makefile that counts how often it runs instead of training for minutes."""
    repository = tmp_path / "project"
    repository.mkdir()
    makefile = "reproduce:\n\t@mkdir -p results; echo $(shell pwd) >> results/runs; cat note > results/table.csv\n"
    (repository / "Makefile").write_text(makefile)
    (repository / "note").write_text("old\n")
    git = ["git", "-C", str(repository), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "old"]):
        compare._run([*git, *arguments])
    (repository / "note").write_text("new\n")
    compare._run([*git, "commit", "-qam", "new"])
    (repository / "data/raw/set").mkdir(parents=True)
    (repository / "data/raw/set/file.gz").write_text("raw")
    folder = compare.find_base("HEAD~1", repository)
    assert (folder / "results/table.csv").read_text() == "old\n"
    assert folder.parent == repository / ".cache/compare" and (folder / "data/raw/set/file.gz").exists()
    assert compare.find_base("HEAD~1", repository) == folder
    assert len((folder / "results/runs").read_text().splitlines()) == 2
    (repository / "Makefile").write_text("reproduce:\n\t@false\n")
    compare._run([*git, "commit", "-qam", "broken"])
    with pytest.raises(compare.BaseError, match="failed: make"):
        compare.find_base("HEAD", repository)
