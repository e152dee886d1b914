"""Variants: what a schedule, a mask, a rounding and a teacher do to a training, and what stays of it in the model."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from firmware.compiler.read import read_model
from scripts import summarise_repeats
from scripts.lib import results, stats
from scripts.lib.accuracy import Accuracy, Classified
from scripts.lib.declared import load_model
from scripts.variants import pruned
from tests.models import small_classifier

PRUNED = pruned.Parameters(sparsity=0.75, ramp=(0.25, 0.5))

# Trains small networks once for all tests below.
TRAIN = """
import json, sys
from pathlib import Path
import keras, numpy as np
from keras import layers
from scripts.convert_model import convert
from scripts.lib.schemes import SCHEMES
from scripts.lib.training import Recipe, Task, fit
from scripts.variants import distilled, pruned, qat

folder, random = Path(sys.argv[1]), np.random.default_rng(1)
x = random.normal(size=(240, 12, 6)).astype(np.float32)
y = np.abs(x[:, 0, :3]).argmax(axis=1)
keras.utils.set_random_seed(1)

def network():
    i = keras.Input((12, 6))
    h = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(layers.Conv1D(8, 3, use_bias=False)(i)))
    h = layers.Dropout(0.2)(layers.Flatten()(layers.MaxPooling1D(2)(h)))
    return keras.Model(i, layers.Dense(3, activation="softmax")(layers.Dense(16, activation="relu")(h)))

def train(name, vary, parameters):
    keras.utils.set_random_seed(2)
    plain = network()
    task = vary(Task(plain, x, y, "sparse_categorical_crossentropy", ["accuracy"]), parameters, 6, teacher)
    task.network.compile(keras.optimizers.Adam(0.01), task.loss, metrics=task.metrics, jit_compile=False)
    progress = fit(task, np.arange(240) // 4, Recipe(1, 6, 60, 2, "key"), folder / f"{name}.npz")
    plain.save(folder / f"{name}.keras")
    np.savez(folder / f"{name}.weights.npz", *plain.get_weights())
    return plain, progress, task

keras.utils.set_random_seed(3)
teacher = network()
kinds = {"pruned": (pruned, pruned.Parameters(sparsity=0.75, ramp=(0.2, 0.5))), "qat": (qat, qat.Parameters()),
         "distilled": (distilled, distilled.Parameters(teacher="teacher", temperature=3.0, weight=0.25))}
found = {}
for name, (module, parameters) in kinds.items():
    plain, progress, task = train(name, module.vary, parameters)
    assert len(progress.curves) > task.settled, "ended before the change had settled"
    own = {id(v) for v in plain.variables}
    state = [v.name for v in task.network.variables if id(v) not in own and "seed" not in v.name]
    found[name] = {"best_epoch": progress.best_epoch, "settled": task.settled, "state": sorted(set(state))}
    loaded = keras.models.load_model(folder / f"{name}.keras", compile=False)
    found[name]["same"] = bool((loaded(x[:4]) == plain(x[:4])).numpy().all())
    if name == "qat":
        found["ranges"] = {type(plain.get_layer(name)).__name__: r for name, r in task.ranges().items()}
        (folder / "qat.tflite").write_bytes(convert(plain, SCHEMES["int8"], x, task.ranges()))
        rounding = next(l for l in task.network.layers if getattr(l, "layer", None) is plain.layers[-2])
        rounding.change.active.assign(1.0)
        kernel = rounding.change.kernel(rounding.layer.kernel.value)
        np.savez(folder / "rounded.npz", kernel=kernel, low=rounding.change._low, high=rounding.change._high)
        found["stored"] = [type(l).__name__ for l in plain.layers if qat.is_stored(l)]
    if name == "distilled":
        probabilities = np.asarray(plain(x[:10]))
        np.savez(folder / "loss.npz", truth=task.target[:10], probabilities=probabilities,
                 loss=task.loss(keras.ops.convert_to_tensor(task.target[:10]), plain(x[:10])),
                 opinion=np.asarray(teacher(x[:10])))
(folder / "found.json").write_text(json.dumps(found))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variants")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", TRAIN, str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return folder


def found(folder):
    return json.loads((folder / "found.json").read_text())


@pytest.mark.parametrize("kind", ["pruned", "qat", "distilled"])
def test_a_variant_leaves_an_ordinary_model(trained, kind):
    assert found(trained)[kind]["same"]


def test_what_a_variant_remembers_is_in_the_checkpoint(trained):
    assert found(trained)["pruned"]["state"] == ["mask"]
    assert found(trained)["qat"]["state"] == ["active", "high", "low"]


@pytest.mark.parametrize("kind", ["pruned", "qat"])
def test_the_weights_are_those_of_an_epoch_after_the_change_has_settled(trained, kind):
    assert found(trained)[kind]["best_epoch"] >= found(trained)[kind]["settled"] == 3


def test_pruned_kernels_have_the_asked_share_of_zeros_and_biases_are_whole(trained):
    weights = list(np.load(trained / "pruned.weights.npz").values())
    kernels = [array for array in weights if array.ndim > 1]
    assert [round(0.75 * kernel.size) for kernel in kernels] == [int((kernel == 0).sum()) for kernel in kernels]
    assert len(kernels) == 3


def test_rounding_in_training_is_that_of_the_converter(trained):
    tensors = [t for op in read_model((trained / "qat.tflite").read_bytes()).operators for t in op.inputs if t]
    dense = next(t for t in tensors if t.is_constant and t.data.shape == (16, 40))
    rounded = np.load(trained / "rounded.npz")
    np.testing.assert_allclose(rounded["kernel"].T, dense.data * dense.scale[0], rtol=0, atol=1e-6)
    assert len(np.unique(rounded["kernel"])) <= 255 and rounded["low"] == 0 < rounded["high"]


def test_what_int8_stores_is_rounded(trained):
    assert found(trained)["stored"] == ["ReLU", "Dense"]


def test_the_converter_takes_the_ranges_of_the_training(trained):
    operators = read_model((trained / "qat.tflite").read_bytes()).operators
    outputs = {operator.kind: operator.outputs[0] for operator in reversed(operators)}
    assert set(found(trained)["ranges"]) == {"ReLU", "Dense"}
    for layer, operator in (("ReLU", "CONV_2D"), ("Dense", "FULLY_CONNECTED")):
        low, high = found(trained)["ranges"][layer]
        assert outputs[operator].scale[0] == pytest.approx((high - low) / 255, rel=1e-5)
    assert all(tensor.dtype == np.int8 for tensor in outputs.values())


def test_the_loss_of_distillation_is_that_of_the_paper(trained):
    content = np.load(trained / "loss.npz")
    labels, p, q = content["truth"][:, 0].astype(int), content["probabilities"], content["opinion"]
    soft_p, soft_q = ((v ** (1 / 3)) / (v ** (1 / 3)).sum(axis=1, keepdims=True) for v in (p, q))
    divergence = (soft_q * np.log(soft_q / soft_p)).sum(axis=1)
    expected = 0.75 * -np.log(p[np.arange(10), labels]) + 0.25 * 9 * divergence
    np.testing.assert_allclose(content["truth"][:, 1:], q, atol=1e-6)
    np.testing.assert_allclose(content["loss"], expected, rtol=1e-3, atol=1e-5)


def test_sparsity_rises_to_its_target_and_stays():
    shares = [pruned.sparsity_at(epoch, 8, PRUNED) for epoch in range(8)]
    assert shares[:3] == [0, 0, 0] and shares[4:] == [0.75] * 4 and 0 < shares[3] < 0.75


def test_the_smallest_weights_are_hidden():
    kernel = np.array([[3.0, -1.0], [0.5, -4.0]])
    assert pruned.smallest(kernel, 0.5).tolist() == [[1, 0], [0, 1]]
    assert pruned.smallest(np.zeros((4, 4)), 0.75).sum() == 4  # equal weights: still the asked share


def record(folder, name, correct, tflite):
    low, high = stats.wilson_interval(correct, 100)
    half = [[correct, 100 - correct], [0, 0]]
    score = Classified(samples=100, correct=correct, accuracy=correct / 100, ci_low=low, ci_high=high, confusion=half)
    none = dict.fromkeys(("reason", "target", "detected", "fidelity", "float_tflite_sha256"))
    content = Accuracy(
        model=name, scheme="int8", status="ok", dataset="kws5", nature="synthetic", classified=score,
        tflite_sha256="0" * 64, **none,
    )  # fmt: skip
    results.write(folder / name / "int8.accuracy.json", content)
    (folder / name / "int8.tflite").write_bytes(tflite)


def summary(folder, ours, theirs):
    tflite = small_classifier()
    for name, scores in (("kws_mlp", theirs), ("kws_mlp-pruned", ours)):
        for index, correct in enumerate(scores):
            record(folder, f"{name}-seed{index + 1}" if index else name, correct, tflite)
    return summarise_repeats.summarise([load_model("kws_mlp-pruned")], ["int8"], folder)


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        ([70, 72, 71, 73, 70], "inside the noise"),
        ([60, 62, 61, 62, 61], "worse"),
        ([80, 82, 81, 82, 81], "better"),
    ],
)
def test_an_effect_inside_the_noise_is_called_that(tmp_path, ours, expected):
    base, variant = summary(tmp_path, ours, [71, 70, 72, 72, 71])
    assert (base.model, base.effect, base.seeds) == ("kws_mlp", None, 5)
    assert variant.effect == expected and variant.difference == pytest.approx(np.mean(ours) / 100 - 0.712)
    text = summarise_repeats.to_markdown([base, variant])
    assert f"| {expected} |" in text and "Student's 95 % interval" in text
    summarise_repeats.to_csv([base, variant], tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_text().count("\n") == 3


def test_a_missing_seed_is_named(tmp_path):
    with pytest.raises(results.ResultError, match="kws_mlp-seed5"):
        summary(tmp_path, [70, 70, 70, 70, 70], [70, 70, 70, 70])
