"""Loads the toy cars of ToyADMOS as DCASE 2020, task 2 has them: an archive with folders train and test of .wav files.

Names tell what a recording is: normal_id_01_00000000.wav, anomaly_id_01_00000000.wav. Training has normal ones alone.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic

from firmware import settings
from scripts.lib.archives import member_names, only_file, read_members
from scripts.lib.prepared import ANOMALY, DataError, Prepared, normalised
from scripts.lib.sound import MACHINE, STACKED, machine_features, read_wav

LEAST = (MACHINE.window + (STACKED - 1) * MACHINE.stride) / MACHINE.rate_hz
KINDS = ("normal", "anomaly")


class Parameters(settings.Settings):
    """How much is taken."""

    recordings_train: Annotated[int, pydantic.Field(gt=0, strict=True)] = 1000  #: at most, spread evenly over all names
    recordings_test: Annotated[int, pydantic.Field(gt=1, strict=True)] = 1000  #: likewise


def load(folder: Path, parameters: Parameters) -> Prepared:
    """Return float32 (n, 640) log-mel frames; a group is a recording."""
    archive, names = only_file(folder, "*.zip"), {"train": [], "test": []}
    for name in member_names(archive):
        if (split := Path(name).parent.name) in names and name.endswith(".wav"):
            names[split].append(name)
    chosen = {
        name: split for split in names for name in _spread(names[split], getattr(parameters, f"recordings_{split}"))
    }
    x, y, groups = ({"train": [], "test": []} for _ in range(3))
    for number, (name, content) in enumerate(read_members(archive, chosen.__contains__)):
        split, kind = chosen[name], Path(name).name.split("_")[0]
        if kind not in KINDS:
            raise DataError(f"{archive}: {name}: expected a name that begins with {' or '.join(KINDS)}")
        sound = read_wav(content, f"{archive}: {name}", MACHINE.rate_hz)
        if len(sound) < LEAST * MACHINE.rate_hz:
            raise DataError(f"{archive}: {name}: shorter than {LEAST:.2f} s")
        x[split].append(machine_features(sound, hop=STACKED))
        y[split] += [KINDS.index(kind)] * len(x[split][-1])
        groups[split] += [number] * len(x[split][-1])
    if not x["train"] or not x["test"]:
        raise DataError(f"{archive}: {len(x['train'])} training and {len(x['test'])} test recordings")
    return Prepared(
        **normalised(np.concatenate(x["train"]), np.concatenate(x["test"]), axes=(0,)),
        **{f"y_{split}": np.array(labels, np.int64) for split, labels in y.items()},
        **{f"group_{split}": np.array(numbers, np.int64) for split, numbers in groups.items()},
        class_names=np.array(["normal", "anomalous"]),
        task=np.array(ANOMALY),
    )


def _spread(names: list[str], count: int) -> list[str]:
    names = sorted(names)
    places = np.unique(np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)) if names else []
    return [names[place] for place in places]
