"""Training: a killed one goes on to the same weights, early stopping keeps the best, groups are never divided."""

import csv
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from scripts.lib import training

# Trains a network with dropout and batch normalisation, whose state must survive too, slowly enough to be killed.
TRAIN = """
import sys, time
from pathlib import Path
import keras, numpy as np
from scripts.lib.training import Recipe, Task, fit, write_curves

def train(checkpoint, pause_s):
    keras.utils.set_random_seed(1)
    layers = keras.layers
    network = keras.Sequential([keras.Input((8,)), layers.Dense(16, activation="relu"), layers.BatchNormalization(),
                                layers.Dropout(0.3), layers.Dense(3, activation="softmax")])
    network.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    random = np.random.default_rng(1)
    x, groups = random.normal(size=(300, 8)).astype(np.float32), np.arange(300) // 10
    y = np.abs(x[:, :3]).argmax(axis=1)
    once = network.fit
    def slowly(*arguments, **options):
        time.sleep(pause_s)
        return once(*arguments, **options)
    network.fit = slowly
    progress = fit(Task(network, x, y, network.loss), groups, Recipe(1, 6, 32, 3, "key"), checkpoint)
    write_curves(progress, checkpoint.with_suffix(".csv"))
    np.savez(checkpoint.with_suffix(".weights.npz"), *network.get_weights())

folder = Path(sys.argv[1])
if sys.argv[2] == "killed":
    train(folder / "killed.npz", 0.3)
else:
    train(folder / "killed.npz", 0)
    train(folder / "whole.npz", 0)
"""
ENVIRONMENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1"}


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path):
    command = [sys.executable, "-c", TRAIN, str(tmp_path)]
    with subprocess.Popen([*command, "killed"], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("epoch 3"):  # the checkpoint of epoch 2 is whole, that of epoch 3 is being written
                process.send_signal(signal.SIGKILL)
                break
    assert (tmp_path / "killed.npz").is_file()
    run = subprocess.run([*command, "resumed"], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert "goes on after epoch 2" in run.stdout or "goes on after epoch 3" in run.stdout
    resumed, whole = (np.load(tmp_path / f"{name}.weights.npz") for name in ("killed", "whole"))
    assert all(resumed[name].tobytes() == whole[name].tobytes() for name in whole.files)
    assert (tmp_path / "killed.csv").read_text() == (tmp_path / "whole.csv").read_text()
    assert not (tmp_path / "killed.npz").exists() and not (tmp_path / "whole.npz").exists()


class Variable:
    def __init__(self, value):
        self.value = np.array(float(value))

    def numpy(self):
        return self.value.copy()

    def assign(self, value):
        self.value = np.array(value)


class Network:
    """Stands for a Keras model whose validation losses are known; its weight counts the epochs."""

    def __init__(self, losses):
        self.losses, self.weight, self.asked = losses, Variable(0), []
        self.variables, self.trainable_variables, self.optimizer = [self.weight], [], self

    def build(self, _variables):
        pass

    def get_weights(self):
        return [self.weight.numpy()]

    def set_weights(self, weights):
        self.weight.assign(weights[0])

    def fit(self, batches, validation_data, **_options):
        samples = [sample for x, y in batches.as_numpy_iterator() for sample in x if np.array_equal(x, y)]
        self.asked.append((np.array(samples), validation_data))
        self.weight.assign(self.weight.value + 1)
        losses = {"loss": [1.0]}
        if validation_data:
            losses["val_loss"] = [self.losses[int(self.weight.value) - 1]]
        return type("History", (), {"history": losses})


def run(losses, checkpoint, key="key", patience=2, epochs=10, settled=0):
    network = Network(losses)
    x = np.arange(100)
    recipe = training.Recipe(1, epochs, 10, patience, key)
    task = training.Task(network, x, x, None, settled=settled)
    return network, training.fit(task, np.arange(100) // 5, recipe, checkpoint)


def test_training_ends_with_the_weights_of_the_best_epoch(tmp_path):
    network, progress = run([5, 3, 4, 2, 6, 7, 1], tmp_path / "c.npz")
    assert len(progress.curves) == 6 and network.weight.value == 4


def test_epochs_before_the_task_has_settled_do_not_count(tmp_path):
    network, progress = run([1, 3, 4, 5, 2, 6, 7, 1], tmp_path / "c.npz", settled=3)
    assert len(progress.curves) == 7 and network.weight.value == 5


def test_without_patience_every_sample_is_trained_in_every_epoch(tmp_path):
    network, progress = run([], tmp_path / "c.npz", patience=None)
    assert len(progress.curves) == 10 and network.weight.value == 10
    assert all(sorted(x) == list(range(100)) and validation is None for x, validation in network.asked)
    assert network.asked[0][0].tolist() != network.asked[1][0].tolist()


def test_groups_are_on_one_side(tmp_path):
    network, _ = run([3, 2, 1, 1, 1], tmp_path / "c.npz", epochs=3)
    for x, (held_out, _) in network.asked:
        assert 10 <= len(held_out) <= 15 and len(x) + len(held_out) == 100
        assert not set(x // 5) & set(held_out // 5)


@pytest.mark.parametrize("damage", [lambda content: content[:40], lambda content: b"", lambda content: content])
def test_a_checkpoint_of_another_recipe_or_a_damaged_one_is_ignored(tmp_path, damage):
    path = tmp_path / "c.npz"
    source = Network([3, 2, 1])
    training._save(source, "another", training.Progress([{"loss": 1.0, "validation_loss": 1.0}]), path)
    path.write_bytes(damage(path.read_bytes()))
    network, progress = run([3, 2, 1, 1, 1], path, epochs=3)
    assert len(progress.curves) == 3 and network.weight.value == 3


def test_curves_have_a_line_for_every_epoch(tmp_path):
    _, progress = run([3, 2, 1], tmp_path / "c.npz", epochs=3)
    training.write_curves(progress, tmp_path / "curves.csv")
    with (tmp_path / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"] and rows[2]["validation_loss"] == "1.000000"
