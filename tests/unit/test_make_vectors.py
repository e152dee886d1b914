"""Test vectors cover all classes and are stored as the model's input tensor holds them."""

import numpy as np

from scripts.make_vectors import choose_samples


def test_the_first_samples_cover_every_class_in_turn():
    labels = np.random.default_rng(1).integers(0, 7, 500)
    chosen = choose_samples(labels, 20)
    assert labels[chosen].tolist() == [*range(7), *range(7), *range(6)]
    assert chosen[0] == np.flatnonzero(labels == 0)[0] and chosen[7] == np.flatnonzero(labels == 0)[1]


def test_a_class_with_few_samples_does_not_stop_the_others():
    assert choose_samples(np.array([1, 1, 1, 0, 1]), 4).tolist() == [3, 0, 1, 2]
