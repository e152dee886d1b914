"""Measures the energy of one inference: many of them in a row, between the device's markers in a monitor's trace."""

import math
import time
from pathlib import Path

from scripts.device.power.monitor import Monitor
from scripts.device.power.trace import PowerError
from scripts.device.protocol import Device
from scripts.lib.results import POWER_MW, Energy

# MLPerf Tiny's shortest window, and how long the waiting board is watched before it.
WINDOW_S = 10.0
IDLE_S = 2.0
_ABOVE = 1.02
_GUARD_S = 0.05  # between waiting and computing lies the command
_TAIL_S = 0.25  # a monitor begins a little later than it was told


def measure_energy(monitor: Monitor, device: Device, latency_us: float, trace_file: Path | None) -> Energy:
    """Run inferences on the loaded input for at least WINDOW_S and return the energy of one; writes `trace_file`.

    Mean power between the device's markers, times `latency_us`. Raises PowerError.
    """
    runs = max(1, math.ceil(_ABOVE * WINDOW_S * 1e6 / latency_us))
    monitor.start()
    time.sleep(IDLE_S)
    inference = device.infer(runs, 0)
    time.sleep(_TAIL_S)
    trace = monitor.stop()
    elapsed_s = inference.elapsed_us / 1e6
    if elapsed_s < WINDOW_S:
        raise PowerError(f"{monitor.name}: {runs} inferences took {elapsed_s:.3f} s, expected {WINDOW_S:g} s or more")
    start_s, end_s = monitor.markers(inference.heard_s, elapsed_s)
    power_w = trace.window(start_s, end_s).mean_w
    if monitor.settings.subtract_idle:
        power_w -= trace.window(start_s - IDLE_S + _GUARD_S, start_s - _GUARD_S).mean_w
    if not POWER_MW[0] <= power_w * 1000 <= POWER_MW[1]:
        expected = f"{POWER_MW[0]} to {POWER_MW[1]} mW"
        raise PowerError(
            f"{monitor.name}: {power_w * 1000:.3g} mW, expected {expected}: does the monitor supply the board?"
        )
    if trace_file:
        trace.write(trace_file, (start_s, end_s))
    return Energy(
        uj=power_w * latency_us,
        supply_v=monitor.supply_v,
        sleep_uw=monitor.supply_v * monitor.board.power.sleep_ua,
        provenance="measured",
    )
