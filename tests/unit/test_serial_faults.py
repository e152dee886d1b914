"""A bad link costs another attempt, or gives a named error in time: never a wrong record, never a hang."""

import pytest

from tests.faulty_link import KINDS, Cell, Fault, FaultyLink, ForeignCell, check, plan, short_limits
from tests.unit.test_measure_cell import BOARD, kernels, make_cell  # noqa: F401 (kernels is a fixture)

SEED, CASES = 2026, 15
HARMLESS = ("garbage", "change", "drop", "cut", "pause", "reset")  # one of these alone is always overcome


@pytest.fixture(scope="module")
def bench(tmp_path_factory, kernels):  # noqa: F811
    """(link, cell, the record without faults, bytes of traffic)."""
    elf, build, vectors = make_cell(tmp_path_factory.mktemp("cell"), kernels)
    cell = Cell(elf, build, BOARD, elf.parent / "m.tflite", vectors)
    with short_limits(), FaultyLink(elf, BOARD.name) as link:
        yield link, cell, *over_good_link(link, cell)


def over_good_link(link, cell):
    with link.session([]) as port:
        expected = cell.measure(port)
    return expected, list(link.traffic)


@pytest.fixture(scope="module")
def foreign(bench):
    """The same for a device without our checksums."""
    link, ours, *_ = bench
    cell = ForeignCell(**vars(ours))
    return link, cell, *over_good_link(link, cell)


def test_without_faults_the_link_changes_nothing(bench):
    link, cell, expected, _ = bench
    assert expected.status == "ok"
    assert check(link, cell, expected, []) == "right"


@pytest.mark.parametrize("to_board", [False, True], ids=["to host", "to board"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_in_the_middle(kind, to_board, bench):
    link, cell, expected, traffic = bench
    outcome = check(link, cell, expected, [Fault(kind, to_board, int(0.7 * traffic[to_board]), 3, 7)])
    if kind in HARMLESS:
        assert outcome == "right"
    else:
        assert "the port was lost" in outcome if kind == "unplug" else "within" in outcome


@pytest.mark.parametrize("count", [2, 3], ids=["line end arrives", "line end is lost"])
@pytest.mark.parametrize("to_board", [False, True], ids=["to host", "to board"])
def test_a_truncated_line_is_overcome(to_board, count, bench, foreign):
    for link, cell, expected, traffic in (bench, foreign):
        assert check(link, cell, expected, [Fault("cut", to_board, traffic[to_board] // 2, count, 7)]) == "right"


def test_a_reset_in_mid_inference_is_overcome(bench, foreign):
    for link, cell, expected, _ in (bench, foreign):
        with link.session([]) as port:
            cell.measure(port)
        started = link.heard.index(b"m-infer-start") + 1
        assert check(link, cell, expected, [Fault("reset", False, started, 0, 0)]) == "right"


@pytest.mark.parametrize("word", [b"m-lap-us-", b"m-results-["])
@pytest.mark.parametrize("kind", ["change", "drop"])
def test_a_foreign_device_tells_no_wrong_number(kind, word, foreign):
    """Its numbers have no checksum: one that lost or changed a digit is not believed."""
    link, cell, expected, _ = foreign
    with link.session([]) as port:
        cell.measure(port)
    last = link.heard.rindex(word) + len(word)
    assert check(link, cell, expected, [Fault(kind, False, last, 1, 0)]) == "right"


@pytest.mark.parametrize("seed", range(SEED, SEED + CASES))
def test_random_faults(seed, bench):
    link, cell, expected, traffic = bench
    check(link, cell, expected, plan(seed, traffic))


@pytest.mark.parametrize("part", [0.05, 0.5, 0.9, 0.95, 0.99])
def test_a_reset_at_any_time_changes_no_number(part, bench):
    """The last answers are about memory: after a reset they would be those of a board that has not run the model."""
    link, cell, expected, traffic = bench
    assert check(link, cell, expected, [Fault("reset", False, int(part * traffic[False]), 0, 0)]) == "right"
