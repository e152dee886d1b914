"""Trains one model from its YAML.

The same data, seed and number of threads give the same weights on one machine, and the same weights give the same file.
"""

import hashlib
import json
import re
import zipfile
from pathlib import Path

from firmware.files import whole
from scripts.lib.declared import Model, load_model, plugin
from scripts.lib.job import logged
from scripts.lib.prepared import ANOMALY, Prepared, load_prepared
from scripts.lib.training import RANGES, Recipe, Task, fit, write_curves


def train_model(
    model: Model, data: Prepared, path: Path, curves: Path, key: str = "", teacher: Path | None = None
) -> None:
    """Train `model` on the training split; write it to `path` as .keras, and loss and metrics per epoch to `curves`.

    `key` stands for everything that decides the weights: a checkpoint with another key is not taken up. `teacher` is
    the .keras of the model that a distilled one learns from.
    """
    import keras  # here and not above: their notices about the host belong in the log
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(model.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(model.seed)
    tf.config.experimental.enable_op_determinism()
    network = plugin("models", model.builder).build(data.x_train.shape[1:], len(data.class_names), model.parameters)
    print(f"{model.name}: {network.count_params()} parameters")
    if data.task == ANOMALY:  # learns to give back what it gets
        task = Task(network, data.x_train, data.x_train, "mean_squared_error")
    else:
        task = Task(network, data.x_train, data.y_train, "sparse_categorical_crossentropy", ["accuracy"])
    if model.variant:
        vary = plugin("variants", model.variant.kind).vary
        task = vary(task, model.variant, model.epochs, teacher and keras.models.load_model(teacher, compile=False))
    optimizer = keras.optimizers.Adam(model.learning_rate)
    # Sixteen steps in each call of TensorFlow: the same weights, bit for bit, in less time where a step is short.
    task.network.compile(optimizer, task.loss, metrics=task.metrics, steps_per_execution=16)
    recipe = Recipe(model.seed, model.epochs, model.batch_size, model.patience, key)
    progress = fit(task, data.group_train, recipe, path.with_name("checkpoint.npz"))
    write_curves(progress, curves)
    with whole(path) as part:
        network.save(part)
        _make_repeatable(part, task.ranges())


def _key(model: Model, files: list[Path]) -> str:
    """Return a hash of what decides the weights: the declaration, and the files it names."""
    digest = hashlib.sha256(model.model_dump_json().encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _make_repeatable(path: Path, ranges: dict[str, tuple[float, float]]) -> None:
    """Rewrite a .keras archive without what differs from run to run: times of saving, and memory addresses as names.

    The `ranges` of outputs that the training has settled are added to it, if there are any.
    """
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    del metadata["date_saved"]
    members["metadata.json"] = json.dumps(metadata).encode()
    config, numbers = members["config.json"].decode(), {}
    members["config.json"] = re.sub(
        r'(?<="shared_object_id": )\d+', lambda match: str(numbers.setdefault(match[0], len(numbers))), config
    ).encode()
    if ranges:
        members[RANGES] = json.dumps(ranges).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name), content)


if job := globals().get("snakemake"):
    with logged(job):
        model, named = load_model(job.wildcards.model), job.input
        files = [Path(file) for file in (named.data, named.builder, *named.variant, *named.teacher)]
        teacher = Path(named.teacher[0]) if named.teacher else None
        outputs = Path(job.output.model), Path(job.output.curves)
        train_model(model, load_prepared(files[0]), *outputs, _key(model, files), teacher)
