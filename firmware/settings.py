"""Reads a YAML file into a typed model and reports every mistake at once.

Refuses: unreadable files, invalid YAML, duplicate keys, unknown keys, missing keys, wrong types and values out of
range. Each message names the file, the key, the value found and what was expected, with the nearest valid name where
there is one.
"""

import difflib
import re
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml

ModelT = TypeVar("ModelT", bound="Settings")


class SettingsError(ValueError):
    """All mistakes found in configuration files; `messages` holds one line per mistake."""

    def __init__(self, messages: list[str]):
        self.messages = messages
        super().__init__("\n".join(messages))


class Settings(pydantic.BaseModel):
    """Base of every typed YAML file: unknown keys are errors, values never change after loading."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, defer_build=True)


class _UniqueKeys:
    """PyYAML keeps the last of two equal keys silently; a settings file must not."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if isinstance(key, list | dict):
                raise yaml.constructor.ConstructorError(None, None, "a key must be one value", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} appears twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


class _Loader(_UniqueKeys, yaml.SafeLoader):
    """For what may nest deeper than Python's stack, which is an error like any other."""


class _FastLoader(_UniqueKeys, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Five times as fast, where PyYAML was built with it; 30,000 open brackets end the process."""


# Every level begins with one of these, so that a file with few of them cannot nest deep; our own have up to 100.
_LEVEL = re.compile(r"[\[{]|[-?]\s|^ ", re.MULTILINE)
_FLAT = 300


def nearest(name: str, valid: list[str]) -> str:
    """Return a suggestion such as " (did you mean 'int8'?)", or the list of valid names when none is near."""
    close = difflib.get_close_matches(str(name), valid, n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else f" (valid: {', '.join(sorted(valid))})"


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in `path`; raises SettingsError naming the file and line."""
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=_FastLoader if len(_LEVEL.findall(text)) < _FLAT else _Loader)
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: not UTF-8 text: {error.reason} at byte {error.start}"]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingsError([f"{path}: invalid YAML: {' '.join(str(error).split())}"]) from error
    if not isinstance(content, dict):
        raise SettingsError([f"{path}: expected a mapping of keys to values, got {type(content).__name__}"])
    return content


def load(path: Path, model: type[ModelT], **extra: Any) -> ModelT:
    """Return `path` as a `model`; `extra` fields (such as the name taken from the file's name) are added to it.

    Raises SettingsError with one line per mistake.
    """
    return check(path, {**read_yaml(path), **extra}, model)


def check(path: Path, content: dict[str, Any], model: type[ModelT]) -> ModelT:
    """Return `content`, which came from `path`, as a `model`; raises SettingsError with one line per mistake."""
    try:
        return model.model_validate(content)
    except pydantic.ValidationError as error:
        raise SettingsError([_explain(path, model, item) for item in error.errors()]) from error


def _explain(path: Path, model: type[pydantic.BaseModel], item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        owner = _model_at(model, item["loc"][:-1])
        return f"{path}: {key}: unknown key{nearest(str(item['loc'][-1]), list(owner.model_fields) if owner else [])}"
    if item["type"] == "missing":
        return f"{path}: {key}: missing key"
    hint = ""
    if item["type"] == "literal_error":
        valid = [word.strip(" '") for word in item["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        hint = nearest(str(item["input"]), valid)
    reason = item["msg"].removeprefix("Value error, ")
    return f"{path}: {key or 'file'}: {reason}, got {item['input']!r}{hint}"


def _model_at(model: Any, location: tuple) -> type[pydantic.BaseModel] | None:
    """Follow `location` through nested models and lists of models."""
    for part in location:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if hasattr(model, "model_fields") else None
        if field is None:
            return None
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((c for c in candidates if isinstance(c, type) and issubclass(c, pydantic.BaseModel)), None)
        if model is None:
            return None
    return model
