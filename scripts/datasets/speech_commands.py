"""Loads Speech Commands (Warden 2018) as MFCC: ten words, silence and unknown, or words alone; the authors' own split.

The archive names its test recordings in testing_list.txt; those of validation_list.txt are for training here, where a
model sets its own validation aside. Clips shorter than a second are padded with silence. Test speakers are not heard in
training: the lists divide by speaker. Unknown clips are drawn from all other words, as many as the mean of the words.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic

from firmware import settings
from firmware.frontend.spectrum import FrontEnd
from scripts.lib.archives import member_names, only_file, read_members
from scripts.lib.prepared import DataError, Prepared, labelled, normalised
from scripts.lib.sound import read_wav

Positive = Annotated[int, pydantic.Field(gt=0, strict=True)]
Names = Annotated[list[Annotated[str, pydantic.Field(min_length=1)]], pydantic.Field(min_length=1)]
RATE_HZ = 16_000
SILENCE, UNKNOWN, NOISE = "silence", "unknown", "_background_noise_"


class Parameters(settings.Settings):
    """The classes and the form of the features."""

    words: Names  #: a class each
    silence: bool = False  #: one more class, of background noise
    unknown: bool = False  #: one more class, of all other words
    coefficients: Positive = 10  #: of the MFCC
    seed: Annotated[int, pydantic.Field(ge=0, strict=True)] = 1  #: of the choice of noise and of other words


def load(folder: Path, parameters: Parameters) -> Prepared:
    """Return float32 (n, frames, coefficients, 1), normalised by the training clips; a group is a speaker."""
    archive, front_end = only_file(folder, "*.tar.gz"), FrontEnd(rate_hz=RATE_HZ, coefficients=parameters.coefficients)
    test_names, clips = _listed(archive), _clips(archive, parameters)
    names = [*parameters.words, *([SILENCE] if parameters.silence else []), *([UNKNOWN] if parameters.unknown else [])]
    x, y, groups = ({"train": [], "test": []} for _ in range(3))
    chosen = _chosen_unknown(clips, test_names, parameters)
    noise = [clip for name, clip in read_members(archive, lambda name: name.startswith(f"{NOISE}/")) if _is_wav(name)]
    for name, content in read_members(archive, lambda name: name in clips or name in chosen):
        split = "test" if name in test_names else "train"
        sound = read_wav(content, f"{archive}: {name}", RATE_HZ)[:RATE_HZ]
        x[split].append(front_end.mfcc(np.pad(sound, (0, RATE_HZ - len(sound)))))
        y[split].append(names.index(clips.get(name, UNKNOWN)))
        groups[split].append(Path(name).name.split("_nohash_")[0])
    if parameters.silence:
        _add_silence(noise, front_end, names.index(SILENCE), x, y, groups, parameters)
    return _prepared(x, y, groups, names)


def _is_wav(name: str) -> bool:
    return name.endswith(".wav")


def _listed(archive: Path) -> set[str]:
    found = dict(read_members(archive, lambda name: name == "testing_list.txt"))
    if not found:
        raise DataError(f"{archive}: no testing_list.txt in it")
    return set(found["testing_list.txt"].decode("utf-8", "replace").split())


def _clips(archive: Path, parameters: Parameters) -> dict[str, str]:
    """Return the word of every clip; of clips of other words, too, if they make a class."""
    words = {name: name.split("/")[0] for name in member_names(archive) if _is_wav(name) and "/" in name}
    clips = {name: word for name, word in words.items() if word != NOISE}
    missing = sorted(set(parameters.words) - set(clips.values()))
    if missing:
        raise DataError(f"{archive}: no clip of {', '.join(missing)}")
    return clips


def _chosen_unknown(clips: dict[str, str], test_names: set[str], parameters: Parameters) -> set[str]:
    """Take the clips of other words out of `clips`; return as many of them, by split, as a word has on average."""
    others = sorted(name for name, word in clips.items() if word not in parameters.words)
    for name in others:
        del clips[name]
    chosen: set[str] = set()
    for number, in_test in enumerate((False, True) if parameters.unknown else ()):
        of_split = [name for name in others if (name in test_names) == in_test]
        count = round(sum((name in test_names) == in_test for name in clips) / len(parameters.words))
        order = np.random.default_rng([parameters.seed, number]).permutation(len(of_split))[: max(1, count)]
        chosen |= {of_split[index] for index in order}
    return chosen


def _add_silence(noise: list[bytes], front_end: FrontEnd, label: int, x, y, groups, parameters: Parameters) -> None:
    """Cut seconds out of the background noises, at random volumes; the last tenth of each noise is for the test."""
    sounds = [read_wav(content, NOISE, RATE_HZ) for content in noise]
    sounds = [sound for sound in sounds if len(sound) >= 11 * RATE_HZ]
    if not sounds:
        raise DataError(f"{NOISE}: no sound of eleven seconds or more for silence")
    for number, split in enumerate(("train", "test")):
        count = max(1, round(len(y[split]) / len(parameters.words)))
        for index in range(count):
            random = np.random.default_rng([parameters.seed, 2, number, index])
            which = int(random.integers(len(sounds)))
            border = len(sounds[which]) * 9 // 10
            low, high = (0, border - RATE_HZ) if split == "train" else (border, len(sounds[which]) - RATE_HZ)
            start = int(random.integers(low, high + 1))
            x[split].append(front_end.mfcc(random.uniform(0, 1) * sounds[which][start : start + RATE_HZ]))
            y[split].append(label)
            groups[split].append(f"noise {which}")


def _prepared(x, y, groups, names: list[str]) -> Prepared:
    if not x["train"] or not x["test"]:
        raise DataError(f"{len(x['train'])} training and {len(x['test'])} test clips")
    arrays = normalised(*(np.stack(x[split])[..., None].astype(np.float32) for split in ("train", "test")), (0, 1))
    return Prepared(**arrays, **labelled(y, groups), class_names=np.array(names))
