"""STM32F7 on the virtual board: the peripherals chip.c touches, at the addresses of RM0385."""

from collections.abc import Callable

from firmware.board import Board
from firmware.emulator.bus import Peripheral
from firmware.emulator.console import Console
from firmware.emulator.peripherals import console_uart, cortex_m7, stm32_common, stm32f7

# Console UARTs: base address, register and bit of the clock's gate, clock.
_UARTS = {
    "usart1": (0x4001_1000, "APB2ENR", 4, "pclk2_hz"),
    "usart2": (0x4000_4400, "APB1ENR", 17, "pclk1_hz"),
    "usart3": (0x4000_4800, "APB1ENR", 18, "pclk1_hz"),
    "usart6": (0x4001_1400, "APB2ENR", 5, "pclk2_hz"),
}
_DATA_CACHE_BYTES = 4096  # RM0385: L1 caches

speeds = stm32_common.speeds


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    base, register, bit, clock = console_uart(board, _UARTS)
    rcc, flash = stm32f7.Rcc(board.settings["hse_hz"]), stm32f7.Flash()
    power = stm32f7.Power(rcc.gate("APB1ENR", 28))
    rcc.limit("the flash wait states", lambda: rcc.hclk_hz, lambda: flash.limit_hz)
    rcc.limit("voltage scale and over-drive", lambda: rcc.hclk_hz, lambda: power.limit_hz)
    rcc.limit("the APB1 peripherals", lambda: rcc.pclk1_hz, lambda: 54_000_000)
    rcc.limit("the APB2 peripherals", lambda: rcc.pclk2_hz, lambda: 108_000_000)
    system = cortex_m7.SystemControl(_DATA_CACHE_BYTES)
    return [
        rcc,
        flash,
        power,
        system,
        system.maintenance,
        cortex_m7.Dwt(system, cycles),
        stm32_common.UsartV2(board.console.uart, base, rcc.gate(register, bit), console, lambda: getattr(rcc, clock)),
        *stm32_common.gpio_ports(0x4002_0000, "abcdefghijk", lambda port: rcc.gate("AHB1ENR", port), "input"),
    ]
