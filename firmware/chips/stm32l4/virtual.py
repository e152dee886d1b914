"""STM32L4+ on the virtual board: the peripherals chip.c touches, at the addresses of RM0432."""

from collections.abc import Callable

from firmware.board import Board
from firmware.emulator.bus import Peripheral
from firmware.emulator.console import Console
from firmware.emulator.peripherals import console_uart, cortex_m, stm32_common, stm32l4

# Console UARTs: base address, register and bit of the clock's gate, clock, kind.
_UARTS = {
    "usart1": (0x4001_3800, "APB2ENR", 14, "pclk2_hz", stm32_common.UsartV2),
    "usart2": (0x4000_4400, "APB1ENR1", 17, "pclk1_hz", stm32_common.UsartV2),
    "usart3": (0x4000_4800, "APB1ENR1", 18, "pclk1_hz", stm32_common.UsartV2),
    "lpuart1": (0x4000_8000, "APB1ENR2", 0, "pclk1_hz", stm32_common.Lpuart),
}

speeds = stm32_common.speeds


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    base, register, bit, clock, kind = console_uart(board, _UARTS)
    rcc, flash = stm32l4.Rcc(), stm32l4.Flash()
    power = stm32l4.Power(rcc.gate("APB1ENR1", 28))
    rcc.limit("the flash wait states", lambda: rcc.hclk_hz, lambda: flash.limit_hz)
    rcc.limit("voltage range and boost", lambda: rcc.hclk_hz, lambda: power.limit_hz)
    system = cortex_m.SystemControl()
    return [
        rcc,
        flash,
        power,
        system,
        cortex_m.Dwt(system, cycles),
        kind(board.console.uart, base, rcc.gate(register, bit), console, lambda: getattr(rcc, clock)),
        *stm32_common.gpio_ports(0x4800_0000, "abcdefghi", lambda port: rcc.gate("AHB2ENR", port), "analog"),
    ]
