"""The register models of the STM32 families refuse what the chips do not allow, so that chip code is right in order."""

import importlib

import pytest

from firmware.board import load_board
from firmware.emulator.bus import Bus, BusError
from firmware.settings import SettingsError

G0, L4, U5 = load_board("nucleo_g0b1re"), load_board("nucleo_l4r5zi"), load_board("nucleo_u575zi_q")
F7, H7, PORTENTA = (load_board(name) for name in ("stm32f746g_disco", "nucleo_h743zi", "arduino_portenta_h7"))
ALL = pytest.mark.parametrize("board", [G0, L4, U5, F7, H7, PORTENTA], ids=lambda board: board.name)


class FakeConsole:
    """A console with one byte to receive."""

    def __init__(self):
        self.sent, self.waiting = [], [0x41]

    def available(self):
        return bool(self.waiting)

    def receive(self):
        return self.waiting.pop()

    def send(self, byte):
        self.sent.append(byte)


@pytest.fixture
def bus_of():
    """Return a function that gives the peripherals of a board, just reset, at a time of 0 cycles."""

    def build(board, console=None):
        chip = importlib.import_module(f"firmware.chips.{board.chip}.virtual")
        return Bus(chip.peripherals(board, console or FakeConsole(), lambda: 0))

    return build


def write(bus, name, key, value):
    """Write a register, as the processor does."""
    peripheral = bus[name]
    peripheral.write(peripheral.base + peripheral.registers[key].offset, 4, value)


def read(bus, name, key):
    """Read a register, as the processor does."""
    peripheral = bus[name]
    return peripheral.read(peripheral.base + peripheral.registers[key].offset, 4)


def test_stm32g0_fast_clock_needs_wait_states(bus_of):
    bus = bus_of(G0)
    write(bus, "rcc", "PLLCFGR", 2 | 8 << 8 | 1 << 28 | 1 << 29)
    write(bus, "rcc", "CR", 0x0100_0500)
    write(bus, "flash", "ACR", 1)
    with pytest.raises(BusError, match="64 MHz, but the flash wait states allow 48 MHz"):
        write(bus, "rcc", "CFGR", 2)


def l4_with_pll(bus_of):
    bus = bus_of(L4)
    write(bus, "rcc", "APB1ENR1", 1 << 28)
    write(bus, "rcc", "CR", 1 << 0 | 1 << 8 | 1 << 24)
    write(bus, "rcc", "PLLCFGR", 2 | 3 << 4 | 60 << 8 | 1 << 24)
    write(bus, "flash", "ACR", 5)
    return bus


def test_stm32l4_full_clock_needs_boost(bus_of):
    bus = l4_with_pll(bus_of)
    with pytest.raises(BusError, match="120 MHz, but voltage range and boost allow 80 MHz"):
        write(bus, "rcc", "CFGR", 3)


def test_stm32l4_full_clock_comes_by_way_of_a_divider(bus_of):
    bus = l4_with_pll(bus_of)
    write(bus, "pwr", "CR5", 0)
    with pytest.raises(BusError, match="from 4 to 120 MHz without an AHB divider"):
        write(bus, "rcc", "CFGR", 3)
    write(bus, "rcc", "CFGR", 0)
    write(bus, "rcc", "CFGR", 3 | 8 << 4)
    write(bus, "rcc", "CFGR", 3)
    assert bus["rcc"].core_hz == 120_000_000


def test_stm32u5_full_clock_needs_the_booster(bus_of):
    bus = bus_of(U5)
    write(bus, "rcc", "AHB3ENR", 1 << 2)
    write(bus, "rcc", "CR", 1 << 0 | 1 << 8)
    write(bus, "rcc", "PLL1CFGR", 2 | 3 << 2 | 1 << 18)
    write(bus, "rcc", "PLL1DIVR", 19 | 1 << 24)
    write(bus, "rcc", "CR", 1 << 0 | 1 << 8 | 1 << 24)
    write(bus, "flash", "ACR", 4)
    write(bus, "pwr", "VOSR", 3 << 16)
    assert not read(bus, "pwr", "VOSR") & 1 << 14
    with pytest.raises(BusError, match="160 MHz, but voltage range and booster allow 55 MHz"):
        write(bus, "rcc", "CFGR1", 3)


def test_stm32f7_full_clock_needs_over_drive(bus_of):
    bus = bus_of(F7)
    write(bus, "rcc", "CR", 1 << 0 | 1 << 16 | 1 << 24)
    write(bus, "rcc", "PLLCFGR", 25 | 432 << 6 | 1 << 22)
    write(bus, "flash", "ACR", 7)
    with pytest.raises(BusError, match="216 MHz, but voltage scale and over-drive allow 180 MHz"):
        write(bus, "rcc", "CFGR", 2 | 5 << 10 | 4 << 13)


def test_stm32f7_buses_have_limits_of_their_own(bus_of):
    bus = bus_of(F7)
    write(bus, "rcc", "APB1ENR", 1 << 28)
    write(bus, "pwr", "CR1", 3 << 14 | 3 << 16)
    write(bus, "rcc", "CR", 1 << 0 | 1 << 16 | 1 << 24)
    write(bus, "rcc", "PLLCFGR", 25 | 432 << 6 | 1 << 22)
    write(bus, "flash", "ACR", 7)
    with pytest.raises(BusError, match="216 MHz, but the APB1 peripherals allow 54 MHz"):
        write(bus, "rcc", "CFGR", 2)


def test_stm32h7_supply_is_chosen_once_and_before_the_voltage(bus_of):
    bus = bus_of(H7)
    with pytest.raises(BusError, match="before the supply was chosen"):
        write(bus, "pwr", "D3CR", 3 << 14)
    write(bus, "pwr", "CR3", 2)
    with pytest.raises(BusError, match="was chosen already"):
        write(bus, "pwr", "CR3", 2)


def test_stm32h7_full_clock_needs_scale_0(bus_of):
    bus = bus_of(PORTENTA)
    write(bus, "pwr", "CR3", 0x16)
    write(bus, "pwr", "D3CR", 3 << 14)
    write(bus, "rcc", "AHB4ENR", 1 << 7)
    write(bus, "gpioh", "BSRR", 1 << 1)
    write(bus, "gpioh", "MODER", 1 << 2)
    write(bus, "rcc", "CR", 1 << 0 | 1 << 16 | 1 << 24)
    write(bus, "rcc", "PLLCKSELR", 2 | 5 << 4)
    write(bus, "rcc", "PLLCFGR", 1 << 16)
    write(bus, "rcc", "PLL1DIVR", 191 | 1 << 9)
    write(bus, "rcc", "D1CFGR", 8)
    write(bus, "rcc", "D2CFGR", 4 << 4 | 4 << 8)
    write(bus, "flash", "ACR", 4 | 2 << 4)
    with pytest.raises(BusError, match="480 MHz, but voltage scale and over-drive allow 400 MHz"):
        write(bus, "rcc", "CFGR", 3)


def test_stm32h7_oscillator_of_the_portenta_must_be_switched_on(bus_of):
    bus = bus_of(PORTENTA)
    write(bus, "rcc", "CR", 1 << 0 | 1 << 16)
    assert not read(bus, "rcc", "CR") & 1 << 17
    write(bus, "rcc", "AHB4ENR", 1 << 7)
    write(bus, "gpioh", "BSRR", 1 << 1)
    write(bus, "gpioh", "MODER", 1 << 2)
    assert read(bus, "rcc", "CR") & 1 << 17


def usart_with_clock(bus_of, board, console=None):
    bus = bus_of(board, console)
    rcc = bus["rcc"]
    for key in rcc.registers:
        if key.startswith(("APB", "AHB", "IOP")):
            rcc.value[key] = 0xFFFF_FFFF
    return bus, board.console.uart


@ALL
def test_usart_is_set_up_while_it_is_off(board, bus_of):
    bus, usart = usart_with_clock(bus_of, board)
    write(bus, usart, "BRR", 1000)
    write(bus, usart, "CR1", 1)
    with pytest.raises(BusError, match="BRR: can be written only while the USART is off"):
        write(bus, usart, "BRR", 1001)


@ALL
def test_usart_moves_bytes_only_when_it_is_on(board, bus_of):
    console = FakeConsole()
    bus, usart = usart_with_clock(bus_of, board, console)
    write(bus, usart, "TDR", 0x42)
    assert console.sent == [] and not read(bus, usart, "ISR") & 1 << 5
    write(bus, usart, "CR1", 1 << 0 | 1 << 2 | 1 << 3)
    write(bus, usart, "TDR", 0x42)
    assert console.sent == [0x42]
    assert read(bus, usart, "ISR") & 1 << 5 and read(bus, usart, "RDR") == 0x41
    assert not read(bus, usart, "ISR") & 1 << 5


@ALL
def test_usart_without_clock_does_not_answer(board, bus_of):
    with pytest.raises(BusError, match="clock is off"):
        read(bus_of(board), board.console.uart, "ISR")


@ALL
def test_unknown_console_is_refused_with_the_nearest_name(board, bus_of):
    console = board.console.model_copy(update={"uart": "usart22"})
    with pytest.raises(SettingsError, match=r"has no UART 'usart22'.*did you mean 'usart2'"):
        bus_of(board.model_copy(update={"console": console}))


@pytest.mark.parametrize(("board", "sets"), [(F7, 32), (H7, 128)], ids=["F7", "H7"])
def test_cortex_m7_caches_are_invalidated_before_they_are_on(board, sets, bus_of):
    bus = bus_of(board)
    with pytest.raises(BusError, match="instruction cache is enabled before"):
        write(bus, "scb", "CCR", 1 << 17)
    write(bus, "scb", "CSSELR", 0)
    assert read(bus, "scb", "CCSIDR") >> 13 & 0x7FFF == sets - 1
    for line in range(4 * sets - 1):
        write(bus, "cache", "DCISW", line // sets << 30 | line % sets << 5)
    with pytest.raises(BusError, match=f"data cache is enabled with {4 * sets - 1} of {4 * sets} lines"):
        write(bus, "scb", "CCR", 1 << 16)
    with pytest.raises(BusError, match=f"set {sets} of {sets}"):
        write(bus, "cache", "DCISW", sets << 5)


def test_cortex_m7_cycle_counter_is_locked(bus_of):
    bus = bus_of(F7)
    write(bus, "scb", "DEMCR", 1 << 24)
    write(bus, "dwt", "CTRL", 1)
    assert not read(bus, "dwt", "CTRL") & 1
    write(bus, "dwt", "LAR", 0xC5AC_CE55)
    write(bus, "dwt", "CTRL", 1)
    assert read(bus, "dwt", "CTRL") & 1
