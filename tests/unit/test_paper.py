"""What a paper takes: tables in three forms, all files with their hashes, and the manifest of the run."""

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from scripts import collect_paper, write_manifest
from scripts.lib import table
from scripts.report import cells, figures, tables
from tests.unit import records


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> list[cells.Cell]:
    return records.measured_cells(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def rows(measured) -> list[table.Row]:
    return [cell.row for cell in measured]


LATENCY, MEMORY, POWER = tables.TABLES


def test_the_csv_has_a_line_per_cell_with_origin_and_hashes(rows):
    for one in tables.TABLES:
        lines = list(csv.DictReader(io.StringIO(tables.to_csv(one, rows))))
        assert [(line["model"], line["scheme"], line["board"]) for line in lines] == records.CELLS
        assert [line["elf_sha256"] for line in lines] == [row.elf_sha256 or "" for row in rows]
        assert lines[0]["reason"] == "needs 406.6 KiB flash, board has 256.0 KiB"
    assert "latency_provenance" in tables.to_csv(LATENCY, rows)


def test_markdown_says_the_number_or_why_there_is_none(rows):
    text = tables.to_markdown(LATENCY, rows)
    assert text.startswith(
        "**Latency of one inference, ms (modelled)**\n\n| model | scheme | arduino_zero | stm32f4_disco |"
    )
    assert "| mlp_fashion | float32 | - (a) | 21.8 |" in text
    assert "\na: does not fit" in text
    assert "| mlp_fashion | int8 | 108.5 / 3.2 | 108.5 / 3.2 |" in tables.to_markdown(MEMORY, rows)


def test_the_error_of_a_latency_stands_beside_it(rows):
    known = [replace(row, latency_error_pct=10.0) for row in rows]
    assert "| 21.8 ± 2.18 |" in tables.to_markdown(LATENCY, known)


def test_numbers_of_different_origin_are_told_apart(rows):
    mixed = [*rows[:-1], replace(rows[-1], latency_provenance="measured")]
    text = tables.to_markdown(LATENCY, mixed)
    assert "(measured and modelled)" in text and "| 0.648 (s) |" in text and "s: measured, all others modelled" in text


def test_energies_from_currents_that_were_not_confirmed_are_told_apart(rows):
    mixed = [*rows[:-1], replace(rows[-1], energy_provenance="estimated (current not confirmed)")]
    text = tables.to_markdown(POWER, mixed)
    assert "(u) |" in text and "\nu: estimated (current not confirmed)" in text


def test_numbers_of_one_origin_have_it_in_the_title_only(rows):
    text = tables.to_markdown(POWER, rows)
    assert "(estimated)**" in text and "(e)" not in text


def test_latex_is_booktabs_and_names_are_escaped(rows):
    text = tables.to_latex(LATENCY, [replace(row, latency_error_pct=1.0) for row in rows])
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 1
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"mlp\_fashion & float32 & -$^{a}$ & 21.8 $\pm$ 0.218 \\"):
        assert rule in text
    assert not re.search(r"(?<!\\)_", text)
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.count("&") for line in lines} == {3}


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles(rows, tmp_path):
    body = "".join(tables.to_latex(one, rows) for one in tables.TABLES)
    head = r"\documentclass{article}\usepackage{booktabs,textcomp}\begin{document}"
    (tmp_path / "paper.tex").write_text(f"{head}\n{body}\\end{{document}}\n")
    subprocess.run(["pdflatex", "-interaction=batchmode", "paper.tex"], cwd=tmp_path, check=True, timeout=120)


def test_many_boards_make_several_tables(rows):
    many = [replace(rows[2], board=f"board_{number}") for number in range(13)]
    assert tables.to_latex(LATENCY, many).count(r"\begin{table}") == 3
    assert "board\\_12" in tables.to_latex(LATENCY, many)


def test_the_paper_has_every_file_with_its_hash_and_caption(measured, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "names", lambda: ["memory_plan", "energy"])  # two are enough to see all formats
    (tmp_path / "run.json").write_text('{"git": {"commit": "x"}}')
    collect_paper.collect_paper(measured, tmp_path / "run.json", tmp_path / "paper")
    content = json.loads((tmp_path / "paper/manifest.json").read_text())
    found = {p.relative_to(tmp_path / "paper").as_posix() for p in (tmp_path / "paper").rglob("*.*")} - {
        "manifest.json"
    }
    assert set(content["files"]) == found and len(found) == 2 * 4 + 3 * 3
    for name, entry in content["files"].items():
        assert entry["sha256"] == hashlib.sha256((tmp_path / "paper" / name).read_bytes()).hexdigest()
        assert entry["caption"]
    assert content["results"]["git"]["commit"] == "x"


@pytest.fixture
def checkout(tmp_path, rows):
    for name, text in (
        ("config/models/a.yaml", "threads: 3\n"),
        ("results/cells/har_cnn1d/int8/stm32f4_disco/firmware.elf", "ELF"),
        ("results/cells/har_cnn1d/int8/left_over/firmware.elf", "ELF of an earlier run"),
        ("results/stamps/kernels.sha256", "1"),
        ("benchmarks/train_model/a.tsv", "s\th:m:s\tmax_rss\n5.5\t0:00:05\t106.5\n"),
        ("benchmarks/convert_model/a.tsv", "s\th:m:s\tmax_rss\n0.1\t0:00:00\t-\n"),
        ("logs/train_model/a.log", "epoch 1\nCPU seconds, with all children: 3.80\n"),
        ("logs/convert_model/a.log", "cut"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    table.write(tmp_path / "results/table.csv", rows)
    return tmp_path


def test_the_manifest_has_hashes_versions_machine_and_the_time_of_every_step(checkout):
    content = write_manifest.manifest(checkout)
    assert content["inputs"]["config/models/a.yaml"] == hashlib.sha256(b"threads: 3\n").hexdigest()
    elf = "results/cells/har_cnn1d/int8/stm32f4_disco/firmware.elf"
    assert content["artifacts"][elf] == hashlib.sha256(b"ELF").hexdigest()
    assert set(content["artifacts"]) == {elf, "results/table.csv"}
    assert content["steps"]["train_model/a"] == {"wall_s": 5.5, "cpu_s": 3.8, "peak_mib": 106.5}
    assert content["steps"]["convert_model/a"] == {"wall_s": 0.1, "cpu_s": None, "peak_mib": None}
    assert content["training_threads"] == {"a": 3}
    assert content["packages"]["numpy"] and content["machine"]["threads"] and content["machine"]["cpu"]
    assert content["git"] == {"commit": None, "dirty": None, "changed": []}


def test_what_the_steps_cost_is_summed_by_rule_the_dearest_first(checkout, monkeypatch):
    (checkout / "benchmarks/train_model/b.tsv").write_text("s\th:m:s\tmax_rss\n2\t0:00:02\t50\n")
    (checkout / "logs/train_model/b.log").write_text("CPU seconds, with all children: 0.20\n")
    monkeypatch.chdir(checkout)
    names = [checkout / f"results/{name}" for name in ("manifest.json", "host_cost.csv", "host_cost.md")]
    write_manifest.write_manifest(*names)
    assert names[1].read_text().splitlines() == [
        "rule,jobs,cpu_s,share_pct,median_cpu_s,longest_wall_s,peak_mib",
        "train_model,2,4.0,100.0,2.0,5.5,106.5",
        "convert_model,1,0,0.0,0,0.1,0",
    ]
    page = names[2].read_text()
    assert "3 jobs, 4 s of CPU time" in page and "| train_model/a | 3.8 | 5.5 | 106 |" in page


def test_a_dirty_checkout_is_marked(checkout):
    git = ["git", "-C", str(checkout), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "config"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], check=True)
    (checkout / ".git/info/exclude").write_text("results\nbenchmarks\nlogs\n")
    state = write_manifest.git_state(checkout)
    assert len(state["commit"]) == 40 and state["dirty"] is False
    (checkout / "config/models/a.yaml").write_text("threads: 4\n")
    assert write_manifest.git_state(checkout) == {**state, "dirty": True, "changed": ["config/models/a.yaml"]}


def test_a_benchmark_that_is_cut_is_named(checkout):
    (checkout / "benchmarks/train_model/a.tsv").write_text("")
    with pytest.raises(write_manifest.ManifestError, match=r"train_model/a\.tsv: expected one line with s"):
        write_manifest.manifest(checkout)
