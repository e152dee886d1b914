"""Watchdogs reset a chip that does not feed them in time, and nothing else turns them off."""

import pytest

from firmware.emulator.peripherals.nrf52 import Watchdog
from firmware.emulator.peripherals.stm32_watchdog import IndependentWatchdog

CORE_HZ = 64_000_000


class Clock:
    """Processor cycles, which tests let pass."""

    def __init__(self):
        self.cycles = 1000

    def __call__(self) -> int:
        return self.cycles


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def iwdg(clock):
    return IndependentWatchdog(clock, lambda: CORE_HZ)


@pytest.fixture
def wdt(clock):
    return Watchdog(clock)


def put(peripheral, register, value):
    peripheral.write(peripheral.base + peripheral.registers[register].offset, 4, value)


def test_an_stm32_watchdog_bites_after_its_prescaler_times_its_reload_value(iwdg, clock):
    assert iwdg.bites_at() is None
    put(iwdg, "KR", 0xCCCC)
    assert iwdg.bites_at() == 1000 + 4096 * 4 * CORE_HZ // 32_000
    for register, value in (("KR", 0x5555), ("PR", 6), ("RLR", 99)):
        put(iwdg, register, value)
    assert iwdg.bites_at() == 1000 + 100 * 256 * CORE_HZ // 32_000
    clock.cycles = 5000
    put(iwdg, "KR", 0xAAAA)
    assert iwdg.bites_at() == 5000 + 100 * 256 * CORE_HZ // 32_000


def test_an_stm32_watchdog_is_locked_and_only_started_ones_are_fed(iwdg, clock):
    put(iwdg, "KR", 0xAAAA)
    assert iwdg.bites_at() is None
    put(iwdg, "KR", 0xCCCC)
    before = iwdg.bites_at()
    clock.cycles += 1
    for register, value in (("PR", 6), ("RLR", 1), ("KR", 0)):
        put(iwdg, register, value)
    assert iwdg.bites_at() == before


def test_an_nrf52_watchdog_bites_after_its_reload_value(wdt, clock):
    put(wdt, "CRV", 32767)
    assert wdt.bites_at() is None
    put(wdt, "TASKS_START", 1)
    assert wdt.bites_at() == 1000 + CORE_HZ
    clock.cycles = 3000
    for register, value in (("CRV", 1), ("TASKS_START", 1), ("RR0", 0x1234)):
        put(wdt, register, value)
    assert wdt.bites_at() == 1000 + CORE_HZ
    put(wdt, "RR0", 0x6E52_4635)
    assert wdt.bites_at() == 3000 + CORE_HZ
