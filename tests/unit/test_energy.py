"""Energy: the arithmetic of estimates and duty cycles, and figures that no microcontroller has."""

import csv
import shutil
import statistics
from pathlib import Path

import pytest
import yaml

from firmware.board import BOARDS_FOLDER, Power, board_names, load_board
from firmware.settings import SettingsError
from scripts.lib import energy, results
from scripts.lib.config import load_config
from tests.unit import records

ROOT = Path(__file__).parents[2]
POWER = Power(supply_v=3.0, active_ma=10.0, sleep_ua=5.0, source="a table", confirmed=True)


def test_an_estimate_is_voltage_times_current_times_time():
    estimate = energy.estimate(POWER, latency_us=2000)
    assert estimate.uj == pytest.approx(60)  # 3 V * 10 mA * 2 ms
    assert (estimate.supply_v, estimate.sleep_uw, estimate.provenance) == (3.0, 15.0, "estimated")


def test_an_estimate_says_when_its_current_is_not_confirmed():
    estimate = energy.estimate(POWER.model_copy(update={"confirmed": False}), latency_us=2000)
    assert estimate.provenance == "estimated (current not confirmed)" and estimate.uj == pytest.approx(60)


def test_average_power_is_that_of_inferences_and_of_sleep_between_them():
    cycle = energy.DutyCycle(inferences_per_hour=3600, battery_mah=1000, battery_v=3.0)
    average_mw = cycle.average_power_mw(energy.estimate(POWER, 250_000), 250_000)
    assert average_mw == pytest.approx(0.25 * 30 + 0.75 * 0.015)
    assert cycle.battery_life_days(average_mw) == pytest.approx(3000 / average_mw / 24)


def test_a_board_that_is_too_slow_for_the_duty_cycle_has_no_average():
    cycle = energy.DutyCycle(inferences_per_hour=3600, battery_mah=1000, battery_v=3.0)
    assert cycle.average_power_mw(energy.estimate(POWER, 1_000_001), 1_000_001) is None


@pytest.mark.parametrize("name", board_names())
def test_every_board_says_where_its_currents_come_from(name):
    assert any(char.isdigit() for char in load_board(name).power.source)


# Rows of data/published/mlperf_tiny.csv with the same chip, clock and supply: (round, submitter, system). The active
# current of the board comes from the first; the others, sixteen rows each, judge it.
PUBLISHED = {
    "nucleo_l4r5zi": [
        ("0.5", "reference", "Nucleo-L4R5ZI"),
        ("0.7", "STMicroelectronics", "NUCLEO_L4R5ZI"),
        ("1.0", "STMicroelectronics", "NUCLEO_L4R5ZI"),
        ("1.1", "STMicroelectronics", "NUCLEO_L4R5ZI"),
        ("1.2", "STMicroelectronics", "NUCLEO_L4R5ZI"),
    ],
    "nucleo_u575zi_q": [
        ("0.7", "STMicroelectronics", "NUCLEO-U575ZI-Q"),
        ("1.0", "STMicroelectronics", "NUCLEO-U575ZI-Q"),
        ("1.1", "STMicroelectronics", "NUCLEO_U575ZI_Q"),
        ("1.2", "STMicroelectronics", "NUCLEO_U575ZI_Q"),
        ("1.3", "STMicroelectronics", "NUCLEO_U575ZI_Q"),
    ],
}


def published_mw(board, names):
    """Median power over the four tasks of each named submission, which must be at the board's clock and supply."""
    with (ROOT / "data/published/mlperf_tiny.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if (r["round"], r["submitter"], r["system"]) in names]
    assert len(rows) == 4 * len(names)
    assert {float(row["clock_mhz"]) * 1e6 for row in rows} == {board.clock_hz}
    assert all(row["supply"].startswith(f"Operating at {board.power.supply_v}V") for row in rows)
    return statistics.median(float(row["energy_uj"]) / float(row["latency_ms"]) for row in rows)


@pytest.mark.parametrize("name", PUBLISHED)
def test_estimated_power_is_that_of_published_measurements(name):
    board, (source, *judges) = load_board(name), PUBLISHED[name]
    assert board.power.confirmed
    estimated_mw = energy.estimate(board.power, 1000).uj  # of a millisecond
    assert estimated_mw == pytest.approx(published_mw(board, [source]), rel=0.005)
    assert estimated_mw == pytest.approx(published_mw(board, judges), rel=0.2)
    assert estimated_mw == pytest.approx(published_mw(board, [source, *judges]), rel=0.2)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("supply_v: 3.3", "supply_v: 3300", "power.supply_v: Input should be less than or equal to 5.5, got 3300"),
        ("supply_v: 3.3", "supply_v: 0", "power.supply_v: Input should be greater than or equal to 1, got 0"),
        ("supply_v: 3.3", "supply_v: '3.3'", "power.supply_v: Input should be a valid number, got '3.3'"),
        ("active_ma: 40.0", "active_ma: -40.0", "power.active_ma: Input should be greater than 0, got -40.0"),
        ("active_ma: 40.0", "active_ma: .nan", "power.active_ma: Input should be "),
        ("active_ma: 40.0", "active_ma: 0.31", "sleep_ua: 310 uA asleep is not less than 0.31 mA at work"),
        (
            "active_ma: 40.0",
            "active_ma: 400.0",
            "power.active_ma: 400 mA at 168 MHz are 2.38e+03 uA/MHz, expected 2 to",
        ),
        ("sleep_ua: 310.0", "sleep_ua: 310000.0", "power.sleep_ua: Input should be less than or equal to 100000"),
        ("sleep_ua: 310.0", "sleep_uA: 310.0", "power.sleep_uA: unknown key (did you mean 'sleep_ua'?)"),
        ("active_ma: 40.0", "", "power.active_ma: missing key"),
    ],
)
def test_absurd_figures_of_a_board_are_refused_with_file_and_key(tmp_path, old, new, expected):
    path = tmp_path / "stm32f4_disco.yaml"
    shutil.copy(BOARDS_FOLDER / path.name, path)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        load_board("stm32f4_disco", tmp_path)
    assert any(message.startswith(f"{path}: ") and expected in message for message in caught.value.messages)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("inferences_per_hour", 0, "duty_cycle.inferences_per_hour: Input should be greater than 0, got 0"),
        ("inferences_per_hour", "often", "duty_cycle.inferences_per_hour: Input should be a valid number"),
        ("battery_v", 3000, "duty_cycle.battery_v: Input should be less than or equal to 60"),
        ("battery_mah", 0.2, "duty_cycle.battery_mah: Input should be greater than or equal to 1"),
        ("batery_mah", 200, "duty_cycle.batery_mah: unknown key (did you mean 'battery_mah'?)"),
    ],
)
def test_an_impossible_duty_cycle_is_refused(key, value, expected):
    origin = ROOT / "config/config.yaml"
    content = yaml.safe_load(origin.read_text())
    content["duty_cycle"] = content["duty_cycle"] | {key: value}
    with pytest.raises(SettingsError) as caught:
        load_config(content, [origin], ROOT)
    assert any(message.startswith(f"{origin}: {expected}") for message in caught.value.messages)


@pytest.mark.parametrize(("factor", "power"), [(1e-6, "2e-05"), (1e6, "2e\\+07")])
def test_a_record_with_an_absurd_power_is_refused(factor, power):
    record = records.measurement("mlp_fashion", "int8", "stm32f4_disco")
    content = record.model_dump()
    content["energy"]["uj"] *= factor
    with pytest.raises(ValueError, match=rf"uJ in .* us are {power} mW, expected 0.01 to 10000 mW"):
        results.Measurement.model_validate(content)
