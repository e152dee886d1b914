"""ESP32-C3 on the virtual board: the peripherals chip.c touches, and what the boot ROM does before it.

Addresses are those of the TRM, system and memory, module and peripheral address mapping.
"""

import struct
from collections.abc import Callable

import unicorn

from firmware.board import Board
from firmware.emulator.bus import Bus, Peripheral
from firmware.emulator.console import Console
from firmware.emulator.image import ImageError, Start
from firmware.emulator.peripherals import console_uart, esp32c3

# Console UARTs: base address, and bit of SYSTEM_PERIP_*.
_UARTS = {"uart0": (0x6000_0000, 2), "uart1": (0x6001_0000, 5)}
_DIRECT_BOOT_MAGIC = 0xAEDB_041D


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    base, bit = console_uart(board, _UARTS)
    rtc = esp32c3.RtcControl()
    system = esp32c3.System(rtc, board.settings["xtal_hz"])
    return [
        rtc,
        system,
        esp32c3.TimerGroup(),
        esp32c3.IoMux(),
        esp32c3.Uart(board.console.uart, base, system.enabled(bit), console),
    ]


def control_registers(cycles: Callable[[], int]) -> Peripheral:
    """Return the control and status registers that this chip adds to RV32."""
    return esp32c3.PerformanceCounter(cycles)


def boot(board: Board, engine: unicorn.Uc) -> Start:
    """Return where direct boot starts: behind two magic words; the stack is the ROM's own, at the end of RAM.

    Raises ImageError without them, when the boot ROM would look for an image with a header of its own.
    """
    origin = board.flash.origin
    found = struct.unpack("<II", engine.mem_read(origin, 8))
    if found != (_DIRECT_BOOT_MAGIC, _DIRECT_BOOT_MAGIC):
        raise ImageError(
            f"direct boot: expected 0x{_DIRECT_BOOT_MAGIC:08x} twice, found 0x{found[0]:08x} 0x{found[1]:08x}"
        )
    return Start(pc=origin + 8, stack_top=board.rams[0].end)


def speeds(board: Board, bus: Bus) -> tuple[float, float, int]:
    """Return processor clock in Hz, console baud and flash wait states, as the registers have them."""
    return bus["system"].cpu_hz, bus[board.console.uart].baud(board.settings["xtal_hz"]), 0
