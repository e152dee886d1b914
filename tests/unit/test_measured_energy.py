"""The whole way with a power monitor: a board on a port, a monitor beside it, and a record with measured energy."""

import json

import pytest

from scripts.device.power import inference, lpm01a, ppk2, recorded
from scripts.device.power.trace import PowerError
from scripts.device.virtual_board import VirtualBoard
from scripts.lib.lab import Lab, Unit
from scripts.measure_cell import measure_cell
from tests.power_monitors import PlayedLpm01a, PlayedPpk2
from tests.unit.test_measure_cell import BOARD, kernels, make_cell  # noqa: F401 (kernels is a fixture)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Milliseconds instead of ten seconds: the played board is much slower than the real one."""
    monkeypatch.setattr(inference, "WINDOW_S", 0.02)
    monkeypatch.setattr(inference, "IDLE_S", 0.3)


@pytest.fixture(scope="module")
def cell(tmp_path_factory, kernels):  # noqa: F811
    return make_cell(tmp_path_factory.mktemp("cell"), kernels)


def measure(tmp_path, cell, settings):
    elf, build, vectors = cell
    with VirtualBoard(elf, BOARD.name) as desk:
        unit = Unit(board=BOARD.name, port=desk.port, flash_command=[], monitor=settings)
        return measure_cell(elf, build, BOARD, vectors, Lab(boards=[unit]), tmp_path / "trace.csv")


@pytest.mark.parametrize(
    ("player", "settings"), [(PlayedPpk2, ppk2.Settings), (PlayedLpm01a, lpm01a.Settings)], ids=["ppk2", "lpm01a"]
)
def test_energy_is_measured_between_the_markers_of_the_board(player, settings, tmp_path, cell):
    with player(lambda times: 0 * times + 20e-3) as monitor:
        kind = settings.__module__.split(".")[-1]
        record = measure(tmp_path, cell, settings(kind=kind, port=monitor.port, supply_v=3.0))
    assert record.status == "ok", record.reason
    assert (record.energy.provenance, record.energy.supply_v) == ("measured", 3.0)
    assert record.power_mw == pytest.approx(60, rel=0.005)
    assert record.energy.uj == pytest.approx(0.060 * record.latency.us, rel=0.005)
    assert record.energy.sleep_uw == pytest.approx(3.0 * BOARD.power.sleep_ua)
    assert json.loads(record.model_dump_json())["energy"]["provenance"] == "measured"
    header, *rows = (tmp_path / "trace.csv").read_text().splitlines()
    assert header == "time_s,power_w,marker"
    assert 0 < sum(row.endswith(",1") for row in rows) < len(rows)


def write_trace(path, busy_w, seconds=1.0):
    """A recording with a busy stretch from 0.4 s on."""
    rows = (f"{i / 1000:.3f},{busy_w if i >= 400 else 0.01:g}" for i in range(round(seconds * 1000)))
    path.write_text("\n".join(["time_s,power_w", *rows]) + "\n")


def test_what_the_waiting_board_draws_is_taken_off_if_asked(tmp_path, cell):
    write_trace(tmp_path / "recorded.csv", busy_w=0.07)
    settings = recorded.Settings(kind="recorded", file=str(tmp_path / "recorded.csv"), start_s=0.4, subtract_idle=True)
    assert measure(tmp_path, cell, settings).power_mw == pytest.approx(60)
    whole = settings.model_copy(update={"subtract_idle": False})
    assert measure(tmp_path, cell, whole).power_mw == pytest.approx(70)


@pytest.mark.parametrize(
    ("busy_w", "seconds", "message"),
    [
        (1e-7, 1.0, r"recorded: 0.0001 mW, expected 0.01 to 10000 mW: does the monitor supply the board\?"),
        (0.07, 0.41, r"the window 0.400 to 0.42\d s is not inside the trace, 0.000 to 0.410 s"),
    ],
)
def test_absurd_powers_and_short_traces_are_refused(busy_w, seconds, message, tmp_path, cell):
    write_trace(tmp_path / "recorded.csv", busy_w, seconds)
    settings = recorded.Settings(kind="recorded", file=str(tmp_path / "recorded.csv"), start_s=0.4)
    with pytest.raises(PowerError, match=message):
        measure(tmp_path, cell, settings)
    assert not (tmp_path / "trace.csv").exists()
