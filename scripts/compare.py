"""Compares results/ with other results: python -m scripts.compare BASE, also as make compare BASE=…

BASE is a folder with results, or a git revision: that is cloned into .cache/compare/ and reproduced there, with its own
environment. Writes results/compare/summary.md, junit.xml and differences.csv. Exit code: 0 nothing is worse than
config/policy.yaml allows, 1 something is, 2 it could not be compared.
"""

import csv
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from firmware import settings
from firmware.files import whole
from scripts.lib.results import ResultError
from scripts.lib.table import TableError
from scripts.report import cells, comparison

POLICY = Path("config/policy.yaml")


class BaseError(ValueError):
    """The base is neither a folder nor a revision that can be reproduced."""


def find_base(base: str, root: Path = Path()) -> Path:
    """Return the folder with the results of `base`; a git revision is reproduced. Raises BaseError."""
    if Path(base).is_dir():
        return Path(base)
    found = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode:
        raise BaseError(f"BASE={base}: neither a folder nor a git revision")
    return reproduce(found.stdout.strip(), root)


def reproduce(commit: str, root: Path) -> Path:
    """Return a checkout of `commit` in which `make reproduce` has run; what is up to date there is not made again."""
    folder = root / ".cache/compare" / commit[:12]
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        _run(["git", "clone", "--quiet", "--shared", "--no-checkout", str(root.resolve()), str(part)])
        _run(["git", "-C", str(part), "checkout", "--quiet", "--detach", commit])
        if (root / "data/raw").is_dir():  # files with the right sha256 need no download
            for file in sorted((root / "data/raw").rglob("*")):
                if file.is_file() and file.name != "SHA256SUMS":
                    target = part / file.relative_to(root)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(file, target)
        part.replace(folder)
    print(f"Reproducing {commit[:12]} in {folder}", file=sys.stderr)
    _run(["make", "--no-print-directory", "-C", str(folder), "reproduce"])
    return folder


def _run(command: list[str]) -> None:
    ours = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    if subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode:
        raise BaseError(f"failed: {' '.join(command)}")


def to_junit(found: list[comparison.Difference]) -> str:
    """Return a test suite with a case per cell: failed if it is worse, skipped if nothing of it could be compared."""
    skipped = [one for one in found if one.not_compared and not one.changes and not one.worse]
    counts = {"tests": len(found), "failures": sum(bool(one.worse) for one in found), "skipped": len(skipped)}
    suite = ElementTree.Element("testsuite", name="boardwalk compare", **{key: str(n) for key, n in counts.items()})
    for one in found:
        case = ElementTree.SubElement(suite, "testcase", classname=".".join(one.name[:2]), name="/".join(one.name[2:]))
        if one.worse:
            failure = ElementTree.SubElement(case, "failure", message="; ".join(one.worse))
            failure.text = f"changed with it: {', '.join(one.causes) or 'nothing known'}"
        elif one in skipped:
            ElementTree.SubElement(case, "skipped", message="; ".join(one.not_compared))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def to_csv(found: list[comparison.Difference]) -> str:
    """Return one line per changed number."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*comparison.NAMES, "column", "base", "new", "causes"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(comparison.to_rows(found))
    return text.getvalue()


def compare_results(base: Path, new: Path, policy: comparison.Policy, out: Path) -> bool:
    """Write the comparison of two folders into `out`; return whether nothing is worse than the policy allows."""
    before, after = comparison.read_results(base), comparison.read_results(new)
    if sorted(before.columns) == sorted(after.columns) and (before.path.parent / "cells").is_dir():
        cells.load(before.path)  # refuses rows that their records contradict
    cells.load(after.path)
    found = comparison.compare(before, after, policy)
    text = comparison.summary(before, after, found)
    for name, content in (("summary.md", text), ("junit.xml", to_junit(found)), ("differences.csv", to_csv(found))):
        with whole(out / name) as part:
            part.write_text(content, encoding="utf-8", newline="\n")
    print(text, end="")
    return not any(one.worse for one in found)


def main(arguments: list[str]) -> int:
    """Compare, print the summary, and return the exit code."""
    if len(arguments) != 1 or not arguments[0]:
        print("error: name what to compare with: make compare BASE=<git revision or folder>", file=sys.stderr)
        return 2
    try:
        policy = settings.load(POLICY, comparison.Policy)
        good = compare_results(find_base(arguments[0]), Path("results"), policy, Path("results/compare"))
    except (BaseError, TableError, ResultError, settings.SettingsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
