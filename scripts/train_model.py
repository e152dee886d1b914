"""Trains one model from its YAML.

The same data, seed and number of threads give the same weights on one machine, and the same weights give the same file.
"""

import json
import re
import zipfile
from pathlib import Path

from scripts.lib.declared import Model, load_model, plugin
from scripts.lib.job import logged, whole
from scripts.lib.prepared import Prepared, load_prepared


def train_model(model: Model, data: Prepared, path: Path) -> None:
    """Train `model` on the training split and write it to `path` as .keras."""
    import keras  # here and not above: their notices about the host belong in the log
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(model.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(model.seed)
    tf.config.experimental.enable_op_determinism()
    network = plugin("models", model.builder).build(data.x_train.shape[1:], len(data.class_names), model.parameters)
    network.compile(keras.optimizers.Adam(model.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(data.x_train, data.y_train, batch_size=model.batch_size, epochs=model.epochs, verbose=2)
    accuracy = network.evaluate(data.x_test, data.y_test, verbose=0, return_dict=True)["accuracy"]
    print(f"{model.name}: {network.count_params()} parameters, {accuracy:.2%} of {len(data.y_test)} test samples right")
    with whole(path) as part:
        network.save(part)
        _make_repeatable(part)


def _make_repeatable(path: Path) -> None:
    """Rewrite a .keras archive without what differs from run to run: times of saving, and memory addresses as names."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    del metadata["date_saved"]
    members["metadata.json"] = json.dumps(metadata).encode()
    config, numbers = members["config.json"].decode(), {}
    members["config.json"] = re.sub(
        r'(?<="shared_object_id": )\d+', lambda match: str(numbers.setdefault(match[0], len(numbers))), config
    ).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name), content)


if job := globals().get("snakemake"):
    with logged(job):
        train_model(load_model(job.wildcards.model), load_prepared(Path(job.input.data)), Path(job.output[0]))
