"""What the documentation says is what there is."""

import re
import subprocess
from typing import get_args

import pytest
import yaml

from scripts.lib.results import Measurement
from scripts.write_catalogue import CATALOGUE, COLUMNS, catalogue, columns
from scripts.write_config_reference import REFERENCE, reference
from tests.conftest import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
_NAMED = re.compile(r"`((?:config|data|docs|envs|firmware|profiles|rules|scripts|tests)/[\w./-]+)`")
_NOT_IN_GIT = ("config/lab.yaml", "data/raw/", "data/prepared/")  # the user's own, and what rules produce


@pytest.mark.parametrize(("path", "text"), [(REFERENCE, reference), (CATALOGUE, catalogue), (COLUMNS, columns)])
def test_generated_pages_are_up_to_date(path, text):
    assert (ROOT / path).read_text(encoding="utf-8") == text(), "make docs writes it anew"


@pytest.mark.parametrize("text", [reference, columns])
def test_every_key_and_column_has_a_meaning(text):
    rows = [re.split(r"(?<!\\)\|", line) for line in text().splitlines() if line.startswith("| `")]
    assert [row[1].strip() for row in rows if not row[2].strip()] == []


def test_every_status_is_explained():
    explained = re.findall(r"^\| ([a-z_]+) \|", columns(), re.MULTILINE)
    assert explained == ["status", *get_args(Measurement.model_fields["status"].annotation), "column"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.parent.name != "add"], ids=lambda path: path.name)
def test_files_and_targets_that_are_named_exist(path):
    text = path.read_text(encoding="utf-8")
    known = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    files = [name for name in _NAMED.findall(text) if not name.startswith(_NOT_IN_GIT)]
    assert [name for name in files if not any(f"{file}/".startswith(f"{name.rstrip('/')}/") for file in known)] == []
    targets = " ".join(re.findall(r"^([a-z][\w -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)).split()
    assert [target for target in re.findall(r"\bmake ([a-z][\w-]+)\b", text) if target not in targets] == []


def test_the_citation_has_the_version_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert f'version = "{citation["version"]}"' in (ROOT / "pyproject.toml").read_text()


def test_every_source_file_begins_with_its_purpose():
    known = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    begins = {".py": ('"""', 'r"""'), ".c": ("/*",), ".h": ("/*",), ".smk": ("#",), ".sh": ("#!",)}
    without = [
        name
        for name in known
        if (start := begins.get((path := ROOT / name).suffix))
        and path.exists()
        and (text := path.read_text(encoding="utf-8"))
        and not text.startswith(start)
    ]
    assert without == []
