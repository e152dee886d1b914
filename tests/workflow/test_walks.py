"""The walks of docs/add/ work: in a copy of the checkout, their files are written and their commands run."""

import os
import subprocess

import pytest

from tests.conftest import ROOT, Checkout
from tests.walks import read_walk

INT8 = "models: [mlp_fashion]\nschemes: [int8]\nboards: [arduino_zero]\n"  # the walks ask for int8 cells alone
WALKS = sorted((ROOT / "docs/add").glob("*.md"))


@pytest.mark.parametrize("path", WALKS, ids=lambda path: path.stem)
def test_a_walk_can_be_walked(path, matrix: Checkout, tmp_path):
    walk, copy = read_walk(path), matrix.copy(tmp_path)
    Checkout(ROOT).copy(tmp_path, "tests", "pyproject.toml")
    (tmp_path / "config/config.yaml").write_text(INT8)
    assert walk.files and walk.commands
    for file, content in walk.files.items():
        assert not (copy.root / file).exists(), f"{file} exists already"
        (copy.root / file).write_text(content, encoding="utf-8")
    for command in walk.commands:
        done = subprocess.run(
            command,
            shell=True,
            cwd=copy.root,
            env={**os.environ, "PYTHONPATH": str(copy.root)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
    for file in walk.files:
        assert (copy.root / file).read_text(encoding="utf-8") == walk.files[file]
