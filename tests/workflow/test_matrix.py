"""A small matrix, really run: its table, and the same bytes when a step is done again or in another folder."""

import csv
import hashlib
import json

from tests.conftest import NO_PROFILE

INT8 = "schemes=[int8]"  # a job takes all schemes of the matrix: here one is enough


def test_the_table_has_every_cell_and_says_what_does_not_fit(matrix):
    with (matrix.root / "results/table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 5 * 2  # models, schemes, boards
    status = {(row["model"], row["scheme"], row["board"]): row["status"] for row in rows}
    assert status.pop(("mlp_fashion", "float32", "arduino_zero")) == "does_not_fit"
    assert set(status.values()) == {"ok"}
    no_fit = next(row for row in rows if row["status"] == "does_not_fit")
    used, capacity = int(no_fit["flash_bytes"]), int(no_fit["flash_capacity_bytes"])
    assert used > capacity and not no_fit["latency_ms"]
    assert no_fit["reason"] == f"needs {used / 1024:.1f} KiB flash, board has {capacity / 1024:.1f} KiB"
    assert all(float(row["accuracy"]) > 0.78 for row in rows)


def test_preparing_training_and_converting_again_gives_the_same_bytes(matrix, tmp_path):
    again = matrix.copy(tmp_path)
    made = ["data/prepared/watch_imu.npz", "results/models/har_cnn1d/model.keras"]
    made += [f"results/models/har_cnn1d/{scheme}.tflite" for scheme in ("float32", "int8")]
    forced = ("--forcerun", "prepare_dataset", "train_model", "convert_model", "--cores", "2", *NO_PROFILE)
    run = again.snakemake(*made, *forced, "--config", "schemes=[float32,int8]")
    assert run.returncode == 0, run.stdout
    assert _hashes(again, made) == _hashes(matrix, made)


def test_an_image_built_in_another_folder_has_the_same_bytes(matrix, tmp_path):
    again = matrix.copy(tmp_path / "a longer path")
    made = ["results/cells/har_cnn1d/int8/stm32f4_disco/firmware.elf"]
    forced = ("--forcerun", "compile_kernels", "build_firmware", "--cores", "2", *NO_PROFILE)
    run = again.snakemake(*made, *forced, "--config", INT8)
    assert run.returncode == 0, run.stdout
    assert _hashes(again, made) == _hashes(matrix, made)


def test_a_truncated_model_is_refused_and_leaves_no_image(matrix, tmp_path):
    broken = matrix.copy(tmp_path)
    tflite = broken.root / "results/models/har_cnn1d/int8.tflite"
    tflite.write_bytes(tflite.read_bytes()[:5000])
    image = "results/cells/har_cnn1d/int8/arduino_zero/firmware.elf"
    run = broken.snakemake(image, "--cores", "1", *NO_PROFILE, "--show-failed-logs", "--config", INT8)
    assert run.returncode != 0
    assert "error: " in run.stdout and "Traceback" not in run.stdout
    assert list((broken.root / image).parent.glob("*firmware.elf")) == []


def test_snakemakes_own_report_has_figures_and_tables_with_captions(matrix, tmp_path):
    run = matrix.snakemake("--report", str(tmp_path / "report.html"), *NO_PROFILE)
    assert run.returncode == 0, run.stdout
    html = (tmp_path / "report.html").read_text()
    for part in ("Figures", "Tables", "accuracy latency", "scheme effect", "95 % Wilson intervals", "One row per cell"):
        assert part in html


def test_the_paper_is_collected_from_a_finished_run(matrix, tmp_path):
    checkout = matrix.copy(tmp_path)
    run = checkout.snakemake("results/paper/manifest.json", "--cores", "1", *NO_PROFILE)
    assert run.returncode == 0, run.stdout
    files = json.loads((tmp_path / "results/paper/manifest.json").read_text())["files"]
    assert {"figures/latency.pdf", "figures/published.svg", "tables/power.tex"} <= set(files)
    assert files["tables/latency.csv"]["sha256"] == _hashes(checkout, ["results/paper/tables/latency.csv"]).popitem()[1]


def _hashes(checkout, files):
    return {file: hashlib.sha256((checkout.root / file).read_bytes()).hexdigest() for file in files}
