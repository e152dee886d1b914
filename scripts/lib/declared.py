"""What one YAML file declares: config/models/<name>.yaml and config/datasets/<name>.yaml.

The builder of a model and the loader of a dataset have `Parameters` of their own, which type the `parameters` key; the
kind of a variant has some that type the other keys of `variant`.
"""

import importlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from firmware import settings
from scripts.lib.record import Nature, Sha256
from scripts.lib.schemes import SCHEMES

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
Share = Annotated[float, pydantic.Field(gt=0, le=1)]
Text = Annotated[str, pydantic.Field(min_length=1)]
Checksum = Annotated[str, pydantic.Field(pattern=r"^([0-9a-f]{64}|md5:[0-9a-f]{32})$")]
FileName = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


def plugins(kind: str) -> list[str]:
    """Names of the modules in scripts/<kind>/: the builders of `models`, loaders of `datasets`, kinds of `variants`."""
    folder = Path(importlib.import_module(f"scripts.{kind}").__file__).parent
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def plugin(kind: str, name: str) -> Any:
    """The module scripts/<kind>/<name>.py; it has a class `Parameters` and one function, `build`, `load` or `vary`."""
    return importlib.import_module(f"scripts.{kind}.{name}")


def _known(name: str, kind: str, valid: list[str]) -> str:
    if name not in valid:
        raise ValueError(f"unknown {kind}{settings.nearest(name, valid)}")
    return name


class Variant(settings.Settings):
    """What a variant changes, and how; the kind's own `Parameters` are added to this."""

    of: str  #: the model that it is a variant of
    kind: str  #: file of `scripts/variants/`


class Model(settings.Settings):
    """config/models/<name>.yaml: an architecture, its data and how it is trained.

    With `variant` the file has a title and repeats of its own and all else is the base's, so that both have the same
    training budget.
    """

    name: str  #: the file's
    title: Text  #: what it is, for people
    dataset: str  #: file of `config/datasets/`
    builder: str  #: file of `scripts/models/`
    parameters: Any = pydantic.Field(default_factory=dict)  #: the builder's own, below
    seed: Annotated[int, pydantic.Field(ge=0, strict=True)]  #: of initial weights, order of samples and dropout
    threads: Positive  #: of the training, part of the recipe: float sums depend on it, so another number, other weights
    epochs: Positive  #: passes over the training samples, at most
    batch_size: Positive  #: samples of one step
    learning_rate: Annotated[float, pydantic.Field(gt=0)]  #: of the optimizer, Adam
    #: early stopping: a tenth of the training samples is set aside, and training ends so many epochs after their loss
    #: was lowest, with the weights of that epoch
    patience: Positive | None = None
    repeats: Positive = 1  #: trainings that differ in their seed alone; each is a model of its own, `<name>-seed<N>`
    mlperf_target: Share | None = None  #: accuracy or AUC that MLPerf Tiny asks of this task, on its own data
    variant: Variant | None = None  #: of another model

    @property
    def teacher(self) -> str | None:
        """The model that this one learns from, if it is distilled."""
        return getattr(self.variant, "teacher", None)

    @property
    def schemes(self) -> list[str]:
        """The schemes that the model can be converted to: all."""
        return list(SCHEMES)

    @pydantic.field_validator("builder")
    @classmethod
    def _known_builder(cls, builder: str) -> str:
        return _known(builder, "builder", plugins("models"))


class GivenModel(settings.Settings):
    """config/models/<name>.yaml with `tflite`: a model from elsewhere, in the one scheme that it has."""

    name: str  #: the file's
    title: Text  #: what it is, for people
    tflite: Annotated[str, pydantic.Field(pattern=r"\.tflite$")]  #: the file, relative to the checkout
    scheme: Literal[tuple(SCHEMES)]  #: in which it was converted
    #: x, float32 (n, *input shape), and y, int64 (n,) labels; without them random inputs are compared with the oracle,
    #: and there is no accuracy
    vectors: Annotated[str, pydantic.Field(pattern=r"\.npz$")] | None = None
    mlperf_target: Share | None = None  #: accuracy or AUC that MLPerf Tiny asks of this task, on its own data

    @property
    def schemes(self) -> list[str]:
        """The scheme of the file."""
        return [self.scheme]


class Package(settings.Settings):
    """A package of the Debian archive or a wheel on PyPI."""

    kind: Literal["debian", "pypi"]  #: where it is found
    package: Text  #: its name there
    version: Text  #: exactly this one
    sha256: Sha256  #: of the package
    folder: Text | None = None  #: in the package, with the files; without it the package itself is the file


class Download(settings.Settings):
    """Files on the web."""

    kind: Literal["url"]  #: downloaded
    #: their addresses, which end with the files' names
    urls: Annotated[list[Annotated[str, pydantic.Field(pattern=r"^https?://.+/[^/?]+$")]], pydantic.Field(min_length=1)]


class Folder(settings.Settings):
    """A folder of this machine that holds the files."""

    kind: Literal["folder"]  #: copied
    path: Text  #: $NAME in it is taken from the environment; the source is skipped if that is not set


class Tree(settings.Settings):
    """A folder of this machine whose files are one's own, whatever they are: none is declared, and they may change."""

    kind: Literal["tree"]  #: copied, and again when a file changes
    path: Text  #: relative to the checkout, or absolute

    def names(self) -> list[str]:
        """Return the names of all files below the folder, without hidden ones; none if there is no such folder."""
        root = Path(self.path)
        names = (path.relative_to(root) for path in root.glob("**/*") if path.is_file())
        return sorted(name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts))


Source = Annotated[Package | Download | Folder | Tree, pydantic.Field(discriminator="kind")]


class Dataset(settings.Settings):
    """config/datasets/<name>.yaml: where the raw files come from and how the loader splits them.

    With `raw`, licence, citation, version, sources and files are those of that other dataset.
    """

    name: str  #: the file's
    title: Text  #: what it is, for people
    nature: Nature  #: how far results carry; a proxy is another task that stands for one
    licence: Text  #: of the data
    citation: Text  #: of who made them
    version: Text  #: of the data
    loader: str  #: file of `scripts/datasets/`
    raw: str = ""  #: the dataset whose raw files it uses, if not its own
    sources: list[Source]  #: tried in order; none for what a loader generates
    #: each raw file's checksum as its authors published it, of whichever source; null if there is none: then the first
    #: download's is recorded, and later ones must have the same. A generator needs no files, and a tree has its own
    files: dict[FileName, Checksum | None]
    parameters: Any = pydantic.Field(default_factory=dict)  #: the loader's own, below

    @pydantic.field_validator("loader")
    @classmethod
    def _known_loader(cls, loader: str) -> str:
        return _known(loader, "loader", plugins("datasets"))

    @pydantic.model_validator(mode="after")
    def _tree_alone(self) -> "Dataset":
        if self.tree and (len(self.sources) > 1 or self.files):
            raise ValueError("sources: a tree is the only source, and has no declared files")
        return self

    @property
    def tree(self) -> Tree | None:
        """The folder of one's own files, if that is the source."""
        return next((source for source in self.sources if isinstance(source, Tree)), None)


def load_model(name: str, root: Path = Path()) -> Model | GivenModel:
    """Return config/models/<name>.yaml under `root`, or <base>.yaml with another seed for <base>-seed<N>.

    Raises SettingsError, also for a given model whose files do not exist.
    """
    folder = root / "config/models"
    base, seed = seed_of(name)
    if seed is not None and base in declared(folder) and name not in declared(folder):
        return _load_model(folder, base).model_copy(update={"name": name, "seed": seed, "repeats": 1})
    path = folder / f"{name}.yaml"
    if not path.is_file() or "tflite" not in settings.read_yaml(path):
        return _load_model(folder, name)
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


def repeats_of(model: Model, repeats: int | None = None) -> list[str]:
    """Return the names of so many trainings of `model`: its own, then repeats with the seeds that follow."""
    return [model.name, *(f"{model.name}-seed{model.seed + index}" for index in range(1, repeats or model.repeats))]


def seeds_needed(models: Iterable[Any]) -> dict[str, int]:
    """Return by name how many trainings there must be of `models` that are repeated, and of the bases of variants."""
    needed: dict[str, int] = {}
    for model in models:
        if getattr(model, "repeats", 1) > 1:
            base = [model.variant.of] if model.variant else []
            needed |= {name: max(model.repeats, needed.get(name, 0)) for name in (*base, model.name)}
    return needed


OWN_OF_VARIANT = ("title", "variant", "repeats")


def _load_model(folder: Path, name: str) -> Model:
    """Return the model in <folder>/<name>.yaml; a variant has what it does not say itself from its base."""
    path = folder / f"{name}.yaml"
    content = settings.read_yaml(path) if path.is_file() else {}
    variant = content.get("variant")
    if not isinstance(variant, dict):
        return _load(folder, name, Model, "builder", "models")
    base, kind = variant.get("of"), variant.get("kind")
    bases = [
        other
        for other in declared(folder)
        if not {"variant", "tflite"} & set(settings.read_yaml(folder / f"{other}.yaml"))
    ]
    errors = [
        f"{path}: variant.{key}: unknown {what} {value!r}{settings.nearest(str(value), valid)}"
        for key, value, what, valid in (
            ("of", base, "model", bases),
            ("kind", kind, "kind", plugins("variants")),
            ("teacher", variant.get("teacher", base), "model", bases),
        )
        if value not in valid
    ]
    errors += [
        f"{path}: {key}: a variant trains as its base does; it has {', '.join(OWN_OF_VARIANT)} of its own"
        for key in content
        if key not in OWN_OF_VARIANT
    ]
    if not isinstance(content.get("repeats"), int) or content["repeats"] < 2:
        errors.append(f"{path}: repeats: a variant is compared over two trainings or more")
    if errors:
        raise settings.SettingsError(errors)
    typed = pydantic.create_model("Variant", __base__=(Variant, plugin("variants", kind).Parameters))
    shared = {key: value for key, value in settings.read_yaml(folder / f"{base}.yaml").items() if key != "repeats"}
    model = _load(folder, name, Model, "builder", "models", variant=(typed, ...), **shared)
    if model.teacher and _load_model(folder, model.teacher).dataset != model.dataset:
        raise settings.SettingsError(
            [f"{path}: variant.teacher: {model.teacher!r} learns from other data than {base!r}"]
        )
    return model


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
    """Load <folder>/<name>.yaml with `parameters` typed by the plugin module that the file names under `key`.

    `shared` has what the file may leave out; a tuple among it is the type of a field instead.
    """
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise settings.SettingsError(
            [f"{path}: unknown {kind[:-1]} {name!r}{settings.nearest(name, declared(folder))}"]
        )
    fields = {field: value for field, value in shared.items() if isinstance(value, tuple)}
    values = {field: value for field, value in shared.items() if field not in fields}
    content = {**values, **settings.read_yaml(path), "name": name}
    module = content.get(key)
    typed = plugin(kind, module).Parameters if module in plugins(kind) else dict[str, Any]
    fields["parameters"] = (typed, pydantic.Field(default_factory=dict, validate_default=True))
    return settings.check(path, content, pydantic.create_model(base.__name__, __base__=base, **fields))
