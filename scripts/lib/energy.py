"""Energy from power and time: per inference from a datasheet, and what a duty cycle makes of it on a battery."""

from typing import Annotated

import pydantic

from firmware import settings
from firmware.board import Power
from scripts.lib.results import UNCONFIRMED, Energy

_HOURS_PER_DAY = 24


class DutyCycle(settings.Settings):
    """How often a device infers, and its battery; between inferences it sleeps."""

    inferences_per_hour: Annotated[float, pydantic.Field(gt=0, le=3.6e6, strict=True)]  #: evenly spread
    battery_mah: Annotated[float, pydantic.Field(ge=1, le=1e6, strict=True)]  #: charge of a full battery
    battery_v: Annotated[float, pydantic.Field(ge=1, le=60, strict=True)]  #: its mean voltage

    def average_power_mw(self, energy: Energy, latency_us: float) -> float | None:
        """Inferences and sleep together; None if the board is too slow for that many inferences."""
        per_second = self.inferences_per_hour / 3600
        busy = per_second * latency_us / 1e6
        return None if busy > 1 else per_second * energy.uj / 1000 + (1 - busy) * energy.sleep_uw / 1000

    def battery_life_days(self, power_mw: float) -> float:
        """Days on a full battery, without self-discharge and without losses of a regulator."""
        return self.battery_mah * self.battery_v / power_mw / _HOURS_PER_DAY


# A result a minute on two AA cells.
DEFAULT_DUTY_CYCLE = DutyCycle(inferences_per_hour=60, battery_mah=2000, battery_v=3.0)


def estimate(power: Power, latency_us: float) -> Energy:
    """Return what one inference of `latency_us` takes by the datasheet: voltage times active current times time.

    Its provenance says so where the board's currents are not confirmed.
    """
    return Energy(
        uj=power.supply_v * power.active_ma * latency_us / 1000,
        supply_v=power.supply_v,
        sleep_uw=power.supply_v * power.sleep_ua,
        provenance="estimated" if power.confirmed else UNCONFIRMED,
    )
