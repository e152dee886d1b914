"""SAM D21 on the virtual board: the peripherals chip.c touches, at the addresses of DS40001882."""

from collections.abc import Callable

from firmware.board import Board
from firmware.emulator.bus import Bus, Peripheral
from firmware.emulator.console import Console
from firmware.emulator.peripherals import console_uart, cortex_m, samd21

# SERCOM n: address, APBC bit and generic clock channel follow n (DS40001882).
_SERCOMS = {f"sercom{n}": (0x4200_0800 + 0x400 * n, 2 + n, 0x14 + n) for n in range(6)}
_TC4_BASE, _TC4_BIT, _TC5_BIT, _TC4_TC5_CHANNEL = 0x4200_3000, 12, 13, 0x1C
# Interrupt lines: DS40001882 table 11-3.
INTERRUPTS = {f"sercom{n}": 9 + n for n in range(6)}


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    base, bit, channel = console_uart(board, _SERCOMS)
    sysctrl = samd21.Sysctrl()
    gclk = samd21.Gclk(sysctrl)
    power = samd21.PowerManager()

    def gate(bits: tuple[int, ...], channel: int) -> Callable[[], bool]:
        return lambda: all(power.gate(bit)() for bit in bits) and gclk.channel_hz(channel) > 0

    return [
        sysctrl,
        gclk,
        power,
        cortex_m.SystemControl(),
        samd21.Nvmctrl(),
        samd21.PortGroup(0),
        samd21.PortGroup(1),
        samd21.SercomUsart(board.console.uart, base, gate((bit,), channel), console),
        samd21.Tc32("tc4", _TC4_BASE, gate((_TC4_BIT, _TC5_BIT), _TC4_TC5_CHANNEL), cycles),
    ]


def speeds(board: Board, bus: Bus) -> tuple[float, float, int]:
    """Return processor clock in Hz, console baud and flash wait states, as the registers have them."""
    gclk, channel = bus["gclk"], _SERCOMS[board.console.uart][2]
    return gclk.generator_hz(0), bus[board.console.uart].baud(gclk.channel_hz(channel)), bus["nvmctrl"].wait_states
