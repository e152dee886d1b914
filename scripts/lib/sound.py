"""Sound as features: wav files, and the stacked log-mel frames of machine sound (DCASE 2020 task 2, MLPerf Tiny)."""

import io
import wave

import numpy as np

from firmware.frontend.spectrum import FrontEnd
from scripts.lib.prepared import DataError

MACHINE = FrontEnd(window=1024, stride=512, fft=1024, bands=128, low_hz=0.0, high_hz=8_000.0)
STACKED = 5  # frames in one sample of machine sound: 640 features


def read_wav(content: bytes, name: str, rate_hz: int) -> np.ndarray:
    """Return a 16-bit mono wav as float64 samples in -1..1; raises DataError naming what is different."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            form = (file.getframerate(), file.getnchannels(), 8 * file.getsampwidth())
            samples = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise DataError(f"{name}: not a wav file: {error}") from error
    if form != (rate_hz, 1, 16):
        found = "{} samples/s, {} channels, {} bits".format(*form)
        raise DataError(f"{name}: expected {rate_hz} samples/s, 1 channel, 16 bits, got {found}")
    if not samples or len(samples) % 2:
        raise DataError(f"{name}: {len(samples)} bytes of sound")
    return np.frombuffer(samples, "<i2") / 32768.0


def machine_features(sound: np.ndarray, hop: int) -> np.ndarray:
    """Return float32 (n, 640): every STACKED log-mel frames in a row, starting anew every `hop` frames."""
    frames = MACHINE.log_mel(sound)
    windows = np.lib.stride_tricks.sliding_window_view(frames, STACKED, axis=0)[::hop]  # (n, bands, STACKED)
    return windows.transpose(0, 2, 1).reshape(len(windows), -1).astype(np.float32)
