"""STM32F4 on the virtual board: the peripherals chip.c touches, at the addresses of RM0090 table 1."""

from collections.abc import Callable

from firmware.board import Board
from firmware.emulator.bus import Bus, Peripheral
from firmware.emulator.console import Console
from firmware.emulator.peripherals import console_uart, cortex_m, stm32, stm32_spi, stm32_timer, stm32_watchdog

# Console UARTs: base address, and bit of RCC_APB1ENR.
_USARTS = {"usart2": (0x4000_4400, 17), "usart3": (0x4000_4800, 18)}
_BASIC_TIMERS = {"tim6": (0x4000_1000, 4), "tim7": (0x4000_1400, 5)}
_GPIO_BASE, _GPIO_STRIDE, _GPIO_PORTS = 0x4002_0000, 0x400, "abcdefghi"
_PWR_BIT = 28
_SPI1, _SPI1_BIT = 0x4001_3000, 12  # the latter of RCC_APB2ENR
_SELECT_PORT, _SELECT_PIN = "e", 3  # of the discovery board's sensor: UM1472 table 6
# Vector table: RM0090 table 62.
INTERRUPTS = {"usart2": 38, "usart3": 39, "tim6": 54, "tim7": 55}


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    base, bit = console_uart(board, _USARTS)
    rcc = stm32.F4Rcc(board.settings["hse_hz"])
    system = cortex_m.SystemControl()
    places = {
        letter: (letter, _GPIO_BASE + _GPIO_STRIDE * index, rcc.gate("AHB1ENR", index), "input")
        for index, letter in enumerate(_GPIO_PORTS)
    }
    select = stm32_spi.SelectingGpio(*places.pop(_SELECT_PORT), _SELECT_PIN)
    return [
        rcc,
        system,
        cortex_m.Dwt(system, cycles),
        stm32.F4Flash("flash", 0x4002_3C00),
        stm32_watchdog.IndependentWatchdog(cycles, lambda: rcc.sysclk_hz),
        stm32.F4Power("pwr", 0x4000_7000, rcc.gate("APB1ENR", _PWR_BIT)),
        stm32.UsartV1(board.console.uart, base, rcc.gate("APB1ENR", bit), console),
        *(
            stm32_timer.BasicTimer(name, base, rcc.gate("APB1ENR", bit), cycles, lambda: rcc.apb1_timer_cycles)
            for name, (base, bit) in _BASIC_TIMERS.items()
        ),
        *(stm32.GpioV2(*place) for place in places.values()),
        select,
        stm32_spi.Spi("spi1", _SPI1, rcc.gate("APB2ENR", _SPI1_BIT), select),
    ]


def speeds(board: Board, bus: Bus) -> tuple[float, float, int]:
    """Return processor clock in Hz, console baud and flash wait states, as the registers have them."""
    rcc = bus["rcc"]
    return rcc.sysclk_hz, bus[board.console.uart].baud(rcc.apb1_hz), bus["flash"].wait_states
