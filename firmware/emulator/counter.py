"""Counts instructions and cycles of a Unicorn engine, exactly and fast, by the C hooks of blockhook.c.

`python -m firmware.emulator.counter` builds the hook for this machine ahead of its first use.
"""

import ctypes
import functools
import hashlib
import importlib.metadata
from collections.abc import Callable
from pathlib import Path

import unicorn
from unicorn.unicorn_py3.unicorn import uclib

from firmware.board import Board
from firmware.emulator.cost import Cost
from firmware.emulator.cost.lines import Fetch, line_numbers
from firmware.emulator.loads import Part, Read
from firmware.files import whole
from firmware.toolchain import zig

_FOLDER = Path(__file__).parent
_SOURCES = (_FOLDER / "blockhook.c", _FOLDER / "memory.c")
_CACHE = Path(__file__).parents[2] / ".cache" / "boardwalk"
_PRICE = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_uint32, ctypes.c_uint32)
_EVENT = ctypes.CFUNCTYPE(ctypes.c_bool)
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
        ("part_count", ctypes.c_uint32),
        ("load_count", ctypes.c_uint32),
        ("register_count", ctypes.c_uint32),
        ("taken_cycles", ctypes.c_int32),
    )


class _Geometry(ctypes.Structure):
    """`struct geometry`."""

    _fields_ = tuple(
        (name, ctypes.c_uint32)
        for name in (
            *("line_bytes", "line_count", "prefetch"),
            *("instruction_sets", "instruction_ways", "data_sets", "data_ways", "shared"),
        )
    )


class _Load(ctypes.Structure):
    """`load`."""

    _fields_ = (
        ("constant", ctypes.c_uint32),
        ("indices", ctypes.c_uint32 * 2),
        ("factors", ctypes.c_uint32 * 2),
        ("bytes", ctypes.c_uint32),
        ("count", ctypes.c_uint32),
    )


class _Part(ctypes.Structure):
    """`part`."""

    _fields_ = (
        ("start", ctypes.c_uint32),
        ("load_count", ctypes.c_uint32),
        ("register_count", ctypes.c_uint32),
        ("loads", ctypes.c_void_p),
        ("registers", ctypes.c_void_p),
    )


class _State(ctypes.Structure):
    """The first fields of `struct counter`."""

    _fields_ = (
        ("instructions", ctypes.c_uint64),
        ("cycles", ctypes.c_uint64),
        ("current", ctypes.POINTER(_Block)),
        ("event_cycles", ctypes.c_uint64),
    )


def build_hook() -> Path:
    """Return the compiled hook, building it if this source was not built with this compiler before."""
    version = importlib.metadata.version("ziglang")
    sources = b"".join(path.read_bytes() for path in (*_SOURCES, _FOLDER / "memory.h"))
    digest = hashlib.sha256(sources + version.encode()).hexdigest()[:16]
    library = _CACHE / f"blockhook-{digest}.so"
    if not library.is_file():
        with whole(library) as built:
            zig("cc", "-shared", "-fPIC", "-O3", "-Wall", "-Wextra", "-Wconversion", "-Werror", *_SOURCES, "-o", built)
    return library


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(build_hook()))
    library.memory_new.argtypes = [ctypes.POINTER(_Geometry)]
    library.memory_new.restype = ctypes.c_void_p
    library.memory_region.argtypes = [ctypes.c_void_p, *[ctypes.c_uint32] * 4]
    library.memory_region.restype = ctypes.c_bool
    library.counter_new.argtypes = [_PRICE, _EVENT, ctypes.c_void_p, ctypes.c_void_p]
    library.counter_new.restype = ctypes.c_void_p
    library.counter_enter.argtypes = [
        *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.POINTER(_Price)),
        *[ctypes.c_void_p] * 5,
    ]
    library.counter_settle.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32]
    library.counter_settle.restype = None
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

    It returns False if it stopped the engine, before a block that is refused or has to be translated again. `event()`
    is called between two blocks when the time set by `call_at` has come; it returns True if it stopped the engine.
    `register` gives Unicorn's number of a register for capstone's.
    """

    def __init__(
        self,
        engine: unicorn.Uc,
        board: Board,
        price: Callable[[int, int], bool],
        event: Callable[[], bool],
        register: Callable[[int], int],
    ):
        self._library = _library()
        self._callbacks = _PRICE(price), _EVENT(event)
        self._engine, self._register = engine, register
        self._hooked: set[int] = set()
        read_registers = ctypes.cast(uclib.uc_reg_read_batch, ctypes.c_void_p)
        self._counter = self._library.counter_new(*self._callbacks, _memory(board), read_registers)
        if not self._counter:
            raise MemoryError("block counter")
        self._state = _State.from_address(self._counter)
        _add_hook(engine, unicorn.UC_HOOK_BLOCK, self._library.counter_block, self._counter)
        _add_hook(engine, unicorn.UC_HOOK_TLB_FILL, self._library.identity_translation, None)

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
        self,
        block: tuple[int, int],
        instructions: int,
        cost: Cost,
        fetches: list[Fetch],
        parts: list[Part],
        live: int | None,
    ) -> bool:
        """Set the price of a block (address, size), fetched from the lines `fetches`; `parts` tell what it loads.

        `live` is its host address if its code can change, else None. Returns False if the block has to be translated
        again before it runs, as the engine does not yet call in front of each part.
        """
        loads, registers, counts = [], [], []
        for part in parts:
            used = sorted({register for read in part.reads for register, _ in read.address.factors})
            loads += [_load(read, used) for read in part.reads]
            registers += [self._register(register) for register in used]
            counts.append(_Part(part.start, len(part.reads), len(used), None, None))
        numbers = (ctypes.c_uint32 * (3 * len(fetches)))(*(number for fetch in fetches for number in fetch))
        arrays = [
            (kind * len(items))(*items) for kind, items in ((_Part, counts), (_Load, loads), (ctypes.c_int, registers))
        ]
        sizes = len(fetches), len(parts), len(loads), len(registers)
        price = _Price(instructions, cost.cycles, cost.entry_cycles, *sizes, cost.taken_cycles)
        if not self._library.counter_enter(self._counter, *block, ctypes.byref(price), numbers, *arrays, live):
            raise MemoryError("block counter")
        return not self._hook([part.start for part in parts[1:]])

    def _hook(self, addresses: list[int]) -> bool:
        """Have the engine call in front of these instructions; True if it did not do so for all of them."""
        new = set(addresses) - self._hooked
        for address in sorted(new):
            _add_hook(self._engine, unicorn.UC_HOOK_CODE, self._library.counter_part, self._counter, address, address)
        self._hooked |= new
        return bool(new)

    def settle(self, instructions: int, cycles: int) -> None:
        """Charge what was executed of the current block, after the engine stopped in or right after it."""
        self._library.counter_settle(self._counter, instructions, cycles)

    def close(self) -> None:
        """Free the tables; the engine must not run afterwards."""
        if self._counter:
            self._library.counter_free(self._counter)
            self._counter = None


def _load(read: Read, registers: list[int]) -> _Load:
    """Return a read of a part that reads these registers."""
    factors = [*read.address.factors, (registers[0] if registers else 0, 0), (registers[0] if registers else 0, 0)][:2]
    indices = [registers.index(register) if registers else 0 for register, _ in factors]
    return _Load(
        read.address.constant,
        (ctypes.c_uint32 * 2)(*indices),
        (ctypes.c_uint32 * 2)(*(factor for _, factor in factors)),
        read.size_bytes,
        read.count,
    )


if __name__ == "__main__":
    print(build_hook())
