"""A fixed sample of the campaign `python -m tests.soak mutations`: damaged files are refused cleanly or compile."""

import time

import numpy as np
import pytest

from tests import mutations
from tests.isolation import ChildDied, run_in_child


def test_damaged_files_are_refused_or_compile():
    files = mutations.originals()
    rng = np.random.default_rng(0)
    outcomes = [mutations.outcome(mutations.mutate(files[i % len(files)], rng)) for i in range(150)]
    assert set(outcomes) == {"refused", "compiled"}
    assert outcomes.count("compiled") >= 10


def test_originals_compile():
    assert {mutations.outcome(content) for content in mutations.originals()} == {"compiled"}


def _allocate() -> None:
    bytearray(3 << 30)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: time.sleep(5), "not done within 1 s"),
        (_allocate, "MemoryError"),
        (lambda: 1 // 0, "ZeroDivisionError"),
    ],
)
def test_limits_hold(function, message):
    with pytest.raises(ChildDied, match=message):
        run_in_child(function, seconds=1, memory_bytes=2 << 30)
