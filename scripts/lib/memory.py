"""What fills the memories of an image, and what would make it smaller."""

from scripts.lib.results import BuildRecord, Flash, ReservedRam, Symbol

LARGEST = 3

# By the symbol's name: what would shrink it.
_WAYS = (
    ("arena", "a smaller input or fewer channels in the layers at its peak"),
    ("input_buffer", "a smaller input, or a scheme with narrower activations"),
    ("_weights", "a scheme with narrower weights, or fewer units"),
    ("_bias", "fewer units"),
    ("bw_", "the size-optimised kernels"),
)


def consumers(build: BuildRecord, memory: str) -> str:
    """Return the three largest consumers of "flash" or "ram", as words with what would shrink the largest."""
    found = largest(build, memory)
    name = "RAM" if memory == "ram" else memory
    if not found:
        return f"what fills {name} is not known"
    listed = ", ".join(f"{symbol.name} {symbol.size_bytes:,} B" for symbol in found)
    return f"{name} is filled by {listed}" + (f" (smaller by {way})" if (way := way_to_shrink(found[0])) else "")


def largest(build: BuildRecord, memory: str) -> list[Symbol]:
    """Return the largest symbols of "flash" or "ram"."""
    return [symbol for symbol in build.symbols if symbol.memory == memory][:LARGEST]


def way_to_shrink(symbol: Symbol) -> str | None:
    """Return what would make a symbol smaller, None if nothing that a user can choose."""
    return next((way for part, way in _WAYS if part in symbol.name), None)


def to_fit(build: BuildRecord) -> str:
    """Return what would make a cell fit that does not; computed from its sizes."""
    flash, ram = build.memory.flash, build.memory.ram
    ways = [_flash(flash)] if flash.total > flash.capacity else []
    if ram.total > ram.capacity:
        ways.append(_ram(build, ram))
    return "; ".join(ways) or "the arena needs one piece of memory: a smaller input or fewer channels"


def _flash(flash: Flash) -> str:
    room = flash.capacity - flash.code
    if room <= 0:
        return f"the code alone takes {flash.code:,} B"
    share = room / flash.weights
    return f"it would fit with {share:.0%} of its weights (layers {share**0.5:.0%} as wide)"


def _ram(build: BuildRecord, ram: ReservedRam) -> str:
    room = ram.capacity - ram.static - ram.stack

    def alive_bytes(layer: int) -> int:
        return sum(tensor.size_bytes for tensor in build.plan.tensors if tensor.first <= layer <= tensor.last)

    peak = max(range(len(build.layers)), key=alive_bytes)
    return (
        f"it would fit with an arena of {max(room, 0):,} B instead of {ram.arena:,} B, "
        f"whose peak is at layer {peak} ({build.layers[peak].op})"
    )
