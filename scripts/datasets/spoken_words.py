"""Synthesises spoken words with espeak-ng and turns them into MFCC. Synthetic speech: no person was recorded.

Every clip is one second: one word by one voice in one accent, at a random rate, pitch and place, in one of four noises.
Test clips are spoken by voices that training never hears. Equal parameters give equal samples.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic

from firmware import settings
from firmware.frontend.spectrum import FrontEnd
from scripts.lib.archives import only_file
from scripts.lib.prepared import Prepared, normalised
from scripts.lib.speech import RATE_HZ, Synthesiser, Voice, synthesiser

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
Names = Annotated[list[Annotated[str, pydantic.Field(min_length=1)]], pydantic.Field(min_length=1)]
ACCENTS = ["en-us", "en-029", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-gb-x-rp", "en-us-nyc"]
SILENCE, UNKNOWN = "silence", "unknown"
# Noises by the exponent of their power spectrum 1 / f^a: white, pink, brown, and violet hiss.
NOISES = (0.0, 1.0, 2.0, -1.0)
SNR_DB = (3.0, 25.0)
PEAK = (0.1, 0.9)  # of the full scale
SILENCE_PEAK = (0.005, 0.1)


class Parameters(settings.Settings):
    """The classes, how much is spoken, by whom, and the form of the features."""

    words: Names  #: a class each
    unknown: list[str] = pydantic.Field(default_factory=list)  #: words of one more class
    silence: bool = False  #: one more class, of noise alone
    clips_train: Positive  #: of each class
    clips_test: Positive  #: of each class
    coefficients: Positive  #: of the MFCC
    mean_over_time: bool = False  #: one vector for a clip instead of one for a frame
    voices_train: Names  #: variants of espeak-ng
    voices_test: Names  #: others, which are not heard in training
    seed: Annotated[int, pydantic.Field(ge=0, strict=True)] = 1  #: of all that is random

    @pydantic.model_validator(mode="after")
    def _apart(self) -> "Parameters":
        both = sorted(set(self.voices_train) & set(self.voices_test))
        if both:
            raise ValueError(f"voices in training and in the test: {', '.join(both)}")
        return self

    @property
    def class_names(self) -> list[str]:
        return [*self.words, *([SILENCE] if self.silence else []), *([UNKNOWN] if self.unknown else [])]


@dataclass(frozen=True)
class Clip:
    """What is to be heard: `word` is empty for silence; `seed` of everything random in it."""

    label: int
    word: str
    voice: Voice
    seed: list[int]


def load(folder: Path, parameters: Parameters) -> Prepared:
    """Return MFCC as float32 (n, frames, coefficients, 1), or their mean over time (n, coefficients).

    Each coefficient is normalised by mean and deviation of the training clips.
    """
    x, labels = {}, {}
    with synthesiser(only_file(folder, "*.whl")) as speaker:
        for split in ("train", "test"):
            clips = plan(parameters, split)
            x[split] = _features(speaker, clips, parameters, split)
            voices = getattr(parameters, f"voices_{split}")
            labels[f"group_{split}"] = np.array([voices.index(clip.voice.variant) for clip in clips], np.int64)
            labels[f"y_{split}"] = np.array([clip.label for clip in clips], np.int64)
    axes = (0,) if parameters.mean_over_time else (0, 1)
    arrays = normalised(x["train"], x["test"], axes)
    return Prepared(**arrays, **labels, class_names=np.array(parameters.class_names))


def plan(parameters: Parameters, split: str) -> list[Clip]:
    """Return the clips of a split, class by class."""
    names = getattr(parameters, f"voices_{split}")
    clips = []
    for label, name in enumerate(parameters.class_names):
        for number in range(getattr(parameters, f"clips_{split}")):
            seed = [parameters.seed, split == "test", label, number]
            random = np.random.default_rng(seed)
            voice = Voice(
                accent=ACCENTS[random.integers(len(ACCENTS))],
                variant=names[random.integers(len(names))],
                words_per_minute=int(random.integers(130, 211)),
                pitch=int(random.integers(30, 71)),
                range=int(random.integers(30, 71)),
            )
            other = parameters.unknown[random.integers(len(parameters.unknown))] if name == UNKNOWN else name
            clips.append(Clip(label, "" if name == SILENCE else other, voice, [*seed, 1]))
    return clips


def _features(speaker: Synthesiser, clips: list[Clip], parameters: Parameters, split: str) -> np.ndarray:
    front_end = FrontEnd(coefficients=parameters.coefficients)
    features: list[np.ndarray] = [np.empty(0)] * len(clips)
    order = sorted(range(len(clips)), key=lambda index: (clips[index].voice.accent, clips[index].voice.variant))
    for done, index in enumerate(order, start=1):  # changing the voice takes as long as speaking
        features[index] = front_end.mfcc(record(speaker, clips[index], front_end.rate_hz))
        if done % 500 == 0 or done == len(clips):
            print(f"{split}: {done} of {len(clips)} clips", flush=True)
    stacked = np.stack(features)
    stacked = stacked.mean(axis=1) if parameters.mean_over_time else stacked[..., None]
    return stacked.astype(np.float32)


def record(speaker: Synthesiser, clip: Clip, rate_hz: int) -> np.ndarray:
    """Return one second at `rate_hz` as a 16-bit converter gives it: float64 (rate_hz,) in -1..1."""
    random = np.random.default_rng(clip.seed)
    noise = _noise(random, rate_hz)
    if clip.word:
        word = _place(speaker.say(clip.word, clip.voice), random, rate_hz)
        power = np.sum(word**2) / np.count_nonzero(np.abs(word) > 0.01 * np.abs(word).max())
        sound = word + noise * np.sqrt(power / 10 ** (random.uniform(*SNR_DB) / 10))
        peak = random.uniform(*PEAK)
    else:
        sound, peak = noise, random.uniform(*SILENCE_PEAK)
    return np.round(sound * (peak / np.abs(sound).max()) * 32767) / 32768


def _place(word: np.ndarray, random: np.random.Generator, rate_hz: int) -> np.ndarray:
    """Put `word` somewhere in one second, at another rate: what lies above half of it is left out of the spectrum."""
    word = word[:RATE_HZ]
    second = np.zeros(RATE_HZ)
    start = int(random.integers(RATE_HZ - len(word) + 1))
    second[start : start + len(word)] = word
    spectrum = np.fft.rfft(second)[: rate_hz // 2 + 1]  # one bin per Hz
    return np.fft.irfft(spectrum, rate_hz) * (rate_hz / RATE_HZ)


def _noise(random: np.random.Generator, samples: int) -> np.ndarray:
    """One of the noises, with power 1."""
    exponent = NOISES[random.integers(len(NOISES))]
    bins = samples // 2 + 1
    spectrum = random.normal(size=bins) + 1j * random.normal(size=bins)
    spectrum *= np.maximum(np.arange(bins), 20) ** (-exponent / 2)  # flat below 20 Hz
    noise = np.fft.irfft(spectrum, samples)
    return noise / np.sqrt(np.mean(noise**2))
