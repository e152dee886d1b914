"""STM32H7 on the virtual board: the peripherals chip.c touches, at the addresses of RM0433."""

from collections.abc import Callable

from firmware.board import Board
from firmware.emulator.bus import Peripheral
from firmware.emulator.console import Console
from firmware.emulator.peripherals import console_uart, cortex_m7, stm32_common, stm32h7

# Console UARTs: base address, register and bit of the clock's gate, clock.
_UARTS = {
    "usart1": (0x4001_1000, "APB2ENR", 4, "pclk2_hz"),
    "usart2": (0x4000_4400, "APB1LENR", 17, "pclk1_hz"),
    "usart3": (0x4000_4800, "APB1LENR", 18, "pclk1_hz"),
    "usart6": (0x4001_1400, "APB2ENR", 5, "pclk2_hz"),
}
_DATA_CACHE_BYTES = 16384  # RM0433: L1 caches

speeds = stm32_common.speeds


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    base, register, bit, clock = console_uart(board, _UARTS)
    switch = board.settings.get("oscillator_port"), board.settings.get("oscillator_pin")

    def oscillator_on() -> bool:
        return switch == (None, None) or ports[switch[0]].drives_high(switch[1])

    rcc, flash = stm32h7.Rcc(board.settings["hse_hz"], oscillator_on), stm32h7.Flash()
    ports = stm32_common.gpio_ports(0x5802_0000, "abcdefghijk", lambda port: rcc.gate("AHB4ENR", port), "analog")
    syscfg = stm32h7.SystemConfiguration(rcc.gate("APB4ENR", 1))
    power = stm32h7.Power(lambda: bool(syscfg.value["PWRCR"]))
    rcc.limit("the flash wait states", lambda: rcc.hclk_hz, lambda: flash.limit_hz)
    rcc.limit("voltage scale and over-drive", lambda: rcc.core_hz, lambda: power.limit_hz)
    rcc.limit("the peripherals", lambda: max(rcc.pclk1_hz, rcc.pclk2_hz), lambda: 120_000_000)
    system = cortex_m7.SystemControl(_DATA_CACHE_BYTES)
    return [
        rcc,
        flash,
        power,
        syscfg,
        system,
        system.maintenance,
        cortex_m7.Dwt(system, cycles),
        stm32_common.UsartV2(board.console.uart, base, rcc.gate(register, bit), console, lambda: getattr(rcc, clock)),
        *ports,
    ]
