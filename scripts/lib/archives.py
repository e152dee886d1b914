"""Reads files out of archives without unpacking them: .zip, .whl, .tar, .tar.gz.

Refuses an archive with a name that would leave its folder, and damaged archives.
"""

import posixpath
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.lib.prepared import DataError


def read_members(path: Path, wanted: Callable[[str], bool | None]) -> Iterator[tuple[str, bytes]]:
    """Give name (without a leading ./) and content of every wanted regular file, in the archive's order."""
    read = _read_zip if path.suffix in (".zip", ".whl") else _read_tar
    try:
        yield from read(path, wanted)
    except (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a whole archive: {error}") from error


def member_names(path: Path) -> list[str]:
    """Return the names of all regular files in an archive, in its order."""
    names: list[str] = []
    list(read_members(path, names.append))  # which returns nothing, so that no content is read
    return names


def only_file(folder: Path, pattern: str) -> Path:
    """Return the one file in `folder` that matches; raises DataError."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise DataError(f"{folder}: expected one {pattern}, got {[path.name for path in found]}")
    return found[0]


def _read_zip(path: Path, wanted: Callable[[str], bool | None]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = _inside(info.orig_filename, path)
            if not info.is_dir() and wanted(name):
                yield name, archive.read(info)


def _read_tar(path: Path, wanted: Callable[[str], bool | None]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for info in archive:
            name = _inside(info.name, path)
            if info.isreg() and wanted(name):
                yield name, archive.extractfile(info).read()


def _inside(name: str, path: Path) -> str:
    plain = posixpath.normpath(name.replace("\\", "/"))
    if plain.startswith(("/", "../")) or plain == ".." or ":" in plain.split("/")[0]:
        raise DataError(f"{path}: the name {name!r} would leave the folder of the archive")
    return plain
