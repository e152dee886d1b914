"""Inputs are quantized as TensorFlow Lite does it, for accuracy and for test vectors alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.quantization import dequantize, quantize


@pytest.mark.parametrize(
    ("value", "stored"),
    [(0.0, -3), (0.24, -3), (0.25, -2), (-0.25, -4), (0.75, -1), (-0.75, -5), (99, 127), (-99, -128)],
)
def test_quantize_rounds_halves_away_from_zero_and_saturates(value, stored):
    assert quantize(np.array([value]), np.int8, 0.5, -3) == [stored]


@given(st.integers(-128, 127), st.floats(1e-4, 10), st.integers(-128, 127))
def test_quantize_gives_back_every_stored_value(stored, scale, zero_point):
    scale = float(np.float32(scale))
    real = dequantize(np.array([stored], np.int8), scale, zero_point)
    assert quantize(real, np.int8, scale, zero_point) == [stored]


def test_float_tensors_pass_unchanged():
    values = np.array([0.1, -7.5], np.float32)
    assert quantize(values, np.float32, None, None).tobytes() == values.tobytes()
    assert dequantize(values, None, None).tolist() == values.tolist()
