"""The typed configuration: config.yaml (the matrix) and config/images/*.yaml, with all that they name.

`load_config` checks the matrix and every model, dataset and board it names, and refuses with all mistakes of all files
at once, each with its file, key, value and nearest valid name.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pydantic

from firmware import settings
from firmware.board import Board, load_board
from scripts.lib.declared import Dataset, GivenModel, Model, Text, declared, load_dataset, load_model, seed_of
from scripts.lib.energy import DEFAULT_DUTY_CYCLE, DutyCycle
from scripts.lib.results import HOST
from scripts.lib.schemes import SCHEMES

ItemT = TypeVar("ItemT")


class Image(settings.Settings):
    """config/images/<name>.yaml: an image that another engine built; it speaks the MLPerf Tiny protocol."""

    name: str  #: the file's
    title: Text  #: what it is, for people
    file: Annotated[str, pydantic.Field(pattern=r"\.(elf|bin)$")]  #: relative to the checkout
    model: str  #: the network in it, whose test vectors it must pass
    scheme: str  #: of that network
    board: str  #: that it runs on
    engine: Annotated[str, pydantic.Field(pattern=r"^\S(.*\S)?$")]  #: the name of who built it, a column of the table


class Matrix(settings.Settings):
    """config/config.yaml: every one of these models x schemes x boards is a cell, with foreign images beside them."""

    models: Annotated[list[str], pydantic.Field(min_length=1)]  #: files of `config/models/`
    schemes: Annotated[list[str], pydantic.Field(min_length=1)]  #: number formats of weights and activations
    boards: Annotated[list[str], pydantic.Field(min_length=1)]  #: files of `config/boards/`; `host` is this machine
    images: list[str] = pydantic.Field(default_factory=list)  #: names of `config/images/<name>.yaml`
    duty_cycle: DutyCycle = DEFAULT_DUTY_CYCLE  #: what average power and battery life stand for
    #: how much accuracy, in percentage points, a cheaper scheme may lose to be advised
    accuracy_budget_points: Annotated[float, pydantic.Field(ge=0, le=100)] = 1.0

    @pydantic.field_validator("models", "schemes", "boards", "images")
    @classmethod
    def _no_repeats(cls, names: list[str]) -> list[str]:
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"{', '.join(repeated)} named more than once")
        return names


@dataclass(frozen=True)
class Config:
    """A checked configuration: everything the matrix names, loaded; the host needs no loading."""

    matrix: Matrix
    models: dict[str, Model | GivenModel]
    datasets: dict[str, Dataset]
    boards: dict[str, Board]
    images: dict[str, Image]

    @property
    def cells(self) -> list[tuple[str, str, str]]:
        """(model, scheme, board) of every cell, in the order of the table; a given model has one scheme alone."""
        combinations = itertools.product(self.matrix.models, self.matrix.schemes, self.matrix.boards)
        return [cell for cell in combinations if cell[1] in self.models[cell[0]].schemes]

    @property
    def choices(self) -> dict[str, Any]:
        """What else of config.yaml goes into the results."""
        return self.matrix.model_dump(include={"duty_cycle", "accuracy_budget_points"})


def load_image(name: str, root: Path = Path()) -> Image:
    """Return config/images/<name>.yaml under `root` with all names and its file checked; raises SettingsError."""
    path = root / "config/images" / f"{name}.yaml"
    if not path.is_file():
        raise settings.SettingsError([f"{path}: unknown image {name!r}{settings.nearest(name, declared(path.parent))}"])
    image = settings.load(path, Image, name=name)
    known = {
        "model": declared(root / "config/models"),
        "scheme": list(SCHEMES),
        "board": declared(root / "config/boards"),
    }
    errors = [
        f"{path}: {key}: unknown {key} {getattr(image, key)!r}{settings.nearest(getattr(image, key), names)}"
        for key, names in known.items()
        if getattr(image, key) not in names
    ]
    if not (root / image.file).is_file():
        errors.append(f"{path}: file: {image.file!r} does not exist")
    if errors:
        raise settings.SettingsError(errors)
    return image


def load_config(content: dict[str, Any], origins: list[Path], root: Path = Path()) -> Config:
    """Return the checked configuration for the matrix in `content`, merged from `origins` and the command line.

    Raises one SettingsError with the mistakes of all files.
    """
    errors: list[str] = []
    origin = Path(" + ".join(str(file) for file in origins))

    def collect(load: Callable[..., ItemT], *arguments: Any) -> ItemT | None:
        try:
            return load(*arguments)
        except settings.SettingsError as error:
            errors.extend(error.messages)
            return None

    for file in origins:
        collect(settings.read_yaml, file)  # Snakemake, which merged them, keeps the last of two equal keys silently
    matrix = collect(settings.check, origin, content, Matrix)
    wanted = {key: _names(content, key) for key in ("models", "schemes", "boards")}
    known = {
        "models": declared(root / "config/models"),
        "schemes": list(SCHEMES),
        "boards": [*declared(root / "config/boards"), HOST],
    }
    known["models"] += [name for name in wanted["models"] if seed_of(name)[0] in known["models"]]
    for key, names in wanted.items():
        unknown = [name for name in names if name not in known[key]]
        errors += [f"{origin}: {key}: unknown {key[:-1]} {n!r}{settings.nearest(n, known[key])}" for n in unknown]
        wanted[key] = [name for name in dict.fromkeys(names) if name not in unknown]
    boards = {name: collect(load_board, name, root / "config/boards") for name in wanted["boards"] if name != HOST}
    models = {name: collect(load_model, name, root) for name in wanted["models"]}
    datasets: dict[str, Dataset | None] = {}
    for model in filter(None, models.values()):
        if isinstance(model, GivenModel):
            if model.scheme not in wanted["schemes"]:
                errors.append(f"{origin}: schemes: {model.name} is {model.scheme}, which is not among them")
            continue
        if model.dataset in declared(root / "config/datasets"):
            datasets[model.dataset] = datasets.get(model.dataset) or collect(load_dataset, model.dataset, root)
        else:
            hint = settings.nearest(model.dataset, declared(root / "config/datasets"))
            errors.append(
                f"{root / 'config/models' / model.name}.yaml: dataset: unknown dataset {model.dataset!r}{hint}"
            )
    images = {name: collect(load_image, name, root) for name in _names(content, "images")}
    if errors:
        raise settings.SettingsError(list(dict.fromkeys(errors)))
    return Config(matrix, models, datasets, boards, images)


def _names(content: dict[str, Any], key: str) -> list[str]:
    names = content.get(key)
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
