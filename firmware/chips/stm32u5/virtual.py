"""STM32U5 on the virtual board: the peripherals chip.c touches, at the addresses of RM0456."""

from collections.abc import Callable

from firmware.board import Board
from firmware.emulator.bus import Peripheral
from firmware.emulator.console import Console
from firmware.emulator.peripherals import console_uart, cortex_m, stm32_common, stm32u5

# Console UARTs: base address, register and bit of the clock's gate, clock.
_UARTS = {
    "usart1": (0x4001_3800, "APB2ENR", 14, "pclk2_hz"),
    "usart2": (0x4000_4400, "APB1ENR1", 17, "pclk1_hz"),
    "usart3": (0x4000_4800, "APB1ENR1", 18, "pclk1_hz"),
}

speeds = stm32_common.speeds


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    base, register, bit, clock = console_uart(board, _UARTS)
    rcc, flash = stm32u5.Rcc(), stm32u5.Flash()
    power = stm32u5.Power(rcc.gate("AHB3ENR", 2), lambda: rcc.booster_hz)
    rcc.limit("the flash wait states", lambda: rcc.hclk_hz, lambda: flash.limit_hz)
    rcc.limit("voltage range and booster", lambda: rcc.hclk_hz, lambda: power.limit_hz)
    system = cortex_m.SystemControl()
    return [
        rcc,
        flash,
        stm32u5.Icache(),
        power,
        system,
        cortex_m.Dwt(system, cycles),
        stm32_common.UsartV2(board.console.uart, base, rcc.gate(register, bit), console, lambda: getattr(rcc, clock)),
        *stm32_common.gpio_ports(0x4202_0000, "abcdefghi", lambda port: rcc.gate("AHB2ENR1", port), "analog"),
    ]
