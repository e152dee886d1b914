"""The published cycles are compared with what the virtual boards count, and the stated errors follow from that."""

import json

import pytest

from scripts import validate_cycles
from scripts.lib import cycle_error
from scripts.validate_cycles import BOARDS, Result, Row, RowError, errors, read_rows

HEADER = "core,role,name,before,assembly,cycles,first_error_pct,source\n"


def test_the_committed_errors_are_those_that_the_command_writes():
    """When this fails, a cost model or a published figure has changed: run `make validate-cycles` and look."""
    results = validate_cycles.validate(read_rows())
    assert json.loads(cycle_error.CYCLE_ERRORS.read_text()) == errors(results)


def test_every_core_has_rows_and_no_sequence_has_two_roles():
    rows = read_rows()
    assert {row.core for row in rows} == set(BOARDS)
    assert len({(row.core, row.assembly) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cortex-m5,judges,x,,nop,1,,y", "unknown core 'cortex-m5'"),
        ("cortex-m4,proves,x,,nop,1,,y", "role is 'proves'"),
        ("cortex-m4,judges,x,,nop,two,,y", "cycles are 'two'"),
        ("cortex-m4,judges,x,,nop,0,,y", "cycles are '0'"),
        ("cortex-m4,judges,x,,nop,inf,,y", "cycles are 'inf'"),
        ("cortex-m4,judges,x,,nop,1,much,y", "first_error_pct is 'much'"),
        ("cortex-m4,judges,x,,nop,1,,", "no source"),
        ("cortex-m4,judges,x,,nop,1,,y\ncortex-m4,calibrates,x,,nop,1,,y", "cycles.csv:3: the same assembly"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(line, message, tmp_path):
    path = tmp_path / "cycles.csv"
    path.write_text(HEADER + line + "\n")
    with pytest.raises(RowError) as refusal:
        read_rows(path)
    assert message in str(refusal.value)


def result(role, published, modelled, first=0.0):
    return Result(Row("cortex-m4", role, "", "", f"{published}", published, first, "x"), modelled)


def test_errors_come_from_judging_rows_with_two_kernels_among_them():
    exact = result("judges", 200, 200)
    assert errors([result("calibrates", 100, 150), result("calibrates", 200, 150)]) == {}
    assert errors([result("judges", 2, 3), result("judges", 100, 103)]) == {}
    assert errors([exact, result("judges", 100, 97.5), result("judges", 2, 2), result("calibrates", 9, 1)]) == {
        "cortex-m4": 3
    }
    assert errors([exact, result("judges", 100, 100)]) == {"cortex-m4": 1}
    assert result("judges", 100, 97.5).error_pct == -2.5


def test_a_correction_does_not_make_the_stated_error_smaller():
    assert errors([result("judges", 200, 200), result("judges", 100, 100, first=-3.6)]) == {"cortex-m4": 4}


def test_only_modelled_cycles_have_an_error():
    known = json.loads(cycle_error.CYCLE_ERRORS.read_text())
    assert cycle_error.error_pct("cortex-m4", "modelled") == known["cortex-m4"]
    assert cycle_error.error_pct("cortex-m4", "measured") is None
    assert cycle_error.error_pct("no-core", "modelled") is None
