"""Synthesises the sound of a fan and of its faults: synthetic, with parameters that were fixed before any training.

A recording is two seconds at 16 kHz: the blade-pass tone and its harmonics (shaft frequency times seven blades), air
noise modulated by the rotation, and the noise of a hall. Training has sound fans alone. In the test half of the
recordings have one of four faults, of random severity, so that some can hardly be heard.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic

from firmware import settings
from scripts.lib.prepared import ANOMALY, Prepared, normalised
from scripts.lib.sound import MACHINE, STACKED, machine_features

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
SECONDS = 2
BLADES = 7
SHAFT_HZ = (24.0, 26.0)
HALL_SNR_DB = (0.0, 10.0)
FAULTS = ("unbalance", "bearing", "rub", "broken blade")
SEVERITY = (0.02, 0.5)
RESONANCE_HZ, DECAY_S = 3_200.0, 0.002  # of the housing, when a ball passes a defect
BALL_PASS = 3.57  # defects passed in one turn


class Parameters(settings.Settings):
    """How much is synthesised."""

    recordings_train: Positive  #: of sound fans, two seconds each
    recordings_test: Annotated[int, pydantic.Field(ge=4, multiple_of=2, strict=True)]  #: half of them of faulty fans
    seed: Annotated[int, pydantic.Field(ge=0, strict=True)] = 1  #: of all that is random


def load(_folder: Path, parameters: Parameters) -> Prepared:
    """Return float32 (n, 640) log-mel frames; a group is a recording."""
    x, labels = {}, {}
    for split, count in (("train", parameters.recordings_train), ("test", parameters.recordings_test)):
        faulty = [split == "test" and index % 2 == 1 for index in range(count)]
        parts = []
        for index in range(count):
            random = np.random.default_rng([parameters.seed, split == "test", index])
            fault = FAULTS[index // 2 % len(FAULTS)] if faulty[index] else None
            parts.append(machine_features(record(random, fault), hop=STACKED))
        x[split] = np.concatenate(parts)
        labels[f"y_{split}"] = np.repeat(np.array(faulty, np.int64), len(parts[0]))
        labels[f"group_{split}"] = np.repeat(np.arange(count), len(parts[0]))
        print(f"{split}: {count} recordings", flush=True)
    arrays = normalised(x["train"], x["test"], axes=(0,))
    return Prepared(**arrays, **labels, class_names=np.array(["normal", "anomalous"]), task=np.array(ANOMALY))


def record(random: np.random.Generator, fault: str | None) -> np.ndarray:
    """Return one recording, float64 (samples,) in -1..1."""
    rate_hz = MACHINE.rate_hz
    time_s = np.arange(SECONDS * rate_hz) / rate_hz
    shaft_hz, severity = random.uniform(*SHAFT_HZ), random.uniform(*SEVERITY)
    turns = shaft_hz * time_s + random.uniform()
    tone = sum(
        random.uniform(0.5, 1) / harmonic * np.sin(2 * np.pi * (BLADES * harmonic * turns + random.uniform()))
        for harmonic in range(1, 9)
    )
    air = _coloured(random, len(time_s), 0.7) * (1 + 0.2 * np.sin(2 * np.pi * BLADES * turns))
    sound = 0.5 * tone + air
    if fault == "unbalance":
        sound *= 1 + 2 * severity * np.sin(2 * np.pi * turns)
    elif fault == "bearing":
        since_s = (BALL_PASS * turns % 1) / (BALL_PASS * shaft_hz)
        sound += 6 * severity * np.exp(-since_s / DECAY_S) * np.sin(2 * np.pi * RESONANCE_HZ * since_s)
    elif fault == "rub":
        sound += 4 * severity * random.normal(size=len(time_s)) * (turns % 1 < 0.1)
    elif fault == "broken blade":
        sound += 2 * severity * sum(np.sin(2 * np.pi * (BLADES * turns + k * turns)) for k in (-2, -1, 1, 2))
    hall = _coloured(random, len(time_s), 1.0) * sound.std() / 10 ** (random.uniform(*HALL_SNR_DB) / 20)
    return 0.1 * (sound + hall) / sound.std()


def _coloured(random: np.random.Generator, samples: int, exponent: float) -> np.ndarray:
    """Noise of deviation 1 with a power spectrum 1 / f^exponent."""
    spectrum = np.fft.rfft(random.normal(size=samples))
    noise = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 20) ** (exponent / 2), samples)
    return noise / noise.std()
