"""Counts instructions and cycles of a Unicorn engine, exactly and fast, by the C hooks of blockhook.c.

`python -m firmware.emulator.counter` builds the hook for this machine ahead of its first use.
"""

import ctypes
import functools
import hashlib
import importlib.metadata
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import unicorn
from unicorn.unicorn_py3.unicorn import uclib

from firmware.board import Board, Region
from firmware.emulator.cost import Cost
from firmware.emulator.cost.lines import Fetch, line_numbers
from firmware.toolchain import zig

_FOLDER = Path(__file__).parent
_SOURCES = (_FOLDER / "blockhook.c", _FOLDER / "memory.c")
_CACHE = Path(__file__).parents[2] / ".cache" / "boardwalk"
_PRICE = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32)
_EVENT = ctypes.CFUNCTYPE(ctypes.c_bool)
_LOADS_FROM = 1 << 32  # LOADS_FROM
NEVER_CYCLES = (1 << 64) - 1


class _Block(ctypes.Structure):
    """The first fields of `block`."""

    _fields_ = (("address", ctypes.c_uint32), ("size", ctypes.c_uint32))


class _Price(ctypes.Structure):
    """`struct price`."""

    _fields_ = (
        ("instructions", ctypes.c_uint32),
        ("cycles", ctypes.c_uint32),
        ("entry_cycles", ctypes.c_uint32),
        ("fetch_count", ctypes.c_uint32),
        ("taken_cycles", ctypes.c_int32),
    )


_GEOMETRY = ("line_bytes", "line_count", "prefetch", "code_sets", "code_ways", "data_sets", "data_ways", "shared")


class _Geometry(ctypes.Structure):
    """`struct geometry`."""

    _fields_ = tuple((name, ctypes.c_uint32) for name in _GEOMETRY)


class _Flash(ctypes.Structure):
    """`struct flash`."""

    _fields_ = (
        ("origin", ctypes.c_uint32),
        ("last", ctypes.c_uint32),
        ("content", ctypes.c_void_p),
        ("counter", ctypes.c_void_p),
    )


class _State(ctypes.Structure):
    """The first fields of `struct counter`."""

    _fields_ = (
        ("instructions", ctypes.c_uint64),
        ("cycles", ctypes.c_uint64),
        ("current", ctypes.POINTER(_Block)),
        ("event_cycles", ctypes.c_uint64),
    )


def build_hook(folder: Path = _CACHE) -> Path:
    """Return the compiled hook, building it if this source was not built with this compiler before.

    Two processes may build at once: each writes a file of its own and renames it.
    """
    version = importlib.metadata.version("ziglang")
    sources = b"".join(path.read_bytes() for path in (*_SOURCES, _FOLDER / "memory.h"))
    digest = hashlib.sha256(sources + version.encode()).hexdigest()[:16]
    library = folder / f"blockhook-{digest}.so"
    if not library.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            built = Path(scratch) / library.name
            zig("cc", "-shared", "-fPIC", "-O3", "-Wall", "-Wextra", "-Wconversion", "-Werror", *_SOURCES, "-o", built)
            os.replace(built, library)
    return library


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(build_hook()))
    library.memory_new.argtypes = [ctypes.POINTER(_Geometry)]
    library.memory_new.restype = ctypes.c_void_p
    library.memory_region.argtypes = [ctypes.c_void_p, *[ctypes.c_uint32] * 4]
    library.memory_region.restype = ctypes.c_bool
    library.counter_new.argtypes = [_PRICE, _EVENT, ctypes.c_void_p]
    library.counter_new.restype = ctypes.c_void_p
    library.counter_enter.argtypes = [
        *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.POINTER(_Price), ctypes.c_void_p, ctypes.c_void_p)
    ]
    library.counter_settle.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32]
    library.counter_settle.restype = None
    library.counter_flash.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32]
    library.counter_flash.restype = None
    library.counter_free.argtypes = [ctypes.c_void_p]
    library.counter_free.restype = None
    return library


def _memory(board: Board) -> int | None:
    """Return the board's model of slow memories, made by memory.c; None where there are none."""
    timing = board.timing
    if timing is None:
        return None
    fetched, loaded = timing.shared or timing.instruction, timing.data
    sizes = [(cache.sets, cache.ways) if cache else (1, 0) for cache in (fetched, loaded)]
    lines = sum(region.size_bytes for region in board.memory) // timing.line_bytes + len(board.memory)
    geometry = _Geometry(timing.line_bytes, lines, timing.prefetch, *sizes[0], *sizes[1], timing.shared is not None)
    memory = _library().memory_new(ctypes.byref(geometry))
    if not memory:
        raise MemoryError("memory model")
    for region, first_line, miss_cycles in line_numbers(board):
        if not _library().memory_region(memory, region.origin, region.end - 1, first_line, miss_cycles):
            raise ValueError(f"{board.name}: too many regions with miss_cycles")
    return memory


def _add_hook(
    engine: unicorn.Uc, kind: int, function: ctypes._CFuncPtr, data: int | None, first: int = 1, last: int = 0
) -> None:
    """Register a C function for some addresses, or all: the Python binding takes Python functions only."""
    handle = ctypes.c_size_t()
    address = ctypes.cast(function, ctypes.c_void_p)
    where = (ctypes.c_uint64(first), ctypes.c_uint64(last))
    status = uclib.uc_hook_add(
        engine._uch, ctypes.byref(handle), ctypes.c_int(kind), address, ctypes.c_void_p(data), *where
    )
    if status != unicorn.UC_ERR_OK:
        raise unicorn.UcError(status)


class Counter:
    """Totals of an engine. `price(address, size)` is called for every new block and must answer by calling `enter`.

    A block for which `enter` is not called counts nothing: `price` must have stopped the engine. `event()` is called
    between two blocks when the time set by `call_at` has come; it returns True if it stopped the engine.
    """

    def __init__(
        self,
        engine: unicorn.Uc,
        board: Board,
        price: Callable[[int, int], None],
        event: Callable[[], bool],
        host: Callable[[Region], int],
    ):
        self._library = _library()
        self._callbacks = _PRICE(price), _EVENT(event)
        memory = _memory(board)
        self._counter = self._library.counter_new(*self._callbacks, memory)
        if not self._counter:
            raise MemoryError("block counter")
        self._state = _State.from_address(self._counter)
        _add_hook(engine, unicorn.UC_HOOK_BLOCK, self._library.counter_block, self._counter)
        _add_hook(engine, unicorn.UC_HOOK_TLB_FILL, self._library.identity_translation, self._counter)
        timed = [region for region, _, _ in line_numbers(board)] if memory else []
        self._flash = (_Flash * len(timed))()
        flashes = [region for region in timed if region.kind == "flash"]
        for index, region in enumerate(flashes):
            self._flash[index] = _Flash(region.origin, region.end - 1, host(region), self._counter)
            read = ctypes.cast(self._library.counter_load_flash, ctypes.c_void_p)
            answer = ctypes.c_void_p(ctypes.addressof(self._flash[index]))
            where = ctypes.c_uint64(_LOADS_FROM + region.origin), ctypes.c_size_t(region.size_bytes)
            status = uclib.uc_mmio_map(engine._uch, *where, read, answer, None, None)
            if status != unicorn.UC_ERR_OK:
                raise unicorn.UcError(status)
        self._library.counter_flash(self._counter, self._flash, len(flashes))
        for region in timed:
            if region.kind == "ram":
                loads = (self._library.counter_load, self._counter, region.origin, region.end - 1)
                _add_hook(engine, unicorn.UC_HOOK_MEM_READ, *loads)

    @property
    def instructions(self) -> int:
        """Instructions executed up to the beginning of the current block."""
        return self._state.instructions

    @property
    def cycles(self) -> int:
        """Modelled cycles up to the beginning of the current block."""
        return self._state.cycles

    def call_at(self, cycles: int) -> None:
        """Call `event` once so many cycles have passed; NEVER_CYCLES for never."""
        self._state.event_cycles = cycles

    def advance(self, cycles: int) -> None:
        """Let time pass in which nothing is executed."""
        self._state.cycles += cycles

    @property
    def block(self) -> tuple[int, int]:
        """Address and size in bytes of the current block; size 0 when there is none."""
        current = self._state.current.contents
        return current.address, current.size

    def enter(
        self, block: tuple[int, int], instructions: int, cost: Cost, fetches: list[Fetch], live: int | None
    ) -> None:
        """Set the price of a block (address, size), which is fetched from the lines `fetches`.

        `live` is its host address if its code can change, else None.
        """
        price = _Price(instructions, cost.cycles, cost.entry_cycles, len(fetches), cost.taken_cycles)
        numbers = (ctypes.c_uint32 * (3 * len(fetches)))(*(number for fetch in fetches for number in fetch))
        if not self._library.counter_enter(self._counter, *block, ctypes.byref(price), numbers, live):
            raise MemoryError("block counter")

    def settle(self, instructions: int, cycles: int) -> None:
        """Charge what was executed of the current block, after the engine stopped in or right after it."""
        self._library.counter_settle(self._counter, instructions, cycles)

    def close(self) -> None:
        """Free the tables; the engine must not run afterwards."""
        if self._counter:
            self._library.counter_free(self._counter)
            self._counter = None


if __name__ == "__main__":
    print(build_hook())
