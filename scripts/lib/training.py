"""Trains a Keras model epoch by epoch: early stopping, curves, and a checkpoint from which a killed training goes on.

A training that was killed and taken up again ends with the same weights as one that was not: the order of the samples
comes from the seed and the epoch, and the checkpoint holds every variable, those of the optimiser and of dropout too.
"""

import csv
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from firmware.files import whole

VALIDATION_SHARE = 0.1
RANGES = "ranges.json"  # in a .keras archive: what Task.ranges said


class TrainingError(ValueError):
    """A model and a way to train it that do not belong together."""


@dataclass(frozen=True)
class Task:
    """What is trained, on what, for what; a variant changes some of it.

    x: float32 (n, *sample shape); target: what the loss compares outputs with, (n, ...). before_epoch(epoch) is called
    before every epoch, from 0, and depends on nothing but its number; finish() when the final weights are in place.
    ranges() gives, after that, the (lowest, highest) output of layers by name, where the training has settled them.
    settled: early stopping takes no notice of the epochs before that one.
    """

    network: Any
    x: np.ndarray
    target: np.ndarray
    loss: Any
    metrics: list[Any] = field(default_factory=list)
    before_epoch: Callable[[int], None] = lambda epoch: None
    finish: Callable[[], None] = lambda: None
    ranges: Callable[[], dict[str, tuple[float, float]]] = dict
    settled: int = 0

    def changed(self, **changes: Any) -> "Task":
        """Return the task with other values."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Recipe:
    """What decides the weights beside data and network; `key` is a hash over all of that.

    patience: epochs without a better validation loss until it ends, with the best weights; None: all epochs, and no
    samples are set aside.
    """

    seed: int
    epochs: int
    batch_size: int
    patience: int | None
    key: str


@dataclass
class Progress:
    """What a checkpoint holds beside the variables: one row of numbers per epoch, and the best epoch so far."""

    curves: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: list[np.ndarray] = field(default_factory=list)


def fit(task: Task, groups: np.ndarray, recipe: Recipe, checkpoint: Path) -> Progress:
    """Train the task's network, which is compiled; samples of one of the `groups` (n,) stay together for validation.

    The file `checkpoint` is written after every epoch and removed at the end; another recipe's is ignored.
    """
    import tensorflow as tf

    network = task.network
    network.optimizer.build(network.trainable_variables)
    progress = _restore(network, recipe.key, checkpoint) or Progress()
    held_out = _held_out(groups, recipe.seed) if recipe.patience else np.zeros(len(task.x), bool)
    validation = (task.x[held_out], task.target[held_out]) if recipe.patience else None
    training = np.flatnonzero(~held_out)
    samples = tf.constant(task.x), tf.constant(task.target)
    for epoch in range(len(progress.curves), recipe.epochs):
        if recipe.patience and epoch > task.settled and epoch - 1 - progress.best_epoch >= recipe.patience:
            break
        task.before_epoch(epoch)
        order = np.random.default_rng([recipe.seed, epoch]).permutation(training)
        # Batch by batch: all samples in another order would be one copy more, and TensorFlow would make the next.
        batches = tf.data.Dataset.from_tensor_slices(order).batch(recipe.batch_size)
        batches = batches.map(lambda batch: tuple(tf.gather(array, batch) for array in samples))
        history = network.fit(batches, validation_data=validation, verbose=0).history
        row = {name.replace("val_", "validation_"): values[0] for name, values in history.items()}
        progress.curves.append(row)
        print(f"epoch {epoch + 1}: {', '.join(f'{name} {value:.4f}' for name, value in row.items())}", flush=True)
        counted = [r["validation_loss"] for r in progress.curves[task.settled :]] if recipe.patience else []
        if counted and counted[-1] <= min(counted):
            progress.best_epoch, progress.best_weights = epoch, network.get_weights()
        _save(network, recipe.key, progress, checkpoint)
    if recipe.patience:
        network.set_weights(progress.best_weights)
        print(f"weights of epoch {progress.best_epoch + 1}, the best in validation")
    task.finish()
    checkpoint.unlink(missing_ok=True)
    return progress


def write_curves(progress: Progress, path: Path) -> None:
    """Write one line per epoch: loss and metrics of training and validation."""
    with whole(path) as part, part.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["epoch", *progress.curves[0]])
        for epoch, row in enumerate(progress.curves, start=1):
            writer.writerow([epoch, *(f"{value:.6f}" for value in row.values())])


def _held_out(groups: np.ndarray, seed: int) -> np.ndarray:
    """Return the mask of the samples for validation: whole groups, drawn until they are a tenth of all samples."""
    names, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    count = 1 + int(np.searchsorted(np.cumsum(sizes[order]), VALIDATION_SHARE * len(groups)))
    return np.isin(groups, names[order[:count]])


def _variables(network: Any) -> list[Any]:
    return [*network.variables, *network.optimizer.variables]


def _save(network: Any, key: str, progress: Progress, checkpoint: Path) -> None:
    state = json.dumps({"key": key, "curves": progress.curves, "best_epoch": progress.best_epoch})
    arrays = {f"variable_{index}": variable.numpy() for index, variable in enumerate(_variables(network))}
    arrays |= {f"best_{index}": array for index, array in enumerate(progress.best_weights)}
    with whole(checkpoint) as part, part.open("wb") as file:
        np.savez(file, state=np.array(state), **arrays)


def _restore(network: Any, key: str, checkpoint: Path) -> Progress | None:
    """Set every variable from `checkpoint`; None if there is none of this recipe."""
    try:
        with np.load(checkpoint, allow_pickle=False) as archive:
            state = json.loads(str(archive["state"]))
            if state["key"] != key:
                return None
            variables = _variables(network)
            for index, variable in enumerate(variables):
                variable.assign(archive[f"variable_{index}"])
            best = [archive[f"best_{index}"] for index in range(len(archive.files) - 1 - len(variables))]
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    print(f"goes on after epoch {len(state['curves'])}, from {checkpoint}")
    return Progress(state["curves"], state["best_epoch"], best)
