"""What the documentation says is what there is."""

import re
import subprocess

import pytest
import yaml

from scripts.write_config_reference import REFERENCE, reference
from tests.conftest import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
_NAMED = re.compile(r"`((?:config|data|docs|envs|firmware|profiles|rules|scripts|tests)/[\w./-]+)`")
_NOT_IN_GIT = ("config/lab.yaml", "data/raw/", "data/prepared/")  # the user's own, and what rules produce


def test_the_reference_of_the_configuration_is_up_to_date():
    assert (ROOT / REFERENCE).read_text(encoding="utf-8") == reference(), "make docs writes it anew"


def test_every_key_of_the_configuration_has_a_meaning():
    rows = [re.split(r"(?<!\\)\|", line) for line in reference().splitlines() if line.startswith("| `")]
    assert [row[1].strip() for row in rows if not row[2].strip()] == []


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
