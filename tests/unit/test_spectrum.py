"""Features of sound follow their definition, computed here once more in the plainest way."""

import cmath
import math

import numpy as np
import pytest

from firmware.frontend.spectrum import FrontEnd


def mfcc_of_one_frame(samples):
    """The definition in loops: Hann, DFT, mel triangles between 20 and 4000 Hz, logarithm, DCT."""
    windowed = [x * (0.5 - 0.5 * math.cos(2 * math.pi * n / 480)) for n, x in enumerate(samples)]
    magnitudes = [
        abs(sum(x * cmath.exp(-2j * math.pi * k * n / 512) for n, x in enumerate(windowed))) for k in range(257)
    ]

    def mel(hz):
        return 1127 * math.log(1 + hz / 700)

    step = (mel(4000) - mel(20)) / 41
    logs = []
    for band in range(40):
        low = mel(20) + band * step
        rise = [(mel(k * 31.25) - low) / step for k in range(257)]
        logs.append(math.log(1e-6 + sum(m * max(0, min(r, 2 - r)) for m, r in zip(magnitudes, rise, strict=True))))
    return [
        math.sqrt(2 / 40) * sum(y * math.cos(math.pi * k * (n + 0.5) / 40) for n, y in enumerate(logs))
        for k in range(10)
    ]


def test_coefficients_are_those_of_the_definition():
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 480)
    np.testing.assert_allclose(FrontEnd().mfcc(samples), [mfcc_of_one_frame(samples)], rtol=0, atol=1e-9)


def test_one_second_gives_the_shape_of_the_benchmark():
    assert FrontEnd().mfcc(np.zeros((2, 16_000))).shape == (2, 49, 10)


@pytest.mark.parametrize("tone_hz", [100, 440, 1000, 3000])
def test_a_tone_is_loudest_in_the_band_that_holds_it(tone_hz):
    front_end = FrontEnd(window=1024, stride=512, fft=1024)
    loudest = front_end.log_mel(np.sin(2 * np.pi * tone_hz * np.arange(1024) / 16_000))[0].argmax()
    weights = front_end.mel_weights[round(tone_hz / 16_000 * 1024)]
    assert weights[loudest] > 0.4


def test_silence_has_a_finite_logarithm():
    assert np.isfinite(FrontEnd().mfcc(np.zeros(16_000))).all()


def test_sound_shorter_than_a_frame_is_refused():
    with pytest.raises(ValueError, match="one frame of 480 samples, got 479"):
        FrontEnd().mfcc(np.zeros(479))
