"""Power monitors: known energies to 0.5 %, and every way in which a monitor or a trace can fail has a name."""

import time

import numpy as np
import pytest

from firmware.board import load_board
from firmware.settings import SettingsError
from scripts.device.link import DeviceError
from scripts.device.power import lpm01a, ppk2, recorded
from scripts.device.power.monitor import monitoring
from scripts.device.power.trace import MonitorLost, MonitorSaturated, PowerError, Trace, TraceGap
from scripts.lib.lab import load_lab
from tests.power_monitors import PlayedLpm01a, PlayedPpk2

BOARD = load_board("nucleo_l4r5zi")
KINDS = {"ppk2": (PlayedPpk2, ppk2.Settings), "lpm01a": (PlayedLpm01a, lpm01a.Settings)}


def pulses(times):
    """2 mA, and 25 mA for the second half of every 20 ms."""
    return np.where(times % 0.02 < 0.01, 2e-3, 25e-3)


def wave(times):
    """Between 4 and 36 mA, through two ranges of a PPK2."""
    return 20e-3 + 16e-3 * np.sin(2 * np.pi * 5 * times)


def record(kind, profile, seconds=0.5, **faults):
    """Record a played monitor; returns (trace, the player)."""
    player_kind, settings = KINDS[kind]
    with player_kind(profile) as player:
        for name, value in faults.items():
            setattr(player, name, value)
        with monitoring(settings(kind=kind, port=player.port, supply_v=2.0), BOARD) as monitor:
            monitor.start()
            time.sleep(seconds)
            return monitor.stop(), player


@pytest.mark.parametrize("profile", [pulses, wave])
@pytest.mark.parametrize("kind", KINDS)
def test_a_known_energy_is_found_to_half_a_percent(kind, profile):
    trace, player = record(kind, profile)
    times = (np.arange(100_000) + 0.5) / 100_000 * len(trace.time_s) * trace.step_s
    assert trace.mean_w == pytest.approx(2.0 * profile(times).mean(), rel=0.005)
    assert len(trace.time_s) * trace.step_s > 0.3
    assert trace.step_s == pytest.approx(1 / player.RATE_HZ)


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_has_the_power_between_its_markers(kind):
    trace, _ = record(kind, lambda times: np.where((times > 0.3) & (times < 0.9), 25e-3, 2e-3), seconds=1.1)
    start = trace.time_s[0]
    assert trace.window(start + 0.45, start + 0.8).mean_w == pytest.approx(0.050, rel=0.005)
    assert trace.window(start + 0.05, start + 0.25).mean_w == pytest.approx(0.004, rel=0.005)
    with pytest.raises(PowerError, match=r"the window .* s is not inside the trace"):
        trace.window(start + 0.25, trace.time_s[-1] + 1)


def test_the_ppk2_is_told_mode_and_voltage_and_switched_off_in_the_end():
    _, player = record("ppk2", pulses, 0.1)
    voltage = f"0d{3 + (2000 - 800 + 32) // 256:02x}{(2000 - 800 + 32) % 256:02x}"
    expected = ["1102", voltage, "0c01", "06", "0c00"]
    assert [command for command in player.commands if command not in ("07", "19")] == expected


def test_the_lpm01a_is_told_what_to_record_and_released_in_the_end():
    _, player = record("lpm01a", pulses, 0.1)
    assert {"htc", "volt 2000m", "output energy", "freq 1k", "acqtime inf"} < set(player.commands)
    assert player.commands[-4:] == ["start", "stop", "pwr off", "hrc"]


@pytest.mark.parametrize("kind", KINDS)
def test_lost_samples_are_a_gap_with_its_place(kind):
    where = {"ppk2": r"5 samples or more are missing 0.20000 s after", "lpm01a": r"5 samples are missing between 0.000"}
    rate = KINDS[kind][0].RATE_HZ
    with pytest.raises(TraceGap, match=rf"^nucleo_l4r5zi: {kind}: {where[kind]}"):
        record(kind, pulses, 0.4 if kind == "ppk2" else 1.2, lose=range(rate // 5, rate // 5 + 5))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["silent_after", "unplug_after"])
def test_a_monitor_that_breaks_off_is_named(kind, fault, monkeypatch):
    monkeypatch.setattr("scripts.device.power.monitor._SILENCE_S", 0.5)
    with pytest.raises(MonitorLost, match=rf"^nucleo_l4r5zi: {kind}: .*(was lost|has sent nothing for)"):
        record(kind, pulses, 2.2 if kind == "ppk2" else 1.0, **{fault: 0.2})


@pytest.mark.parametrize(("kind", "limit"), [("ppk2", "1 A"), ("lpm01a", "50 mA")])
def test_saturation_is_named_with_its_place(kind, limit):
    current_a = 1.2 if kind == "ppk2" else 0.06
    with pytest.raises(MonitorSaturated, match=rf"saturated 0.20\d* s after the start: .*measures up to {limit}"):
        record(kind, lambda times: np.where(times >= 0.2, current_a, 2e-3))


def test_a_port_without_a_monitor_behind_it_is_named(monkeypatch):
    monkeypatch.setattr(lpm01a, "_ANSWER_S", 0.3)
    with PlayedPpk2(pulses) as player:
        settings = lpm01a.Settings(kind="lpm01a", port=player.port)
        with pytest.raises(PowerError, match=r"expected 'ack htc' within 0\.3 s"), monitoring(settings, BOARD):
            pass
    with PlayedLpm01a(pulses) as player:
        settings = ppk2.Settings(kind="ppk2", port=player.port)
        with pytest.raises(PowerError, match="expected the calibration from port"), monitoring(settings, BOARD):
            pass


@pytest.mark.parametrize("settings", [lpm01a.Settings, ppk2.Settings])
def test_an_absent_monitor_and_an_impossible_voltage_are_named(settings):
    kind = settings.__module__.split(".")[-1]
    with (
        pytest.raises(DeviceError, match="port /dev/no-such-port does not exist"),
        monitoring(settings(kind=kind, port="/dev/no-such-port"), BOARD),
    ):
        pass
    with (
        pytest.raises(PowerError, match=r"supply_v is 5.5, expected (0.8 to 5.0|1.8 to 3.3) V"),
        monitoring(settings(kind=kind, port="/dev/x", supply_v=5.5), BOARD),
    ):
        pass


TIMES_S = np.arange(20_000) / 1000  # 20 s at 1 kHz
POWER_W = np.where((TIMES_S >= 4) & (TIMES_S < 16), 0.05, 0.004)


def write_csv(path, header="time_s,power_w", rows=None):
    rows = rows if rows is not None else [f"{t:.6f},{p:.9g}" for t, p in zip(TIMES_S, POWER_W, strict=True)]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def write_binary(path):
    path.write_bytes(b"\xf1" + np.float32(1000).tobytes() + (POWER_W * 1000).astype("<f4").tobytes())
    return path


def recording(path, **more):
    return recorded.Monitor(recorded.Settings(kind="recorded", file=str(path), **more), BOARD)


@pytest.mark.parametrize(
    ("header", "scale"),
    [("time_s,power_w", 1), ("time_s,power_mw", 1e3), ("time_s,current_ma", 1e3 / 2.0), ("time_s,Current(uA)", 5e5)],
)
def test_a_recorded_csv_has_its_energy(tmp_path, header, scale):
    rows = [f"{t:.6f},{p * scale:.9g}" for t, p in zip(TIMES_S, POWER_W, strict=True)]
    monitor = recording(write_csv(tmp_path / "trace.csv", header, rows), start_s=4.0, supply_v=2.0)
    trace = monitor.stop()
    window = trace.window(*monitor.markers((0, 0), 12.0))
    assert window.mean_w == pytest.approx(0.05, rel=0.001)
    assert trace.mean_w == pytest.approx((0.05 * 12 + 0.004 * 8) / 20, rel=0.001)


def test_a_recorded_mlperf_trace_has_its_energy(tmp_path):
    monitor = recording(write_binary(tmp_path / "trace.bin"), start_s=4.0)
    assert monitor.stop().window(*monitor.markers((0, 0), 12.0)).mean_w == pytest.approx(0.05, rel=0.001)


def test_a_trace_with_markers_is_read_as_it_was_written(tmp_path):
    Trace("x", TIMES_S, POWER_W).write(tmp_path / "trace.csv", (4.0, 16.0))
    monitor = recording(tmp_path / "trace.csv")
    assert monitor.markers((0, 0), 12.05) == pytest.approx((0.0, 12.0), abs=0.005)
    assert monitor.stop().window(0.0, 12.0).mean_w == pytest.approx(0.05, rel=0.001)
    assert len(monitor.stop().time_s) == 10_000
    with pytest.raises(PowerError, match=r"its markers are 12.000 s apart, those of the device 10.000 s"):
        monitor.markers((0, 0), 10.0)
    with pytest.raises(PowerError, match="has a column 'marker', so start_s must not be given"):
        recording(tmp_path / "trace.csv", start_s=4.0)


GOOD = ["0.000,0.05", "0.001,0.05", "0.002,0.05", "0.003,0.05"]


@pytest.mark.parametrize(
    ("header", "rows", "error", "message"),
    [
        ("time_s,power_w", [*GOOD, "0.009,0.05"], TraceGap, "a gap from 0.003000 s to 0.009000 s"),
        ("time_s,power_w", [*GOOD, "0.001,0.05"], PowerError, "time goes from 0.003000 s to 0.001000 s"),
        ("time_s,power_w", [*GOOD, "0.004,nan"], PowerError, "nan W at 0.004 s, expected a number up to 100 W"),
        ("time_s,power_w", [*GOOD, "0.004,5000"], PowerError, "5000 W at 0.004 s"),
        (
            "time_s,power_w",
            [*GOOD, "0.004,high"],
            PowerError,
            r"trace.csv:6: could not convert string to float: 'high'",
        ),
        ("time_s,power_w", [*GOOD, "0.004"], PowerError, r"trace.csv:6: expected 2 fields, got 1"),
        ("time_s,power_w", GOOD[:1], PowerError, "expected at least 2 samples, got 1"),
        ("seconds,power_w", GOOD, PowerError, r"expected one column of time \(time_s, .*got seconds, power_w"),
        ("time_s,watts", GOOD, PowerError, r"expected one column of power \(power_w, "),
        ("time_s,power_w,marker", [f"{row},0" for row in GOOD], PowerError, "one stretch with marker 1, got 0"),
    ],
)
def test_a_broken_csv_is_refused_with_its_place(tmp_path, header, rows, error, message):
    path = write_csv(tmp_path / "trace.csv", header, rows)
    with pytest.raises(error, match=message) as caught:
        recording(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"\xf1\x00\x00\x7a\x44" + b"\0" * 9, PowerError, "14 bytes are not 5 and 4 for each sample"),
        (b"\xf1\x00\x00\x7a\xc4" + b"\0" * 8, PowerError, "the sample rate is -1000 Hz"),
        (b"\xf1\x00\x00\x7a\x44" + b"\0" * 4 + b"\0\0\xc0\x7f", TraceGap, "sample 1 is missing, at 0.001000 s"),
        (b"\x00\xff\x80", PowerError, "neither an MLPerf energy trace"),
        (b"", PowerError, "expected one column of time"),
    ],
)
def test_a_broken_mlperf_trace_is_refused_with_its_place(tmp_path, content, error, message):
    (tmp_path / "trace.bin").write_bytes(content)
    with pytest.raises(error, match=message):
        recording(tmp_path / "trace.bin")


@pytest.mark.parametrize(
    ("monitor", "message"),
    [
        ("{kind: ppk3, port: /dev/x}", r"boards.0.monitor: unknown kind 'ppk3' \(did you mean 'ppk2'"),
        ("{port: /dev/x}", r"boards.0.monitor: unknown kind None \(valid: lpm01a, ppk2, recorded\)"),
        ("{kind: ppk2}", "boards.0.monitor: ppk2: port: missing key"),
        ("{kind: ppk2, prt: /dev/x}", r"ppk2: prt: unknown key \(did you mean 'port'"),
        ("{kind: ppk2, port: /dev/x, mode: sink}", "ppk2: mode: Input should be 'source' or 'ammeter'"),
        ("{kind: lpm01a, port: /dev/x, supply_v: 3300}", "lpm01a: supply_v: Input should be less than or equal to 5.5"),
        ("{kind: recorded, file: x.csv, subtract_idle: 3}", "recorded: subtract_idle: Input should be a valid boolean"),
    ],
)
def test_mistakes_in_the_lab_file_are_named(tmp_path, monitor, message):
    path = tmp_path / "lab.yaml"
    path.write_text(f"boards: [{{board: nucleo_l4r5zi, port: /dev/x, monitor: {monitor}}}]")
    with pytest.raises(SettingsError, match=message):
        load_lab(path)


def test_one_line_of_the_lab_file_selects_a_monitor(tmp_path):
    (tmp_path / "lab.yaml").write_text(
        "boards:\n- board: nucleo_l4r5zi\n  port: /dev/x\n  monitor: {kind: ppk2, port: /dev/y, subtract_idle: true}\n"
    )
    (unit,) = load_lab(tmp_path / "lab.yaml").boards
    assert (type(unit.monitor), unit.monitor.port, unit.monitor.mode) == (ppk2.Settings, "/dev/y", "source")
    assert unit.model_dump()["monitor"]["port"] == "/dev/y"  # so that the stamp of the lab changes with it


@pytest.mark.parametrize("kind", KINDS)
def test_the_board_is_switched_off_when_its_measurement_fails(kind):
    player_kind, settings = KINDS[kind]
    with player_kind(pulses) as player:
        with (
            pytest.raises(RuntimeError, match="the board is silent"),
            monitoring(settings(kind=kind, port=player.port), BOARD) as monitor,
        ):
            monitor.start()
            raise RuntimeError("the board is silent")
        deadline = time.monotonic() + 10
        while {"ppk2": "0c00", "lpm01a": "hrc"}[kind] not in player.commands:
            assert time.monotonic() < deadline, player.commands
            time.sleep(0.01)
