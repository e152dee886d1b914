"""How every result file is typed, written and read back: JSON with a version field, strict in both directions."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pydantic

from firmware import settings
from firmware.files import whole

SCHEMA_VERSION = 1

RecordT = TypeVar("RecordT", bound="Record")
Name = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Text = Annotated[str, pydantic.Field(pattern=r"^\S(.*\S)?$")]  # one line, not blank
Sha256 = Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{64}$")]
Nature = Literal["real", "synthetic", "proxy"]  # of data: how far results carry


class ResultError(ValueError):
    """A result file that cannot be used; the message names the file and the field."""


class Part(pydantic.BaseModel):
    """Base of everything inside a record."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


class Record(Part):
    """Base of the records: the version comes first, so that a reader can tell what follows."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model: Name
    scheme: Name


def write(path: Path, record: Record) -> None:
    """Write `record` as JSON, whole or not at all; equal records give equal bytes."""
    with whole(Path(path)) as part:
        part.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8", newline="\n")


def read(path: Path, kind: type[RecordT]) -> RecordT:
    """Return the record in `path`; raises ResultError that names the file and every wrong field."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except OSError as error:
        raise ResultError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ResultError(f"{path}: not a whole JSON document: {error}") from error
    if not isinstance(content, dict):
        raise ResultError(f"{path}: expected a JSON object, got {type(content).__name__}")
    if content.get("schema_version") != SCHEMA_VERSION:
        found = content.get("schema_version", "none")
        raise ResultError(f"{path}: schema_version: expected {SCHEMA_VERSION}, got {found!r}; make this file again")
    try:
        return kind.model_validate(content)
    except pydantic.ValidationError as error:
        raise ResultError("\n".join(_explain(path, kind, item) for item in error.errors())) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise ValueError(f"field {key!r} appears twice")
        content[key] = value
    return content


def _explain(path: Path, kind: type[Record], item: Any) -> str:
    field = ".".join(str(part) for part in item["loc"]) or "record"
    if item["type"] == "extra_forbidden":
        hint = settings.nearest(field, list(kind.model_fields)) if len(item["loc"]) == 1 else ""
        return f"{path}: {field}: unknown field{hint}"
    if item["type"] == "missing":
        return f"{path}: {field}: missing field"
    message = item["msg"].removeprefix("Value error, ")
    return f"{path}: {field}: {message}" + ("" if item["type"] == "value_error" else f", got {item['input']!r}")
