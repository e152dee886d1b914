"""RP2040 on the virtual board: the peripherals chip.c and boot2.c touch, and what the boot ROM does before them.

Addresses are those of RP2040 datasheet section 2.2.
"""

import struct
from collections.abc import Callable

import unicorn

from firmware import boot2
from firmware.board import Board
from firmware.emulator.bus import Bus, Peripheral
from firmware.emulator.console import Console
from firmware.emulator.image import ImageError, Start
from firmware.emulator.peripherals import console_uart, cortex_m, rp2040

# Console UARTs: base address, and bit of RESETS.
_UARTS = {"uart0": (0x4003_4000, 22), "uart1": (0x4003_8000, 23)}
_IO_BANK0_BIT, _PADS_BANK0_BIT, _PLL_SYS_BIT, _TIMER_BIT = 5, 8, 12, 21
_BOOT2_ADDRESS = 0x2004_1F00  # section 2.8.1.2: where the boot ROM copies the second stage, below its own variables


def peripherals(board: Board, console: Console, cycles: Callable[[], int]) -> list[Peripheral]:
    """Return the chip's peripherals; raises SettingsError for a console UART the chip does not have."""
    base, bit = console_uart(board, _UARTS)
    resets = rp2040.Resets()
    xosc = rp2040.Xosc(board.settings["xosc_hz"])
    pll = rp2040.Pll(xosc, resets.released(_PLL_SYS_BIT))
    clocks = rp2040.Clocks(xosc, pll)
    watchdog = rp2040.Watchdog(clocks)
    return [
        resets,
        xosc,
        pll,
        clocks,
        watchdog,
        rp2040.Timer(watchdog, clocks, resets.released(_TIMER_BIT), cycles),
        rp2040.IoBank0(resets.released(_IO_BANK0_BIT)),
        rp2040.PadsBank0(resets.released(_PADS_BANK0_BIT)),
        rp2040.PadsQspi(),
        rp2040.Ssi(),
        rp2040.Pl011(board.console.uart, base, resets.released(bit), console),
        cortex_m.SystemControl(),
        cortex_m.SysTick(cycles),
    ]


def boot(board: Board, engine: unicorn.Uc) -> Start:
    """Check the second stage, copy it to RAM and return where it starts, as the boot ROM does: section 2.8.1.

    Raises ImageError for a wrong checksum, with which the boot ROM would offer its USB drive instead.
    """
    stage = bytes(engine.mem_read(board.flash.origin, boot2.SIZE_BYTES))
    found, expected = struct.unpack("<I", stage[-4:])[0], boot2.checksum(stage[:-4])
    if found != expected:
        raise ImageError(f"second boot stage: expected checksum 0x{expected:08x}, found 0x{found:08x}")
    engine.mem_write(_BOOT2_ADDRESS, stage)
    return Start(pc=_BOOT2_ADDRESS, stack_top=_BOOT2_ADDRESS)


def speeds(board: Board, bus: Bus) -> tuple[float, float, int]:
    """Return processor clock in Hz, console baud and flash wait states, as the registers have them."""
    clocks = bus["clocks"]
    return clocks.sys_hz, bus[board.console.uart].baud(clocks.peri_hz), 0
