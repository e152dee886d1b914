"""Intervals and ratios that stand beside every accuracy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib import stats

counts = st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "samples", "low", "high"),
    [  # Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_matches_published_values(successes, samples, low, high):
    assert stats.wilson_interval(successes, samples) == pytest.approx((low, high), abs=5e-5)


@given(counts)
def test_wilson_interval_holds_the_proportion_and_stays_a_proportion(count):
    successes, samples = count
    low, high = stats.wilson_interval(successes, samples)
    assert 0 <= low <= successes / samples <= high <= 1
    assert low < high


@given(counts)
def test_wilson_interval_is_symmetric_in_success_and_failure(count):
    successes, samples = count
    low, high = stats.wilson_interval(successes, samples)
    assert stats.wilson_interval(samples - successes, samples) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(counts)
def test_wilson_interval_narrows_with_more_samples(count):
    successes, samples = count
    low, high = stats.wilson_interval(successes, samples)
    more_low, more_high = stats.wilson_interval(4 * successes, 4 * samples)
    assert more_high - more_low < high - low


@pytest.mark.parametrize(("successes", "samples"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_interval_refuses_impossible_counts(successes, samples):
    with pytest.raises(ValueError, match=f"got {successes} of {samples}"):
        stats.wilson_interval(successes, samples)


def test_sqnr_is_twenty_decibels_for_a_tenth_of_the_amplitude():
    signal = np.array([1.0, -1.0, 2.0])
    assert stats.sqnr_db(signal, signal * 1.1) == pytest.approx(20)


def test_sqnr_has_no_value_without_noise_or_signal_and_refuses_other_shapes():
    assert stats.sqnr_db(np.ones(3), np.ones(3)) is None
    assert stats.sqnr_db(np.zeros(3), np.ones(3)) is None
    with pytest.raises(ValueError, match="equal shape"):
        stats.sqnr_db(np.ones(3), np.ones(4))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1))
def test_pareto_front_is_exactly_what_nothing_beats(points):
    def beaten(point):
        return any(other != point and other[0] <= point[0] and other[1] >= point[1] for other in points)

    assert stats.pareto_front(points) == sorted({point for point in points if not beaten(point)})
