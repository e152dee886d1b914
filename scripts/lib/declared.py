"""What one YAML file declares: config/models/<name>.yaml and config/datasets/<name>.yaml.

The builder of a model and the loader of a dataset have `Parameters` of their own, which type the `parameters` key.
"""

import importlib
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from firmware import settings

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
Sha256 = Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, pydantic.Field(min_length=1)]
FileName = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


def plugins(kind: str) -> list[str]:
    """Names of the modules in scripts/<kind>/: the builders of `models`, the loaders of `datasets`."""
    folder = Path(importlib.import_module(f"scripts.{kind}").__file__).parent
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def plugin(kind: str, name: str) -> Any:
    """The module scripts/<kind>/<name>.py; it has a class `Parameters` and one function, `build` or `load`."""
    return importlib.import_module(f"scripts.{kind}.{name}")


def _known(name: str, kind: str, valid: list[str]) -> str:
    if name not in valid:
        raise ValueError(f"unknown {kind}{settings.nearest(name, valid)}")
    return name


class Model(settings.Settings):
    """config/models/<name>.yaml: an architecture, its data and how it is trained.

    `parameters` is an instance of the builder's own `Parameters`. `threads` is part of the recipe: float sums depend on
    it, so another number gives other weights. `patience` turns early stopping on: a tenth of the training samples is
    set aside, and training ends that many epochs after their loss was lowest, with the weights of that epoch.
    """

    name: str
    title: Text
    dataset: str
    builder: str
    parameters: Any
    seed: Annotated[int, pydantic.Field(ge=0, strict=True)]
    threads: Positive
    epochs: Positive
    batch_size: Positive
    learning_rate: Annotated[float, pydantic.Field(gt=0)]
    patience: Positive | None = None

    @pydantic.field_validator("builder")
    @classmethod
    def _known_builder(cls, builder: str) -> str:
        return _known(builder, "builder", plugins("models"))


class Source(settings.Settings):
    """A package of the Debian archive or a wheel on PyPI, with its sha256.

    It carries the files in `folder`; without a folder the package itself is the file.
    """

    kind: Literal["debian", "pypi"]
    package: Text
    version: Text
    sha256: Sha256
    folder: Text | None = None


class Dataset(settings.Settings):
    """config/datasets/<name>.yaml: where the raw files come from and how the loader splits them.

    `sources` are tried in order; `files` maps each raw file to its sha256, whichever source it came from. `nature` says
    how far results on it carry: `real` recordings, `synthetic` ones, or a `proxy`, another task that stands for one.
    """

    name: str
    title: Text
    nature: Literal["real", "synthetic", "proxy"]
    licence: Text
    citation: Text
    version: Text
    loader: str
    sources: Annotated[list[Source], pydantic.Field(min_length=1)]
    files: Annotated[dict[FileName, Sha256], pydantic.Field(min_length=1)]
    parameters: Any

    @pydantic.field_validator("loader")
    @classmethod
    def _known_loader(cls, loader: str) -> str:
        return _known(loader, "loader", plugins("datasets"))


def load_model(name: str, root: Path = Path()) -> Model:
    """Return config/models/<name>.yaml under `root`; raises SettingsError."""
    return _load(root / "config/models", name, Model, "builder", "models")


def load_dataset(name: str, root: Path = Path()) -> Dataset:
    """Return config/datasets/<name>.yaml under `root`; raises SettingsError."""
    return _load(root / "config/datasets", name, Dataset, "loader", "datasets")


def declared(folder: Path) -> list[str]:
    """Names of the YAML files in `folder`."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def _load(folder: Path, name: str, base: type[settings.Settings], key: str, kind: str) -> Any:
    """Load <folder>/<name>.yaml with `parameters` typed by the plugin module that the file names under `key`."""
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise settings.SettingsError(
            [f"{path}: unknown {kind[:-1]} {name!r}{settings.nearest(name, declared(folder))}"]
        )
    module = settings.read_yaml(path).get(key)
    typed = plugin(kind, module).Parameters if module in plugins(kind) else dict[str, Any]
    field = (typed, pydantic.Field(default_factory=dict, validate_default=True))
    return settings.load(path, pydantic.create_model(base.__name__, __base__=base, parameters=field), name=name)
