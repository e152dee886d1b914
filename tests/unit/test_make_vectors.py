"""Test vectors cover all classes and are stored as the model's input tensor holds them."""

import numpy as np

from scripts.make_vectors import choose_samples, quantize


def test_the_first_samples_cover_every_class_in_turn():
    labels = np.random.default_rng(1).integers(0, 7, 500)
    chosen = choose_samples(labels, 20)
    assert labels[chosen].tolist() == [*range(7), *range(7), *range(6)]
    assert chosen[0] == np.flatnonzero(labels == 0)[0] and chosen[7] == np.flatnonzero(labels == 0)[1]


def test_a_class_with_few_samples_does_not_stop_the_others():
    assert choose_samples(np.array([1, 1, 1, 0, 1]), 4).tolist() == [3, 0, 1, 2]


def test_quantized_inputs_are_rounded_and_saturated():
    tensor = {"dtype": np.int8, "quantization": (0.5, -3)}
    values = quantize(np.array([0.0, 0.3, -1.0, 1000.0, -1000.0], np.float32), tensor)
    assert values.dtype == np.int8 and values.tolist() == [-3, -2, -5, 127, -128]


def test_float_inputs_stay_as_they_are():
    samples = np.array([0.1, -5.0], np.float32)
    assert quantize(samples, {"dtype": np.float32, "quantization": (0.0, 0)}) is samples
