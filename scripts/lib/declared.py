"""What one YAML file declares: config/models/<name>.yaml and config/datasets/<name>.yaml.

The builder of a model and the loader of a dataset have `Parameters` of their own, which type the `parameters` key.
"""

import importlib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from firmware import settings
from scripts.lib.schemes import SCHEMES

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
Share = Annotated[float, pydantic.Field(gt=0, le=1)]
Sha256 = Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, pydantic.Field(min_length=1)]
Checksum = Annotated[str, pydantic.Field(pattern=r"^([0-9a-f]{64}|md5:[0-9a-f]{32})$")]
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
    `repeats` trainings differ in their seed alone; each is a model of its own, <name>-seed<N>. `mlperf_target` is the
    accuracy or AUC that MLPerf Tiny asks of this task, on its own data.
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
    repeats: Positive = 1
    mlperf_target: Share | None = None

    @property
    def schemes(self) -> list[str]:
        """The schemes that the model can be converted to: all."""
        return list(SCHEMES)

    @pydantic.field_validator("builder")
    @classmethod
    def _known_builder(cls, builder: str) -> str:
        return _known(builder, "builder", plugins("models"))


class GivenModel(settings.Settings):
    """config/models/<name>.yaml with `tflite`: a model from elsewhere, in the one scheme that it has.

    `vectors` is an .npz with x, float32 (n, *input shape), and y, int64 (n,) labels. Without them the model is compared
    with its oracle on random inputs, and has no accuracy.
    """

    name: str
    title: Text
    tflite: Annotated[str, pydantic.Field(pattern=r"\.tflite$")]
    scheme: Literal[tuple(SCHEMES)]
    vectors: Annotated[str, pydantic.Field(pattern=r"\.npz$")] | None = None
    mlperf_target: Share | None = None

    @property
    def schemes(self) -> list[str]:
        """The scheme of the file."""
        return [self.scheme]


class Package(settings.Settings):
    """A package of the Debian archive or a wheel on PyPI, with its sha256.

    It carries the files in `folder`; without a folder the package itself is the file.
    """

    kind: Literal["debian", "pypi"]
    package: Text
    version: Text
    sha256: Sha256
    folder: Text | None = None


class Download(settings.Settings):
    """Addresses of the files, whose names are the last parts of the addresses."""

    kind: Literal["url"]
    urls: Annotated[list[Annotated[str, pydantic.Field(pattern=r"^https?://.+/[^/?]+$")]], pydantic.Field(min_length=1)]


class Folder(settings.Settings):
    """A folder of this machine that holds the files; $NAME is taken from the environment, and skipped if not set."""

    kind: Literal["folder"]
    path: Text


Source = Annotated[Package | Download | Folder, pydantic.Field(discriminator="kind")]


class Dataset(settings.Settings):
    """config/datasets/<name>.yaml: where the raw files come from and how the loader splits them.

    With `raw`, files and all that is said of them are those of that other dataset. `sources` are tried in order;
    `files` maps each raw file to the checksum that its authors published, sha256 or md5, whichever source it came from;
    null if there is none: then the first download's is recorded, and later ones must have the same. A generator needs
    no files. `nature` says how far results carry: `real` recordings, `synthetic` ones, or a `proxy`, another task that
    stands for one.
    """

    name: str
    title: Text
    nature: Literal["real", "synthetic", "proxy"]
    licence: Text
    citation: Text
    version: Text
    loader: str
    raw: str
    sources: list[Source]
    files: dict[FileName, Checksum | None]
    parameters: Any

    @pydantic.field_validator("loader")
    @classmethod
    def _known_loader(cls, loader: str) -> str:
        return _known(loader, "loader", plugins("datasets"))


def load_model(name: str, root: Path = Path()) -> Model | GivenModel:
    """Return config/models/<name>.yaml under `root`, or <base>.yaml with another seed for <base>-seed<N>.

    Raises SettingsError, also for a given model whose files do not exist.
    """
    folder = root / "config/models"
    base, seed = seed_of(name)
    if seed is not None and base in declared(folder) and name not in declared(folder):
        return _load(folder, base, Model, "builder", "models").model_copy(update={"name": name, "seed": seed})
    path = folder / f"{name}.yaml"
    if not path.is_file() or "tflite" not in settings.read_yaml(path):
        return _load(folder, name, Model, "builder", "models")
    model = settings.load(path, GivenModel, name=name)
    files = {"tflite": model.tflite, "vectors": model.vectors}
    missing = [
        f"{path}: {key}: {file!r} does not exist" for key, file in files.items() if file and not (root / file).is_file()
    ]
    if missing:
        raise settings.SettingsError(missing)
    return model


def seed_of(name: str) -> tuple[str, int | None]:
    """Return base and seed of a repeat's name, such as ("kws_mlp", 3) of kws_mlp-seed3; the seed of others is None."""
    match = re.fullmatch(r"(.+)-seed(\d+)", name)
    return (match[1], int(match[2])) if match else (name, None)


def repeats_of(model: Model) -> list[str]:
    """Return the names of all trainings of `model`: its own, then the repeats with the seeds that follow."""
    return [model.name, *(f"{model.name}-seed{model.seed + index}" for index in range(1, model.repeats))]


def load_dataset(name: str, root: Path = Path()) -> Dataset:
    """Return config/datasets/<name>.yaml under `root`; raises SettingsError."""
    folder = root / "config/datasets"
    content = settings.read_yaml(folder / f"{name}.yaml") if name in declared(folder) else {}
    raw = content.get("raw", name)
    if raw == name:
        return _load(folder, name, Dataset, "loader", "datasets", raw=name)
    if raw not in declared(folder):
        path = folder / f"{name}.yaml"
        raise settings.SettingsError(
            [f"{path}: raw: unknown dataset {raw!r}{settings.nearest(str(raw), declared(folder))}"]
        )
    other = settings.read_yaml(folder / f"{raw}.yaml")
    shared = {key: other[key] for key in ("licence", "citation", "version", "sources", "files") if key in other}
    return _load(folder, name, Dataset, "loader", "datasets", **shared)


def declared(folder: Path) -> list[str]:
    """Names of the YAML files in `folder`."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def _load(folder: Path, name: str, base: type[settings.Settings], key: str, kind: str, **shared: Any) -> Any:
    """Load <folder>/<name>.yaml with `parameters` typed by the plugin module that the file names under `key`."""
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise settings.SettingsError(
            [f"{path}: unknown {kind[:-1]} {name!r}{settings.nearest(name, declared(folder))}"]
        )
    content = settings.read_yaml(path)
    module = content.get(key)
    typed = plugin(kind, module).Parameters if module in plugins(kind) else dict[str, Any]
    field = (typed, pydantic.Field(default_factory=dict, validate_default=True))
    typed_base = pydantic.create_model(base.__name__, __base__=base, parameters=field)
    return settings.check(path, {**shared, **content, "name": name}, typed_base)
