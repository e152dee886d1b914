"""Snakemake plans what it should, without running it: the matrix, one cell, what depends on an edit."""

import re

import pytest
import yaml

from tests.conftest import ROOT, Checkout

# The one message of Snakemake's linter that does not count: it wants conda or a container for every rule, and this
# project has one hash-locked environment for all.
NOT_COUNTED = "Specify a conda environment or container for each rule."
MODELS, BOARDS = ("mlp_fashion", "har_cnn1d"), ("arduino_zero", "stm32f4_disco")
REPORT = {"Collect the table", "Write the advice", "Plot the figures", "Write the page", "Write the manifest"}


def test_a_fresh_clone_plans_every_cell_of_the_matrix_all_schemes_in_one_job(fresh):
    jobs = set(REPORT)
    jobs |= {f"{verb} {dataset}" for verb in ("Fetch", "Prepare") for dataset in ("fashion_mnist", "watch_imu")}
    jobs |= {f"Compile the kernels for {core}" for core in ("cortex-m0plus", "cortex-m4")}
    for model in MODELS:
        jobs |= {f"{verb} {model}" for verb in ("Train", "Convert", "Make test vectors of", "Evaluate")}
        jobs |= {f"Build {model} for {board}" for board in BOARDS}
        jobs |= {f"Measure {model} on {board}" for board in BOARDS}
    assert fresh.planned() - {"all"} == jobs


@pytest.mark.parametrize("file", ("config.yaml", "full.yaml", "variants.yaml"))
def test_every_matrix_of_the_project_can_be_planned(fresh, file):
    path = ROOT / "config" / file
    matrix = yaml.safe_load(path.read_text())
    pairs = len(matrix["models"]) * len(matrix["boards"])
    jobs = fresh.planned("--configfile", str(path))
    assert sum(job.startswith("Measure ") for job in jobs) == pairs


def test_one_cell_can_be_asked_for_even_outside_the_matrix(fresh):
    target = "results/cells/har_cnn1d/int8/arduino_zero/measurement.json"
    jobs = fresh.planned(target, "--config", "boards=[stm32f4_disco]")
    assert "Measure har_cnn1d on arduino_zero" in jobs
    assert not any("stm32f4_disco" in job for job in jobs)


def test_a_scheme_outside_the_matrix_is_made_alone_when_it_is_asked_for(fresh):
    target = "results/cells/har_cnn1d/int16x8/arduino_zero/measurement.json"
    jobs = fresh.planned(target, "--config", "schemes=[float32,int8]")
    assert {"Build har_cnn1d-int16x8 for arduino_zero", "Measure har_cnn1d-int16x8 on arduino_zero"} < jobs
    assert not any(job.startswith(("Build", "Measure")) and "int16x8" not in job for job in jobs)


def test_the_linter_finds_nothing(fresh):
    found = re.findall(r"^    \* (.*?):?$", fresh.snakemake("--lint").stdout, re.MULTILINE)
    assert set(found) == {NOT_COUNTED}


def test_every_rule_says_what_it_does_and_what_it_takes(fresh):
    for file in sorted((fresh.root / "rules").glob("*.smk")):
        _, *pieces = re.split(r"^ *rule ?(\w*):\n", file.read_text(), flags=re.MULTILINE)
        for name, body in zip(pieces[::2], pieces[1::2], strict=True):
            name = name or re.search(r'f"(\w+)\{', body)[1]
            for part in ('    """', " log:", " message:", " threads:", "mem_mb=", f"../scripts/{name}.py"):
                assert part in body, f"{file.name}: {name} lacks {part.strip()}"
            # What a job costs is known before the manifest is written, and the manifest says it.
            measured = re.search(rf"  benchmark:\n +f?.benchmarks/{name}", body)
            assert name == "write_manifest" or measured, f"{file.name}: {name}"


def test_a_scheme_taken_out_of_the_matrix_changes_the_table_alone(matrix, tmp_path):
    checkout = matrix.copy(tmp_path)
    _replace(checkout, "config/config.yaml", "float16, ", "")
    assert checkout.planned("--rerun-triggers", "mtime", "code") - {"all"} == REPORT


def test_nothing_is_done_when_nothing_changed(matrix):
    assert matrix.planned() == set()


@pytest.mark.parametrize("board", BOARDS)
def test_editing_a_board_reruns_its_cells_only(edited, board):
    jobs = edited(f"config/boards/{board}.yaml", "\n# edited\n").planned()
    cells = {f"Build {model} for {board}" for model in MODELS} | {f"Measure {model} on {board}" for model in MODELS}
    assert jobs - {"all"} == cells | REPORT


@pytest.mark.parametrize(
    ("file", "line", "first"),
    [
        ("firmware/compiler/plan.py", "# edited", {"Build", "Evaluate"}),
        ("firmware/harness/main.c", "/* edited */", {"Build"}),
        ("firmware/emulator/machine.py", "# edited", {"Measure"}),
        ("scripts/device/protocol.py", "# edited", {"Measure"}),
        ("scripts/models/cnn1d.py", "# edited", {"Train"}),
        ("scripts/datasets/watch_imu.py", "# edited", {"Prepare"}),
        ("scripts/report/style.py", "# edited", {"Collect"}),
    ],
)
def test_editing_a_helper_reruns_what_uses_it(edited, file, line, first):
    verbs = {job.split()[0] for job in edited(file, f"{line}\n").planned()}
    order = ["Fetch", "Prepare", "Train", "Convert", "Build", "Measure", "Collect"]
    earlier = order[: min(order.index(verb) for verb in first if verb in order)]
    assert first <= verbs and not verbs & set(earlier)


def test_editing_a_model_leaves_the_other_model_alone(edited):
    jobs = edited("config/models/har_cnn1d.yaml", "\n# edited\n").planned()
    assert "Train har_cnn1d" in jobs
    assert not any("mlp_fashion" in job for job in jobs)


def test_all_mistakes_are_shown_at_once_and_no_job_runs(fresh):
    _replace(fresh, "config/config.yaml", "har_cnn1d]", "har_cnn1]")
    _replace(fresh, "config/config.yaml", "int8,", "int9,")
    _replace(fresh, "config/boards/arduino_zero.yaml", "size_bytes: 32768", "size_bytes: -1")
    _replace(fresh, "config/models/mlp_fashion.yaml", "epochs: 6", "epoch: 6")
    run = fresh.snakemake("--cores", "1")
    assert run.returncode != 0
    for line in (
        "config/config.yaml: models: unknown model 'har_cnn1' (did you mean 'har_cnn1d'?)",
        "config/config.yaml: schemes: unknown scheme 'int9' (did you mean 'int8'?)",
        "config/boards/arduino_zero.yaml: memory.1.size_bytes: Input should be greater than 0, got -1",
        "config/models/mlp_fashion.yaml: epoch: unknown key (did you mean 'epochs'?)",
        "config/models/mlp_fashion.yaml: epochs: missing key",
    ):
        assert line in run.stdout
    assert "Traceback" not in run.stdout
    assert not any((fresh.root / made).exists() for made in ("data/raw", "data/prepared", "logs", "results"))


def _replace(checkout: Checkout, file: str, old: str, new: str) -> None:
    path = checkout.root / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
