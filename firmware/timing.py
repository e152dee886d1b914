"""What an access to a board's memories costs beyond the one cycle that an instruction table assumes.

A read of flash takes wait states, and a cache or a prefetch buffer in front of it hides some of them. The numbers stand
in the board's YAML and are modelled by firmware/emulator/memory.c. Refuses: lines and sets of a cache that are no power
of two, regions that the board does not have.
"""

from typing import Annotated, Literal

import pydantic

from firmware import settings

LineBytes = Annotated[int, pydantic.Field(ge=4, le=64, strict=True)]
Lines = Annotated[int, pydantic.Field(ge=1, le=4096, strict=True)]
MissCycles = Annotated[int, pydantic.Field(ge=0, le=1000, strict=True)]


def _power_of_two(number: int) -> bool:
    return number & (number - 1) == 0


class Cache(settings.Settings):
    """A cache that replaces the line of a set used longest ago."""

    lines: Lines  #: in all, of `line_bytes` each
    ways: Lines  #: lines of a set

    @property
    def sets(self) -> int:
        """Sets of lines; an address selects one."""
        return self.lines // self.ways

    @pydantic.model_validator(mode="after")
    def _whole_sets(self) -> "Cache":
        if self.lines % self.ways or not _power_of_two(self.sets):
            raise ValueError(f"expected lines / ways to be a power of two, got {self.lines} / {self.ways}")
        return self


class Timing(settings.Settings):
    """Memories that keep the core waiting, and the caches before them."""

    line_bytes: LineBytes  #: one read of the memory, or a line of the cache
    #: by region, the cycles that a line costs when it is not at hand
    miss_cycles: Annotated[dict[str, MissCycles], pydantic.Field(min_length=1)]
    prefetch: bool = False  #: the line behind the one just read is read next
    instruction: Cache | None = None  #: for fetches
    data: Cache | None = None  #: for loads; without one every load waits
    shared: Cache | None = None  #: for both, instead of the other two
    source: str  #: the manual, and what is assumed

    @pydantic.field_validator("line_bytes")
    @classmethod
    def _aligned_lines(cls, line_bytes: int) -> int:
        if not _power_of_two(line_bytes):
            raise ValueError("expected a power of two")
        return line_bytes

    @pydantic.model_validator(mode="after")
    def _one_way_to_the_memory(self) -> "Timing":
        if self.shared and (self.instruction or self.data):
            raise ValueError("a shared cache leaves no room for one of instructions or data")
        return self


class Place(settings.Settings):
    """Where an image runs its kernels and keeps its weights: in flash, or in RAM, into which they are copied at reset.

    What lies in RAM costs its bytes there as well as in flash, and waits for no flash.
    """

    code: Literal["flash", "ram"] = "flash"  #: of the kernels
    weights: Literal["flash", "ram"] = "flash"  #: and all other constants of the model
