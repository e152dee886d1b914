"""Linker scripts: what of an image lies where in a board's real memories."""

from firmware import boot2
from firmware.board import Board, Region
from firmware.timing import Place

# What main, the protocol and the deepest kernel need, with room to spare; every measurement reports the real peak.
STACK_BYTES = 2048


def linker_script(board: Board, arena: Region, stack_bytes: int = STACK_BYTES, inputs: Region | None = None) -> str:
    """Return the linker script of a board with arena and inputs of the model in these regions.

    Inputs lie with the other variables if `inputs` is None; elsewhere, they are not zero before they are loaded.

    The stack lies at the bottom of RAM: an overflow leaves RAM and faults, instead of spoiling data. Program headers
    are spelled out, or the linker would load the file's own headers where there is room below the image.
    """
    flash, main = board.image_region.name, board.rams[0].name
    inputs = inputs or board.rams[0]
    apart = [name for name, region in (("arena", arena), ("inputs", inputs)) if region.name != main]
    regions, headers, stage = [board.image_region, *board.rams], ["text", "stack", "data"], ""
    if board.boots_in_stages:
        regions.append(Region(name="boot2", kind="flash", origin=board.flash.origin, size_bytes=boot2.SIZE_BYTES))
        headers.insert(0, "boot2")
        end = f"ORIGIN(boot2) + {boot2.SIZE_BYTES - 4}"
        stage = f"\n    .boot2 : {{ KEEP(*(.boot2)) . = {end}; LONG(0) }} > boot2 :boot2"
    headers += apart
    read_only, load = _read_only(flash, board.place), "LOADADDR(.data)"
    if board.data_flash is not None:
        regions.append(board.data_flash)
        headers.insert(-1, "rodata")
        read_only = _read_only_view(board, flash)
        load += f" - {board.flash.origin:#x} + {board.data_flash.origin:#x}"
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
{read_only}
    .stack (NOLOAD) : {{ . = ALIGN(8); __stack_limit = .; . += {stack_bytes}; __stack_top = .; }} > {main} :stack
    .data : {{
        . = ALIGN(4);
        __data_start = .;
        *(.data* .sdata*)
{_moved(board.place)}
        . = ALIGN(4);
        __data_end = .;
    }} > {main}{_loaded_from(board, flash)} :data
    __data_load = {load};
    .arena (NOLOAD) : {{ . = ALIGN(16); *(.bss.arena) }} > {arena.name} :{"arena" if "arena" in apart else "data"}
    .inputs (NOLOAD) : {{
        . = ALIGN(4);
        __inputs_start = .;
        *(.bss.inputs)
    }} > {inputs.name} :{"inputs" if "inputs" in apart else "data"}
    .bss (NOLOAD) : {{
        . = ALIGN(4);
        __bss_start = {"." if "inputs" in apart else "__inputs_start"};
        *(.bss* .sbss* COMMON)
        . = ALIGN(4);
        __bss_end = .;
    }} > {main} :data
    __static_bytes = SIZEOF(.data) + SIZEOF(.inputs) + SIZEOF(.bss);
    /DISCARD/ : {{ *(.ARM.exidx* .ARM.extab* .eh_frame* .ARM.attributes .riscv.attributes .xtensa.info .xt.*) }}
    /DISCARD/ : {{ *(.comment .debug*) }}
}}
"""


def _read_only(flash: str, place: Place) -> str:
    """Constants behind the code; those of the model are a section of their own, to be counted.

    They begin with a line of the flash's cache; what is empty before them counts as code.
    """
    weights = "*model.o(.rodata* .srodata*)" if place.weights == "flash" else ""
    elsewhere = "*model.o" if place.code == "flash" else "*model.o *libkernels.a:*"
    return f"""\
        *(EXCLUDE_FILE({elsewhere}) .text* EXCLUDE_FILE(*model.o) .rodata* EXCLUDE_FILE(*model.o) .srodata*)
        {"*model.o(.text*)" if place.code == "flash" else ""}
        . = ALIGN(16);
    }} > {flash} :text
    .weights : {{ {weights} . = ALIGN(4); }} > {flash} :text"""


def _moved(place: Place) -> str:
    """What of the image is copied to RAM with the initial values of variables."""
    weights = "*model.o(.rodata* .srodata*)" if place.weights == "ram" else ""
    code = "*model.o(.text*) *libkernels.a:*(.text*)" if place.code == "ram" else ""
    return f"        {weights} {code}"


def _loaded_from(board: Board, flash: str) -> str:
    """Where an image keeps what lies elsewhere when it runs, unless a bootloader puts every segment into place."""
    return f" AT> {flash}" if board.target.modelled else ""


def _read_only_view(board: Board, flash: str) -> str:
    """Constants behind the code in flash, but at the addresses of the region that shows flash to data accesses."""
    view, load = board.data_flash, _loaded_from(board, flash)
    behind = f"{view.origin + board.image_offset_bytes:#x} + SIZEOF(.text)"
    constants = "*(EXCLUDE_FILE(*model.o) .rodata* EXCLUDE_FILE(*model.o) .srodata*)"
    return f"""\
        *(.literal* .text*)
        . = ALIGN(16);
    }} > {flash} :text
    .rodata {behind} : {{ {constants} . = ALIGN(16); }} > {view.name}{load} :rodata
    .weights : {{ *model.o(.rodata* .srodata*) . = ALIGN(16); }} > {view.name}{load} :rodata"""


_ACCESS = {"flash": "rx", "ram": "rwx"}
_FLAGS = {"boot2": 5, "text": 5, "rodata": 4}  # read and execute, or read; all others read and write


def _lines(lines) -> str:
    return "\n".join(f"    {line}" for line in lines)
