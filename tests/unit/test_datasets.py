"""Loaders give the agreed arrays, keep subjects apart, and refuse damaged or hostile files."""

import gzip
import io
import os
import pickle
import time

import numpy as np
import pytest

from scripts.datasets import fashion_mnist, watch_imu
from scripts.lib.prepared import DataError, Prepared, load_prepared, save_prepared


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(header + array.tobytes())


@pytest.fixture
def images(tmp_path):
    random = np.random.default_rng(1)
    for prefix, count in (("train", 40), ("t10k", 20)):
        pixels = random.integers(0, 256, (count, 28, 28), np.uint8)
        (tmp_path / f"{prefix}-images-idx3-ubyte.gz").write_bytes(idx(pixels))
        (tmp_path / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(idx(np.arange(count, dtype=np.uint8) % 10))
    return tmp_path


def test_images_become_numbers_between_0_and_1(images):
    data = fashion_mnist.load(images, fashion_mnist.Parameters())
    assert data.x_train.shape == (40, 28, 28, 1) and data.x_test.shape == (20, 28, 28, 1)
    assert data.x_train.min() >= 0 and data.x_train.max() == 1 and len(data.class_names) == 10


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[: len(content) // 2], "not a gzip file"),
        (lambda content: gzip.compress(gzip.decompress(content)[:-1]), "expected"),
        (lambda content: gzip.compress(b"\x00\x00\x0d" + gzip.decompress(content)[3:]), "IDX magic"),
        (lambda content: gzip.compress(b""), "IDX magic"),
    ],
)
def test_a_damaged_idx_file_is_refused_by_name(images, damage, reason):
    path = images / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=f"train-images.*{reason}"):
        fashion_mnist.load(images, fashion_mnist.Parameters())


def series():
    """14 series of 2 classes, subjects 1 to 7; every sample of subject s has the value 100 s + position / 1000."""
    rows, labels, subjects = [], [], []
    for subject in range(1, 8):
        for label in range(2):
            rows.append(np.repeat(100.0 * subject + np.arange(400)[:, None] / 1000, 6, axis=1))
            labels.append(label)
            subjects.append(subject)
    return {
        "X": rows,
        "y": np.array(labels),
        "subject": np.array(subjects),
        "X_labels": list(watch_imu.AXES),
        "y_labels": ["a", "b"],
    }


def save(folder, content):
    np.save(folder / "watch_dataset.npy", np.array(content, dtype=object), allow_pickle=True)


def parameters(**changes):
    return watch_imu.Parameters(**{"window": 128, "train_stride": 32, "test_subjects": [6, 7], **changes})


def test_windows_of_one_subject_are_on_one_side_of_the_split(tmp_path):
    save(tmp_path, series())
    data = watch_imu.load(tmp_path, parameters())
    assert data.x_train.shape == (5 * 2 * 9, 128, 6) and data.x_test.shape == (2 * 2 * 3, 128, 6)
    assert data.x_train.max() < data.x_test.min()  # the highest subject of the one is below the lowest of the other


def test_axes_are_normalised_by_the_training_windows(tmp_path):
    save(tmp_path, series())
    data = watch_imu.load(tmp_path, parameters())
    np.testing.assert_allclose(data.x_train.mean(axis=(0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(data.x_train.std(axis=(0, 1)), 1, atol=1e-5)
    assert data.x_test.mean() > 1


@pytest.mark.parametrize("subjects", [[11], [1, 2, 3, 4, 5, 6, 7]])
def test_a_split_that_cannot_be_is_refused(tmp_path, subjects):
    save(tmp_path, series())
    with pytest.raises(DataError, match="test_subjects"):
        watch_imu.load(tmp_path, parameters(test_subjects=subjects))


class Hostile:
    """Unpickled by the ordinary unpickler, this would run a command."""

    def __reduce__(self):
        return os.system, ("touch hostile",)


def test_a_pickle_that_wants_to_run_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path, {**series(), "y_labels": Hostile()})
    with pytest.raises(DataError, match=r"watch_dataset.npy: .*system, and only numpy arrays are allowed"):
        watch_imu.load(tmp_path, parameters())
    assert not (tmp_path / "hostile").exists()


@pytest.mark.parametrize("keep", [0, 5, 60, 200, 5000])
def test_a_truncated_pickle_is_refused(tmp_path, keep):
    save(tmp_path, series())
    path = tmp_path / "watch_dataset.npy"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"watch_dataset.npy"):
        watch_imu.load(tmp_path, parameters())


def prepared(**changes):
    x, y = np.zeros((4, 3), np.float32), np.array([0, 1, 0, 1])
    fields = {"x_train": x, "y_train": y, "x_test": x, "y_test": y, "class_names": np.array(["a", "b"])}
    return Prepared(**{**fields, **changes})


def test_equal_data_give_equal_bytes_at_any_time(tmp_path, monkeypatch):
    save_prepared(prepared(), tmp_path / "a.npz")
    monkeypatch.setattr(time, "time", lambda: 2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))
    save_prepared(prepared(), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert load_prepared(tmp_path / "a.npz").class_names.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x_train": np.zeros((4, 3))}, "float32"),
        ({"y_train": np.array([0, 1, 0])}, "as many"),
        ({"y_test": np.array([0, 0, 0, 0])}, "do not cover the 2 classes"),
        ({"x_test": np.zeros((4, 2), np.float32)}, "differ in shape"),
        ({"x_train": np.full((4, 3), np.nan, np.float32)}, "not finite"),
    ],
)
def test_arrays_of_another_form_are_refused(changes, reason):
    with pytest.raises(DataError, match=reason):
        prepared(**changes)


def test_a_prepared_file_with_pickled_objects_is_refused(tmp_path):
    content = io.BytesIO()
    pickle.dump({"x": 1}, content)
    np.savez(tmp_path / "a.npz", x_train=np.array({"x": 1}, dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"a.npz: not a prepared dataset"):
        load_prepared(tmp_path / "a.npz")


@pytest.mark.parametrize("keep", [0, 100, 500])
def test_a_truncated_prepared_file_is_refused(tmp_path, keep):
    save_prepared(prepared(), tmp_path / "a.npz")
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:keep])
    with pytest.raises(DataError, match=r"a.npz: not a prepared dataset"):
        load_prepared(tmp_path / "a.npz")
