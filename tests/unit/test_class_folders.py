"""A folder of class-named folders is a dataset; what does not belong in it is refused by name."""

import wave

import numpy as np
import pytest
from PIL import Image

from firmware.settings import SettingsError
from scripts import fetch_dataset, prepare_dataset
from scripts.datasets import class_folders
from scripts.lib.declared import load_dataset
from scripts.lib.prepared import DataError, load_prepared

CLASSES = ("rest", "walk")
YAML = """title: mine
nature: real
licence: mine
citation: mine
version: "1"
loader: class_folders
sources: [{kind: tree, path: %s}]
files: {}
parameters: {files: csv}
"""


def write_wav(path, samples=1600, rate_hz=16_000, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate_hz, 0, "NONE", ""))
        noise = np.random.default_rng(len(path.name) + samples).integers(-9000, 9000, samples * channels)
        file.writeframes(noise.astype("<i2").tobytes())


def write_csv(path, lines=8):
    rows = np.random.default_rng(int(path.stem[-1])).normal(size=(lines, 3))
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))


def write_png(path, mode="RGB", size=(6, 4)):
    Image.new(mode, size, 7).save(path)


WRITE = {"wav": write_wav, "csv": write_csv, "png": write_png}


def tree(folder, kind):
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(5):
            WRITE[kind](folder / name / f"a_{number}.{kind}")
    (folder / "manifest.json").write_text("{}")
    return folder


def load(folder, kind, **parameters):
    return class_folders.load(folder, class_folders.Parameters(files=kind, **parameters))


@pytest.mark.parametrize(
    ("kind", "parameters", "shape"),
    [
        ("csv", {}, (8, 3)),
        ("png", {}, (4, 6, 3)),
        ("wav", {}, (1600, 1)),
        ("wav", {"coefficients": 10}, (4, 10, 1)),
    ],
)
def test_each_kind_of_file_is_a_sample(tmp_path, kind, parameters, shape):
    data = load(tree(tmp_path / "t", kind), kind, **parameters)
    assert data.x_train.shape == (8, *shape) and data.x_test.shape == (2, *shape)
    assert data.class_names.tolist() == list(CLASSES) and sorted(data.y_test) == [0, 1]


def test_the_split_depends_on_names_alone_and_keeps_groups_apart(tmp_path):
    folder = tree(tmp_path / "t", "csv")
    for name in CLASSES:
        for subject in range(8):
            write_csv(folder / name / f"s{subject}_1.csv")
    data = load(folder, "csv", group="^([a-z0-9]+)_", test_share=0.3)
    assert not set(data.group_train) & set(data.group_test) and len(data.x_test) > 1
    with pytest.raises(DataError, match=r"a_0.csv: the name does not match group"):
        load(folder, "csv", group="^(s.)_")


@pytest.mark.parametrize(
    ("kind", "spoil", "expected"),
    [
        ("wav", lambda p: write_wav(p, rate_hz=8000), "expected 16000 samples/s, 1 channel, 16 bits, got 8000"),
        ("wav", lambda p: write_wav(p, channels=2), "got 16000 samples/s, 2 channels"),
        ("wav", lambda p: write_wav(p, samples=99), r"expected the shape \(1600, 1\) of .*got \(99, 1\)"),
        ("wav", lambda p: p.write_bytes(b"RIFF"), "not a wav file"),
        ("png", lambda p: write_png(p, size=(5, 5)), r"expected the shape \(4, 6, 3\)"),
        ("png", lambda p: write_png(p, mode="L"), r"got \(4, 6, 1\)"),
        ("png", lambda p: write_png(p, mode="I;16"), "expected 8 bits .*, got mode I;16"),
        ("png", lambda p: p.write_bytes(p.read_bytes()[:40]), "not a picture"),
        ("csv", lambda p: write_csv(p, lines=9), r"expected the shape \(8, 3\)"),
        ("csv", lambda p: p.write_text("1,2,3\n" * 6 + "1,nan,3\n1,2,3\n"), ":7: a value that is not finite"),
        ("csv", lambda p: p.write_text("1,2,3\n1,2\n"), r"as many numbers in every line, got \[2, 3\]"),
        ("csv", lambda p: p.write_text("a,b\n"), "expected lines of numbers"),
        ("csv", lambda p: p.write_text(""), "as many numbers in every line"),
    ],
)
def test_a_file_of_another_form_is_refused_by_name(tmp_path, kind, spoil, expected):
    folder = tree(tmp_path / "t", kind)
    spoil(folder / f"walk/a_3.{kind}")
    with pytest.raises(DataError, match=f"walk/a_3.{kind}:?.*{expected}"):
        load(folder, kind)


def test_an_empty_class_and_a_single_one_are_refused(tmp_path):
    folder = tree(tmp_path / "t", "csv")
    (folder / "idle").mkdir()
    with pytest.raises(DataError, match=r"t/idle: no \.csv file in it"):
        load(folder, "csv")
    with pytest.raises(DataError, match="expected a folder for each of two classes or more"):
        load(folder / "walk", "csv")


def test_one_yaml_makes_it_a_dataset_that_follows_the_folder(tmp_path):
    folder = tree(tmp_path / "t", "csv")
    (tmp_path / "config/datasets").mkdir(parents=True)
    declaration = tmp_path / "config/datasets/mine.yaml"
    declaration.write_text(YAML % folder)
    dataset = load_dataset("mine", tmp_path)
    assert len(dataset.tree.names()) == 11
    sums, prepared = tmp_path / "data/raw/mine/SHA256SUMS", tmp_path / "mine.npz"
    fetch_dataset.fetch_dataset(dataset, sums)
    prepare_dataset.prepare_dataset(dataset, sums, prepared)
    assert len(load_prepared(prepared).x_train) == 8
    for name in CLASSES:
        (folder / name / "a_4.csv").unlink()
    fetch_dataset.fetch_dataset(dataset, sums)
    prepare_dataset.prepare_dataset(dataset, sums, prepared)
    assert len(load_prepared(prepared).x_train) == 6
    (tmp_path / "data/raw/mine/walk/a_1.csv").write_text("1,2,3\n")
    with pytest.raises(DataError, match=r"a_1.csv: expected sha256"):
        prepare_dataset.prepare_dataset(dataset, sums, prepared)
    declaration.write_text(YAML % (tmp_path / "gone"))
    with pytest.raises(fetch_dataset.SourceError, match="gone: no such folder"):
        fetch_dataset.fetch_dataset(load_dataset("mine", tmp_path), sums)
    declaration.write_text(YAML.replace("files: {}", f"files: {{a.csv: {'a' * 64}}}") % folder)
    with pytest.raises(SettingsError, match="a tree is the only source, and has no declared files"):
        load_dataset("mine", tmp_path)
