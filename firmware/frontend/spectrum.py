"""From sound to features: the one definition of log-mel spectra and MFCC, for training and for the device.

Frames of `window` samples every `stride` samples, periodic Hann window, magnitude of the DFT over `fft` points,
triangular mel bands, natural logarithm, DCT. With the parameters below it is what MLPerf Tiny's keyword spotting
computes with tf.signal (stft, linear_to_mel_weight_matrix, mfccs_from_log_mel_spectrograms). mfcc.c is the same in C.
Refuses sound that is shorter than one frame.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

LOG_FLOOR = 1e-6  # added to every band, so that digital silence has a logarithm


@dataclass(frozen=True)
class FrontEnd:
    """Sizes in samples; `bands` mel bands from `low_hz` to `high_hz`; the first `coefficients` of the DCT."""

    rate_hz: int = 16_000
    window: int = 480
    stride: int = 320
    fft: int = 512
    bands: int = 40
    low_hz: float = 20.0
    high_hz: float = 4_000.0
    coefficients: int = 10

    def frames(self, samples: int) -> int:
        """How many whole frames `samples` samples hold."""
        return 1 + (samples - self.window) // self.stride

    @cached_property
    def hann(self) -> np.ndarray:
        """The window: float64 (window,)."""
        return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.window) / self.window)

    @cached_property
    def mel_weights(self) -> np.ndarray:
        """Weight of each DFT bin in each band: float64 (fft / 2 + 1, bands).

        Triangles on the mel scale mel = 1127 ln(1 + Hz / 700) (O'Shaughnessy, "Speech Communication", 1987, page 150;
        Young et al., "The HTK Book", section 5.4). The bin at 0 Hz belongs to no band.
        """
        bins_mel = _mel(np.linspace(0, self.rate_hz / 2, self.fft // 2 + 1))[:, None]
        edges = np.linspace(_mel(self.low_hz), _mel(self.high_hz), self.bands + 2)
        low, centre, high = edges[:-2], edges[1:-1], edges[2:]
        weights = np.maximum(0, np.minimum((bins_mel - low) / (centre - low), (high - bins_mel) / (high - centre)))
        weights[0] = 0
        return weights

    @cached_property
    def dct(self) -> np.ndarray:
        """DCT-II, scaled as in the HTK Book, section 5.6: float64 (bands, coefficients)."""
        angle = np.pi / self.bands * (np.arange(self.bands)[:, None] + 0.5) * np.arange(self.coefficients)
        return np.sqrt(2 / self.bands) * np.cos(angle)

    def log_mel(self, sound: np.ndarray) -> np.ndarray:
        """Return the logarithm of every band: float64 (..., frames, bands); `sound` is (..., samples) in -1..1."""
        if sound.shape[-1] < self.window:
            raise ValueError(f"expected at least one frame of {self.window} samples, got {sound.shape[-1]}")
        frames = np.lib.stride_tricks.sliding_window_view(sound, self.window, axis=-1)[..., :: self.stride, :]
        spectrum = np.abs(np.fft.rfft(frames * self.hann, self.fft))
        return np.log(spectrum @ self.mel_weights + LOG_FLOOR)

    def mfcc(self, sound: np.ndarray) -> np.ndarray:
        """Return the coefficients of every frame: float64 (..., frames, coefficients)."""
        return self.log_mel(sound) @ self.dct


def _mel(frequency_hz: np.ndarray | float) -> np.ndarray:
    return 1127.0 * np.log1p(np.asarray(frequency_hz) / 700.0)
