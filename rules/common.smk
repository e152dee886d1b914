# What all rules share: the checked configuration, the stamps of the sources, and the functions of the inputs. The longest
# chain, from data to conversion, goes first: that is what the priorities of its rules are for.

import gc
import os
import time
from functools import cache
from pathlib import Path

import snakemake.dag
import snakemake.rules
from snakemake.exceptions import WorkflowError
from snakemake.resources import Resource

from firmware.settings import SettingsError
from scripts.lib.alone import RUN_PID, hold_folder
from scripts.lib.cluster import check_partitions
from scripts.lib.config import load_board, load_config, load_image
from scripts.lib.declared import GivenModel, load_dataset, load_model, repeats_of, seed_of, seeds_needed
from scripts.lib.job import NO_PLUGINS
from scripts.lib.lab import load_lab
from scripts.lib.schemes import SCHEMES
from scripts.lib.stamps import write_stamps


def or_stop(load, *arguments):
    """Return load(*arguments); a mistake in the configuration or a disk that refuses ends Snakemake with one line each."""
    try:
        return load(*arguments)
    except SettingsError as error:
        raise WorkflowError("\n".join(error.messages)) from None
    except OSError as error:
        raise WorkflowError(f"{error.filename}: {error.strerror}") from None


# Plans of ten thousand cells: what a plan is made of stays, so that looking for garbage in it is in vain; and where a
# rule's script lies, and what its functions want to know, is found out once instead of several times for each job.
gc.freeze()
gc.set_threshold(1_000_000)
workflow.sourcecache._cache = cache(workflow.sourcecache._cache)
snakemake.rules.get_function_params = cache(snakemake.rules.get_function_params)

STARTED_S = time.time()
os.environ[RUN_PID] = str(os.getpid())
os.environ |= NO_PLUGINS
if workflow.is_main_process and not workflow.output_settings.dryrun:
    or_stop(hold_folder)
    asked = (workflow.resource_settings.default_resources or {}, *workflow.resource_settings.overwrite_resources.values())
    or_stop(check_partitions, [item["slurm_partition"].raw for item in asked if "slurm_partition" in item])
CONFIG = or_stop(load_config, dict(config), [Path(file) for file in workflow.configfiles])
LAB = or_stop(load_lab)

# Whether an output lies in another one's folder is a question of the rules, not of their number: every small plan asks it.
if len(CONFIG.cells) > 1000:
    snakemake.dag.DAG.check_directory_outputs = lambda plan: None

or_stop(write_stamps, CONFIG.cells, LAB, CONFIG.choices)

FIGURES = sorted(path.stem for path in Path("scripts/report/figures").glob("*.rst"))

# Repeated trainings, and those of the bases of variants: they differ in their seed alone.
REPEATS = [
    repeat
    for name, seeds in seeds_needed(CONFIG.models.values()).items()
    for repeat in repeats_of(or_stop(load_model, name), seeds)
]

# Starting Python costs more than to build an image, so a job takes all schemes of the matrix at once. Any other scheme is
# made alone, when it is asked for, by rules of the same name with this suffix.
TOGETHER = {"": CONFIG.matrix.schemes} | {f"-{name}": [name] for name in SCHEMES if name not in CONFIG.matrix.schemes}

# Boards that this machine has; each is a resource.
PLUGGED = sorted({unit.board for unit in LAB.boards})
ANY_BOARD_BUT = r"(?!(?:{})(?![a-z0-9_-]))[a-z0-9_-]+"
exclusive_board = {}
for name in PLUGGED:
    workflow.register_resource(f"board_{name}", Resource(f"board_{name}", len(LAB.units(name))))
    exclusive_board[f"board_{name}"] = lambda wildcards, name=name: int(board_of(wildcards) == name)

# Snakemake's limiter of job starts looks for new work once a second for every job that ever ended, as long as jobs wait.
if workflow.scheduling_settings:  # a dry run has none
    workflow.scheduling_settings.max_jobs_per_timespan = None


wildcard_constraints:
    dataset=r"[a-z0-9_-]+",
    model=r"[a-z0-9_-]+",
    scheme="|".join(SCHEMES),
    board=ANY_BOARD_BUT.format("host"),  # the host is no board, it has a rule of its own
    core=r"[a-z0-9-]+",
    image=r"[a-z0-9_-]+",


@cache
def model_of(name):
    """The model's YAML; any declared model may be asked for, also one outside the matrix."""
    return or_stop(load_model, name)


@cache
def dataset_of(name):
    """The dataset's YAML."""
    return or_stop(load_dataset, name)


def loader_of(wildcards):
    """The source file of a dataset's loader."""
    return f"scripts/datasets/{dataset_of(wildcards.dataset).loader}.py"


def builder_of(wildcards):
    """The source file of a model's builder."""
    return f"scripts/models/{model_of(wildcards.model).builder}.py"


def variant_of(wildcards):
    """The source file of a variant's kind."""
    variant = model_of(wildcards.model).variant
    return [f"scripts/variants/{variant.kind}.py", "scripts/lib/substitute.py"] if variant else []


def teacher_of(wildcards):
    """The trained model that a distilled one learns from."""
    teacher = model_of(wildcards.model).teacher
    return [f"results/models/{teacher}/model.keras"] if teacher else []


def data_of(wildcards):
    """The prepared dataset of a model; the labelled vectors of a given one, which may have none."""
    model = model_of(wildcards.model)
    if isinstance(model, GivenModel):
        return model.vectors or []
    return f"data/prepared/{model.dataset}.npz"


def declaration_of(wildcards):
    """The YAML of a model, which repeats share, and of the base of a variant."""
    path = f"config/models/{wildcards.model}.yaml"
    own = path if Path(path).is_file() else f"config/models/{seed_of(wildcards.model)[0]}.yaml"
    variant = getattr(model_of(wildcards.model), "variant", None)
    return [own, f"config/models/{variant.of}.yaml"] if variant else own


def declarations_of_data(wildcards):
    """The YAML of a dataset, or of a model's, and of the dataset whose raw files it uses."""
    name = wildcards.dataset if "dataset" in wildcards.keys() else getattr(model_of(wildcards.model), "dataset", None)
    return [f"config/datasets/{n}.yaml" for n in dict.fromkeys((name, dataset_of(name).raw))] if name else []


def tree_of(wildcards):
    """The files of a dataset that is a folder of one's own, and their folders, which tell when a file is gone."""
    tree = dataset_of(wildcards.dataset).tree
    files = [Path(tree.path, name) for name in tree.names()] if tree else []
    return sorted({str(path) for file in files for path in (file, file.parent, tree.path)})


def raw_of(wildcards):
    """The list of a dataset's raw files."""
    return f"data/raw/{dataset_of(wildcards.dataset).raw}/SHA256SUMS"


def weights_of(wildcards):
    """What a model is converted from: its training, or the file that was given."""
    model = model_of(wildcards.model)
    return model.tflite if isinstance(model, GivenModel) else f"results/models/{wildcards.model}/model.keras"


def float32_of(wildcards):
    """The float32 form of a model, which a given one may not have."""
    has = "float32" in model_of(wildcards.model).schemes
    return f"results/models/{wildcards.model}/float32.tflite" if has else []


def training_threads(wildcards):
    """The threads that the model's YAML asks for."""
    return model_of(wildcards.model).threads


@cache
def image_of(name):
    """The YAML of a foreign image."""
    return or_stop(load_image, name)


def board_of(wildcards):
    """The board that a measuring job needs."""
    return image_of(wildcards.image).board if "image" in wildcards.keys() else wildcards.board


def is_new(path):
    """Whether this run wrote `path`."""
    return Path(path).exists() and Path(path).stat().st_mtime >= STARTED_S


@cache
def core_of(board):
    """The core of a board; any declared board may be asked for, also one outside the matrix."""
    return (CONFIG.boards.get(board) or or_stop(load_board, board)).core


def kernels_of(wildcards):
    """The kernel library of a board's core."""
    return f"results/kernels/{core_of(wildcards.board)}/libkernels.a"
