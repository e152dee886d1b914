"""A bad link costs another attempt, or gives a named error in time: never a wrong record, never a hang."""

import pytest

from tests.faulty_link import KINDS, Cell, Fault, FaultyLink, check, plan, short_limits
from tests.unit.test_measure_cell import BOARD, kernels, make_cell  # noqa: F401 (kernels is a fixture)

SEED, CASES = 2026, 15
HARMLESS = ("garbage", "change", "drop", "cut", "pause", "reset")  # one of these alone is always overcome


@pytest.fixture(scope="module")
def bench(tmp_path_factory, kernels):  # noqa: F811
    """(link, cell, the record without faults, bytes of traffic)."""
    elf, build, vectors = make_cell(tmp_path_factory.mktemp("cell"), kernels)
    cell = Cell(elf, build, BOARD, vectors)
    with short_limits(), FaultyLink(elf, BOARD.name) as link:
        with link.session([]) as port:
            expected = cell.measure(port)
        yield link, cell, expected, list(link.traffic)


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


@pytest.mark.parametrize("seed", range(SEED, SEED + CASES))
def test_random_faults(seed, bench):
    link, cell, expected, traffic = bench
    check(link, cell, expected, plan(seed, traffic))


@pytest.mark.parametrize("part", [0.05, 0.5, 0.9, 0.95, 0.99])
def test_a_reset_at_any_time_changes_no_number(part, bench):
    """The last answers are about memory: after a reset they would be those of a board that has not run the model."""
    link, cell, expected, traffic = bench
    assert check(link, cell, expected, [Fault("reset", False, int(part * traffic[False]), 0, 0)]) == "right"
