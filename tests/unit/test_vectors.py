"""Test vectors are stored whole, compared in the outputs' own unit, and refused when they are not a set."""

import numpy as np
import pytest

from scripts.lib.vectors import Vectors, VectorsError, load_vectors, save_vectors

TWO_OUTPUTS = Vectors(
    [np.arange(6, dtype=np.int8).reshape(2, 3)],
    [np.array([[1, 2], [3, 4]], np.int8), np.array([[0.5], [1.5]], np.float32)],
    "an oracle 1.0",
    0.25,
)


def test_vectors_come_back_as_they_were_saved(tmp_path):
    save_vectors(tmp_path / "v.npz", TWO_OUTPUTS)
    loaded = load_vectors(tmp_path / "v.npz")
    assert (len(loaded), loaded.oracle, loaded.tolerance) == (2, "an oracle 1.0", 0.25)
    assert loaded.content(1) == bytes([3, 4, 5])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [([3, 4], 1.5, 0.0), ([3, 1], 1.5, 3.0), ([3, 4], 2.0, 0.5), ([3, 4], np.nan, np.inf)],
)
def test_difference_is_the_largest_over_all_outputs(first, second, expected):
    content = np.array(first, np.int8).tobytes() + np.array([second], np.float32).tobytes()
    assert TWO_OUTPUTS.difference(1, content) == expected
    assert TWO_OUTPUTS.difference(1, content[:-1]) == np.inf


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"oracle": None}, "oracle missing"),
        ({"input_0": None}, "input_0 missing"),
        ({"output_1": np.zeros((3, 1))}, r"have \[2, 3\] samples"),
        ({"input_0": np.int8(1)}, r"have \[0, 2\] samples"),
    ],
)
def test_an_incomplete_set_is_refused(tmp_path, change, message):
    save_vectors(tmp_path / "v.npz", TWO_OUTPUTS)
    with np.load(tmp_path / "v.npz") as data:
        content = dict(data) | change
    np.savez(tmp_path / "v.npz", **{name: value for name, value in content.items() if value is not None})
    with pytest.raises(VectorsError, match=message):
        load_vectors(tmp_path / "v.npz")


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "v.npz"
    save_vectors(path, TWO_OUTPUTS)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(VectorsError, match="not a whole file of test vectors"):
        load_vectors(path)
