"""Words spoken by espeak-ng, the formant synthesiser, loaded from the wheel that carries it and its voices.

The library is GPL-3 and is loaded by the process that prepares a dataset, nowhere else; sound that it makes is not
covered by that licence. Refuses a wheel without the library, and voices that it does not have.
"""

import ctypes
import platform
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firmware.settings import nearest
from scripts.lib.prepared import DataError

RATE_HZ = 22_050  # what espeak-ng's own voices have
# Numbers from espeak-ng's speak_lib.h: AUDIO_OUTPUT_SYNCHRONOUS, espeakRATE, espeakPITCH, espeakRANGE, POS_CHARACTER.
_SYNCHRONOUS, _RATE, _PITCH, _RANGE, _CHARACTER = 2, 1, 3, 4, 1
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True)
class Voice:
    """accent: a language name such as "en-us"; variant: a name in voices/!v; words a minute; pitch, range: 0..99."""

    accent: str
    variant: str
    words_per_minute: int
    pitch: int
    range: int


class Synthesiser:
    """One loaded espeak-ng: the same words in the same order always sound the same.

    The library keeps one state per process, and a word depends a little on those before it.
    """

    def __init__(self, folder: Path):
        """Load libespeak-ng.so and espeak-ng-data in `folder`."""
        data = str(folder / "espeak-ng-data").encode()
        try:
            self._library = ctypes.CDLL(str(folder / "libespeak-ng.so"))
        except OSError as error:
            raise DataError(f"libespeak-ng.so cannot be loaded on {platform.machine()}: {error}") from error
        self._library.espeak_ng_InitializePath(data)
        if self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0) != RATE_HZ:
            raise DataError(f"espeak-ng did not start with {RATE_HZ} samples/s")
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # breath and flutter of a voice
        self._variants = sorted(path.name for path in (folder / "espeak-ng-data/voices/!v").iterdir())
        self._heard: list[np.ndarray] = []
        self._callback = _CALLBACK(self._hear)  # the library keeps the pointer, so the object must stay
        self._library.espeak_SetSynthCallback(self._callback)
        self._voice = ""

    def _hear(self, samples, count, _events) -> int:
        if samples and count:
            self._heard.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, text: str, voice: Voice) -> np.ndarray:
        """Return `text` as float64 samples in -1..1 at RATE_HZ."""
        name = f"{voice.accent}+{voice.variant}"
        if name != self._voice:
            if voice.variant not in self._variants:  # the library would take another one, without a word
                raise DataError(f"espeak-ng: unknown voice {voice.variant!r}{nearest(voice.variant, self._variants)}")
            self._check(self._library.espeak_SetVoiceByName(name.encode()), f"unknown accent {voice.accent!r}")
            self._voice = name
        for parameter, value in ((_RATE, voice.words_per_minute), (_PITCH, voice.pitch), (_RANGE, voice.range)):
            self._check(self._library.espeak_SetParameter(parameter, value, 0), f"{voice}: refused")
        self._heard.clear()
        content = text.encode()
        self._check(
            self._library.espeak_Synth(content, len(content) + 1, 0, _CHARACTER, 0, 0, None, None), f"{text!r}: refused"
        )
        if not self._heard:
            raise DataError(f"espeak-ng: {text!r} spoken by {name!r} is silent")
        return np.concatenate(self._heard) / 32768.0

    @staticmethod
    def _check(status: int, problem: str) -> None:
        if status:
            raise DataError(f"espeak-ng: {problem} (status {status})")


@contextmanager
def synthesiser(wheel: Path) -> Iterator[Synthesiser]:
    """Give the synthesiser in `wheel`, unpacked for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="boardwalk-speech-") as folder, zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if name.startswith("espeakng_loader/")]
        if "espeakng_loader/libespeak-ng.so" not in members:
            raise DataError(f"{wheel}: no espeakng_loader/libespeak-ng.so in it")
        archive.extractall(folder, members)
        yield Synthesiser(Path(folder) / "espeakng_loader")
