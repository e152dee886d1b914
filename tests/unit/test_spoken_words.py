"""Synthetic speech: the same clips every time, voices of the test unheard in training, nothing unknown spoken."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydantic
import pytest

from scripts.datasets import spoken_words
from scripts.fetch_dataset import fetch_dataset
from scripts.lib.declared import load_dataset
from scripts.lib.prepared import DataError
from scripts.lib.speech import synthesiser

ROOT = Path(__file__).parents[2]


def parameters(**changes):
    few = {
        "words": ["yes", "no"], "unknown": ["bird", "wow"], "silence": True, "clips_train": 4, "clips_test": 2,
        "coefficients": 10, "voices_train": ["f1", "m1"], "voices_test": ["f2", "m3"],
    }  # fmt: skip
    return spoken_words.Parameters(**{**few, **changes})


@pytest.fixture(scope="session")
def folder():
    """The wheel with espeak-ng, fetched once for this checkout."""
    folder = ROOT / ".cache/tests/espeak"
    fetch_dataset(load_dataset("kws12", ROOT), folder / "SHA256SUMS")
    return folder


def test_equal_parameters_give_equal_samples(folder):
    first, second = (spoken_words.load(folder, parameters()) for _ in range(2))
    assert first.x_train.shape == (16, 49, 10, 1) and first.x_test.shape == (8, 49, 10, 1)
    assert first.class_names.tolist() == ["yes", "no", "silence", "unknown"]
    assert first.x_train.tobytes() == second.x_train.tobytes()
    assert first.x_test.tobytes() != spoken_words.load(folder, parameters(seed=2)).x_test.tobytes()


def test_a_clip_is_one_second_of_a_16_bit_converter(folder):
    with synthesiser(next(folder.glob("*.whl"))) as speaker:
        clip = spoken_words.record(speaker, spoken_words.plan(parameters(), "train")[3], 16_000)
    assert clip.shape == (16_000,) and (clip * 32768 == np.round(clip * 32768)).all()
    assert 0.1 <= np.abs(clip).max() <= 0.9


def test_words_stand_out_of_the_noise_and_silence_has_none(folder):
    clip = spoken_words.plan(parameters(), "train")[0]
    with synthesiser(next(folder.glob("*.whl"))) as speaker:
        spoken = spoken_words.record(speaker, clip, 16_000)
        silent = spoken_words.record(speaker, replace(clip, word=""), 16_000)
    loudness = [np.sqrt(np.mean(sound.reshape(100, 160) ** 2, axis=1)) for sound in (spoken, silent)]
    assert loudness[0].max() / np.median(loudness[0]) > 1.5 > loudness[1].max() / np.median(loudness[1])


def test_voices_of_the_test_are_not_heard_in_training():
    for name in ("kws12", "kws5"):
        declared = load_dataset(name, ROOT).parameters
        voices = [{clip.voice.variant for clip in spoken_words.plan(declared, split)} for split in ("train", "test")]
        assert voices[0] and voices[1] and not voices[0] & voices[1]
    with pytest.raises(pydantic.ValidationError, match="voices in training and in the test: m1"):
        parameters(voices_test=["m1"])


def test_unknown_words_are_those_listed():
    clips = spoken_words.plan(parameters(clips_train=30), "train")
    assert {clip.word for clip in clips} == {"yes", "no", "", "bird", "wow"}


def test_a_voice_that_does_not_exist_is_named(folder):
    with pytest.raises(DataError, match=r"unknown voice 'Hugoo' \(did you mean 'Hugo'\?\)"):
        spoken_words.load(folder, parameters(voices_train=["Hugoo"]))


def test_a_wheel_without_the_library_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"expected one \*\.whl"):
        spoken_words.load(tmp_path, parameters())
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("other/__init__.py", "")
    with pytest.raises(DataError, match=r"other\.whl: no espeakng_loader/libespeak-ng\.so"):
        spoken_words.load(tmp_path, parameters())
