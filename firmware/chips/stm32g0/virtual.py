"""STM32G0 on the virtual board: the peripherals chip.c touches, at the addresses of RM0444."""

from collections.abc import Callable

from firmware.board import Board
from firmware.emulator.bus import Peripheral
from firmware.emulator.console import Console
from firmware.emulator.peripherals import console_uart, cortex_m, stm32_common, stm32_watchdog, stm32g0

# Console UARTs: base address, register and bit of the clock's gate, kind.
_UARTS = {
    "usart1": (0x4001_3800, "APBENR2", 14, stm32_common.UsartV2),
    "usart2": (0x4000_4400, "APBENR1", 17, stm32_common.UsartV2),
    "usart3": (0x4000_4800, "APBENR1", 18, stm32_common.UsartV2),
    "lpuart1": (0x4000_8000, "APBENR1", 20, stm32_common.Lpuart),
}

speeds = stm32_common.speeds


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    base, register, bit, kind = console_uart(board, _UARTS)
    rcc, flash = stm32g0.Rcc(), stm32g0.Flash()
    rcc.limit("the flash wait states", lambda: rcc.hclk_hz, lambda: flash.limit_hz)
    return [
        rcc,
        flash,
        stm32_watchdog.IndependentWatchdog(cycles, lambda: rcc.hclk_hz),
        cortex_m.SystemControl(),
        stm32g0.Tim2(rcc.gate("APBENR1", 0), cycles),
        kind(board.console.uart, base, rcc.gate(register, bit), console, lambda: rcc.pclk_hz),
        *stm32_common.gpio_ports(0x5000_0000, "abcdef", lambda port: rcc.gate("IOPENR", port), "analog, no JTAG"),
    ]
