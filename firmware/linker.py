"""Linker scripts: what of an image lies where in a board's real memories."""

from firmware import boot2
from firmware.board import CHIPS_FOLDER, Board, Region

# What main, the protocol and the deepest kernel need, with room to spare; every measurement reports the real peak.
STACK_BYTES = 2048


def linker_script(board: Board, arena: Region) -> str:
    """Return the linker script of a board with the arena in the region `arena`.

    The stack lies at the bottom of RAM: an overflow leaves RAM and faults, instead of spoiling data. Program headers
    are spelled out, or the linker would load the file's own headers where there is room below the image.
    """
    flash, main = board.image_region.name, board.rams[0].name
    apart = arena.name != main
    regions, headers, stage = [board.image_region, *board.rams], ["text", "stack", "data"], ""
    if (CHIPS_FOLDER / board.chip / "boot2.c").exists():
        regions.append(Region(name="boot2", kind="flash", origin=board.flash.origin, size_bytes=boot2.SIZE_BYTES))
        headers.insert(0, "boot2")
        end = f"ORIGIN(boot2) + {boot2.SIZE_BYTES - 4}"
        stage = f"\n    .boot2 : {{ KEEP(*(.boot2)) . = {end}; LONG(0) }} > boot2 :boot2"
    if apart:
        headers.append("arena")
    return f"""\
ENTRY(Reset_Handler)
MEMORY
{{
{_lines(f"{r.name} ({_ACCESS[r.kind]}) : ORIGIN = {r.origin:#x}, LENGTH = {r.size_bytes}" for r in regions)}
}}
PHDRS
{{
{_lines(f"{header} PT_LOAD FLAGS({_FLAGS.get(header, 6)});" for header in headers)}
}}
SECTIONS
{{{stage}
    .text : {{
        KEEP(*(.vectors))
        *(EXCLUDE_FILE(*model.o) .text* EXCLUDE_FILE(*model.o) .rodata*)
        *model.o(.text*)
        . = ALIGN(4);
    }} > {flash} :text
    .weights : {{ *model.o(.rodata*) . = ALIGN(4); }} > {flash} :text
    .stack (NOLOAD) : {{ . = ALIGN(8); __stack_limit = .; . += {STACK_BYTES}; __stack_top = .; }} > {main} :stack
    .data : {{ . = ALIGN(4); __data_start = .; *(.data*) . = ALIGN(4); __data_end = .; }} > {main} AT> {flash} :data
    __data_load = LOADADDR(.data);
    .arena (NOLOAD) : {{ . = ALIGN(16); *(.bss.arena) }} > {arena.name} :{"arena" if apart else "data"}
    .bss (NOLOAD) : {{ . = ALIGN(4); __bss_start = .; *(.bss* COMMON) . = ALIGN(4); __bss_end = .; }} > {main} :data
    /DISCARD/ : {{ *(.ARM.exidx* .ARM.extab*) *(.ARM.attributes) *(.comment) *(.debug*) }}
}}
"""


_ACCESS = {"flash": "rx", "ram": "rwx"}
_FLAGS = {"boot2": 5, "text": 5}  # read and execute; all others read and write


def _lines(lines) -> str:
    return "\n".join(f"    {line}" for line in lines)
