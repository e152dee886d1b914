"""Imports go one way: firmware knows nothing of scripts, and TensorFlow is for training and conversion only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("firmware", "scripts") for path in (ROOT / folder).rglob("*.py"))
TENSORFLOW = {"tensorflow", "keras", "tf_keras"}
MAY_TRAIN = {
    "scripts/train_model.py",
    "scripts/convert_model.py",
    "scripts/build_topologies.py",
    "scripts/lib/substitute.py",
    "scripts/lib/training.py",
}


def imported(path: Path) -> set[str]:
    """Top-level names of everything that `path` imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_go_the_right_way(path):
    name, tops = path.relative_to(ROOT).as_posix(), {module.split(".")[0] for module in imported(path)}
    if name.startswith("firmware/"):
        assert "scripts" not in tops
    if name not in MAY_TRAIN and not name.startswith(("scripts/models/", "scripts/variants/")):
        assert not tops & TENSORFLOW
    assert not tops & {"lib", "datasets", "models", "device", "report", "snakemake"}


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.py")), ids=lambda path: path.name)
def test_scripts_know_snakemake_in_their_last_block_only(path):
    tree = ast.parse(path.read_text())
    users = [node for node in tree.body if any(map(_asks_for_job, ast.walk(node)))]
    assert users in ([], tree.body[-1:])


def _asks_for_job(node: ast.AST) -> bool:
    """Whether it uses the name, or asks globals() for it; the word in a text is no matter."""
    if isinstance(node, ast.Name):
        return node.id == "snakemake"
    return isinstance(node, ast.Call) and "snakemake" in [getattr(argument, "value", None) for argument in node.args]
