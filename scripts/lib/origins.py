"""What shared files were made from, so that a checkout that takes them over knows which of them are its own.

Snakemake judges by times and by records that stay in the folder where its jobs ran; both mean nothing for a file that
came from elsewhere. `collect` puts the records of shared files into one mapping, with the MD5 (by which DVC names its
objects) of each file and of everything it was made from; `adopt` compares by content, gives back records and times
to what would come out the same here, and removes the rest, so that Snakemake makes it again.
"""

import json
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pydantic

from firmware.files import whole
from scripts.lib.digest import digest_of, sha256_of

_RECORDS = ".snakemake/metadata"
_LONGEST_NAME = 254  # of one part of a record's path


class OriginsError(ValueError):
    """A file of origins that this version did not write."""


class Origin(pydantic.BaseModel):
    """A file's MD5, the MD5 of all that it was made from (the rule's script too), and Snakemake's record of its job."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    md5: str
    inputs: dict[str, str]
    record: dict[str, Any]


def read(path: Path) -> dict[str, Origin]:
    """Return the origins in `path`; raises OriginsError."""
    try:
        return pydantic.TypeAdapter(dict[str, Origin]).validate_json(path.read_bytes())
    except (OSError, pydantic.ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"{error.errors()[0]['msg']}"
        raise OriginsError(f"{path}: expected the origins of shared files: {reason}") from error


def write(path: Path, origins: dict[str, Origin]) -> None:
    """Write `origins`, sorted by file."""
    content = {name: origins[name].model_dump() for name in sorted(origins)}
    with whole(path) as part:
        part.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def collect(files: Iterable[Path], earlier: dict[str, Origin]) -> dict[str, Origin]:
    """Return the origins of `files` and of what they were made from, as far as jobs made it.

    Only what is newer than all it was made from has one; `earlier` origins serve for what was made elsewhere.
    """
    content_of, found = cache(md5_of), {}
    waiting = [file.as_posix() for file in files]
    while waiting:
        name = waiting.pop()
        origin = None if name in found else _origin(name, content_of) or _still_true(name, earlier, content_of)
        if origin:
            found[name] = origin
            waiting += origin.inputs
    return found


def adopt(files: Iterable[Path], origins: dict[str, Origin]) -> dict[str, str]:
    """Date and record those of `files` that were made from what is here; remove the others.

    Returns why, by file, each of the others was removed.
    """
    why_not = _Judge(origins)
    problems = {name: reason for name in sorted(file.as_posix() for file in files) if (reason := why_not.file(name))}
    now = time.time()
    for name, origin in origins.items():
        if name not in problems and Path(name).is_file():
            os.utime(name, (now, now))
            record = _record_path(name)
            with whole(record) as part:
                part.write_text(json.dumps(origin.record))
    for name in problems:
        Path(name).unlink()
    return problems


def md5_of(name: str) -> str:
    """The MD5 of a file's content, by which DVC names its objects."""
    return digest_of(Path(name), "md5")


class _Judge:
    """Says why a file is not what this checkout would make, or nothing."""

    def __init__(self, origins: dict[str, Origin]):
        self._origins = origins
        self._md5 = cache(md5_of)
        self.file = cache(self._file)
        self._made = cache(self._made_alike)

    def _file(self, name: str) -> str:
        origin = self._origins.get(name)
        if origin is None:
            return "nothing says what it was made from"
        if self._md5(name) != origin.md5:
            return f"damaged: expected MD5 {origin.md5}, got {self._md5(name)}"
        return self._made(name)

    def _made_alike(self, name: str) -> str:
        for needed, md5 in self._origins[name].inputs.items():
            known = self._origins.get(needed)
            as_known = known is not None and known.md5 == md5
            if not (self._md5(needed) == md5 if Path(needed).is_file() else as_known):  # what is not here, a job makes
                return f"made from another {needed}"
            if as_known and (reason := self._made(needed)):
                return reason
        return ""


def _origin(name: str, content_of: Any) -> Origin | None:
    """The origin of a file that was made here and is up to date."""
    path, record_path = Path(name), _record_path(name)
    if not path.is_file() or not record_path.is_file():
        return None
    record = json.loads(record_path.read_text())
    script, _, _ = record["rule"].partition("-")  # several rules may share one
    inputs = [*record["input"], f"scripts/{script}.py"]
    for needed in map(Path, inputs):
        recorded = (record["input_checksums"] or {}).get(needed.as_posix())
        if not needed.is_file():
            return None
        if recorded and recorded != f"sha256:{sha256_of(needed)}":
            return None
        if not recorded and needed.stat().st_mtime > path.stat().st_mtime:
            return None
    timeless = {key: value for key, value in record.items() if key not in ("starttime", "endtime", "job_hash")}
    return Origin(md5=content_of(name), inputs={needed: content_of(needed) for needed in inputs}, record=timeless)


def _still_true(name: str, earlier: dict[str, Origin], content_of: Any) -> Origin | None:
    """The earlier origin of a file that is not here, or is here unchanged."""
    origin = earlier.get(name)
    return origin if origin and (not Path(name).is_file() or content_of(name) == origin.md5) else None


def _record_path(name: str) -> Path:
    """Where Snakemake keeps the record of a file."""
    text = urlsafe_b64encode(name.encode()).decode()
    parts = [text[start : start + _LONGEST_NAME] for start in range(0, len(text), _LONGEST_NAME)]
    return Path(_RECORDS, *(f"@{part}" for part in parts[:-1]), parts[-1])
