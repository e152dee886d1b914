"""Results are shared through a real local remote: pushed once, pulled into fresh clones, judged there by content."""

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scripts.lib.schemes import SCHEMES
from tests import kills
from tests.conftest import SOURCES, Checkout

CONFIG = "models: [har_cnn1d]\nschemes: [float32, int8]\nboards: [arduino_zero, stm32f4_disco]\n"
SHARING = (".dvc/config", ".dvc/.gitignore", ".dvcignore", ".gitignore", "dvc.yaml")
PRODUCED = ("data/raw/watch_imu", "data/prepared/watch_imu.npz", "results/kernels", "results/stamps")
PRODUCED += ("results/models/har_cnn1d", ".snakemake/metadata")
PRODUCED += tuple(f"results/cells/har_cnn1d/{scheme}/{board}" for scheme in SCHEMES for board in kills.BOARDS)
TFLITE = "results/models/har_cnn1d/int8.tflite"


def call(root: Path, *command: str, code: int = 0) -> str:
    """Run a command in the checkout at `root`; returns what it says."""
    environment = {**os.environ, "PYTHONPATH": str(root), "DVC_SITE_CACHE_DIR": str(root / ".dvc/tmp/site")}
    environment |= {f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == code, run.stdout + run.stderr
    return run.stdout + run.stderr


def share(root: Path, command: str, code: int = 0) -> str:
    return call(root, sys.executable, "-m", "scripts.share", command, code=code)


def dvc(root: Path, *arguments: str) -> str:
    return call(root, sys.executable, "-m", "dvc", *arguments)


def use_remote(root: Path, url: str) -> None:
    (root / ".dvc/config.local").write_text(f"['remote \"local\"']\n    url = {url}\n")


def planned(said: str) -> dict[str, int]:
    """The jobs that `pull` says a run would still make, by rule."""
    lines = said.split("What a run would still make:\n")[1].splitlines()
    return {words[0]: int(words[1]) for words in map(str.split, lines) if words[1:] and words[1].isdigit()}


@pytest.fixture(scope="module")
def pushed(matrix, tmp_path_factory):
    """A checkout with one model in two schemes on two boards that has pushed, and its remote."""
    folder = tmp_path_factory.mktemp("dvc")
    root = matrix.copy(folder / "pushed", *SOURCES, *SHARING, *PRODUCED).root
    for name in SHARING:  # which the matrix has not
        Checkout(Path(__file__).parents[2]).copy(root, name)
    (root / "config/config.yaml").write_text(CONFIG)
    use_remote(root, str(folder / "remote"))
    call(root, "git", "init", "--quiet")
    call(root, "git", "add", "--all")
    call(root, "git", "commit", "--quiet", "--message", "sources")
    assert "Pushed. Commit dvc.lock" in share(root, "push")
    call(root, "git", "add", "dvc.lock")
    call(root, "git", "commit", "--quiet", "--message", "results")
    return root


@pytest.fixture
def clone(pushed, tmp_path):
    """A fresh clone of it, with the same remote."""
    call(tmp_path, "git", "clone", "--quiet", str(pushed), "clone")
    use_remote(tmp_path / "clone", str(pushed.parent / "remote"))
    return tmp_path / "clone"


def test_nothing_is_done_again_where_all_was_pushed(pushed):
    assert dvc(pushed, "repro").count("didn't change, skipping") == 2


def test_a_fresh_clone_takes_everything_over(pushed, clone):
    said = share(clone, "pull")
    assert planned(said) == {"write_manifest": 1, "all": 1, "total": 2}  # the manifest is that of the machine
    assert "without" not in said
    for name in ("data/prepared/watch_imu.npz", TFLITE, "results/table.csv", "results/figures/latency.svg"):
        assert (clone / name).read_bytes() == (pushed / name).read_bytes()


def test_a_clone_keeps_only_what_it_would_make_itself_and_names_a_damaged_object(pushed, clone):
    md5 = json.loads((pushed / "results/origins/models.json").read_text())[TFLITE]["md5"]
    content = pushed.parent / "remote/files/md5" / md5[:2] / md5[2:]
    whole = content.read_bytes()
    content.chmod(0o644)
    content.write_bytes(whole[:100])
    with (clone / "config/boards/arduino_zero.yaml").open("a") as file:
        file.write("# edited\n")
    try:
        said = share(clone, "pull")
    finally:
        content.write_bytes(whole)
    assert f"without {TFLITE}: files/md5/{md5[:2]}/{md5[2:]} is not in the remote, or damaged there" in said
    assert "made from another config/boards/arduino_zero.yaml" in said
    jobs = planned(said)
    assert jobs["convert_model"] == 1 and jobs["measure_cell"] == 2  # int8 is new; one board is another
    assert not {"train_model", "prepare_dataset"} & set(jobs)
    assert not (clone / "results/cells/har_cnn1d/float32/arduino_zero/measurement.json").exists()
    assert (clone / "results/cells/har_cnn1d/float32/stm32f4_disco/measurement.json").exists()


def test_an_experiment_changes_parameters_and_metrics(pushed):
    dvc(pushed, "exp", "run", "--set-param", "config/config.yaml:boards=[stm32f4_disco]")
    assert "boards" in dvc(pushed, "params", "diff")
    changes = json.loads(dvc(pushed, "metrics", "diff", "--json"))["results/metrics.json"]
    assert changes["count.cells"] == {"old": 4, "new": 2, "diff": -2}
    assert changes["cells.har_cnn1d.int8.arduino_zero.flash_bytes"]["old"] > 0


class _NoEntry(http.server.BaseHTTPRequestHandler):
    """A remote that wants credentials."""

    def do_GET(self):
        self.send_response(401)
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def test_a_remote_that_refuses_is_one_line_and_changes_nothing(clone, tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _NoEntry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        for url, reason in ((address, "401"), (str(tmp_path / "nowhere"), "is not there")):
            use_remote(clone, url)
            said = share(clone, "pull", code=1)
            assert said.startswith("error: remote ") and reason in said and said.count("\n") == 1
        server.shutdown()
    use_remote(clone, address)  # nobody listens any more
    said = share(clone, "pull", code=1)
    assert said.startswith("error: remote ") and "onnect" in said and said.count("\n") == 1
    assert not (clone / "results").exists()


def test_a_branch_without_results_says_so(clone):
    (clone / "dvc.lock").unlink()
    assert share(clone, "pull", code=1).startswith("error: there is no dvc.lock: nothing has been pushed")


def test_what_a_killed_dvc_left_behind_is_no_hindrance(pushed):
    for name in ("lock", "rwlock.lock"):
        (pushed / ".dvc/tmp" / name).write_text(" 1234567\n")
    dead = {"pid": 1234567, "cmd": "dvc repro"}
    (pushed / ".dvc/tmp/rwlock").write_text(json.dumps({"write": {str(pushed / "results/cells"): dead}}))
    assert "ERROR" not in dvc(pushed, "status")
