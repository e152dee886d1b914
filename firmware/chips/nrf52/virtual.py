"""nRF52840 on the virtual board: the peripherals chip.c touches, at the addresses of PS v1.7, instantiation."""

from collections.abc import Callable

from firmware.board import Board
from firmware.emulator.bus import Bus, Peripheral
from firmware.emulator.console import Console
from firmware.emulator.peripherals import console_uart, cortex_m, nrf52

_UARTS = {"uart0": 0x4000_2000}


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    system = cortex_m.SystemControl()
    return [
        nrf52.Clock(),
        nrf52.Nvmc(),
        nrf52.Watchdog(cycles),
        nrf52.Gpio(0),
        nrf52.Gpio(1),
        nrf52.Uart(board.console.uart, console_uart(board, _UARTS), console),
        system,
        cortex_m.Dwt(system, cycles),
    ]


def speeds(board: Board, bus: Bus) -> tuple[float, float, int]:
    """Return processor clock in Hz, console baud and flash wait states, as the registers have them."""
    return bus["clock"].clock_hz, bus[board.console.uart].baud(), bus["nvmc"].wait_states
