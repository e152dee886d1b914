"""The records that one rule leaves for the next: build.json and measurement.json.

Every record is typed, strict and self-consistent: unknown fields, another schema version, a latency whose outputs were
not compared, or parts that do not add up to their total are refused when writing as well as when reading.
Memory is in bytes throughout.
"""

import math
from typing import Annotated, Any, Literal

import pydantic

from scripts.lib.record import Name, Part, Record, Sha256, Text
from scripts.lib.record import ResultError as ResultError
from scripts.lib.record import read as read
from scripts.lib.record import write as write

Count = Annotated[int, pydantic.Field(ge=0)]
Positive = Annotated[int, pydantic.Field(gt=0)]
NotNegative = Annotated[float, pydantic.Field(ge=0)]
Share = Annotated[float, pydantic.Field(ge=0, le=1)]
Reason = Annotated[
    Text, pydantic.BeforeValidator(lambda text: " ".join(text.split()) if isinstance(text, str) else text)
]
Provenance = Literal["measured", "modelled", "estimated"]
UNCONFIRMED = "estimated (current not confirmed)"
POWER_MW = (0.01, 10_000)  # what a microcontroller can draw while it computes
HOST = "host"  # in the place of a board: the machine that runs the workflow


class Flash(Part):
    """Bytes in flash: `code` is everything that is not a constant of the model."""

    code: Count
    weights: Count
    total: Count
    capacity: Positive

    @pydantic.model_validator(mode="after")
    def _adds_up(self) -> "Flash":
        return _same_total(self, self.code + self.weights, "code + weights")


class ReservedRam(Part):
    """Bytes of RAM as linked: `static` counts everything but the tensor arena and the `stack` that is set aside."""

    arena: Count
    static: Count
    stack: Count
    total: Count
    capacity: Positive

    @pydantic.model_validator(mode="after")
    def _adds_up(self) -> "ReservedRam":
        return _same_total(self, self.arena + self.static + self.stack, "arena + static + stack")


class UsedRam(Part):
    """Bytes of RAM as used: `stack_peak` was seen on the board; null without a run, where `total` has the reserve."""

    arena: Count
    static: Count
    stack_peak: Count | None
    total: Count
    capacity: Positive

    @pydantic.model_validator(mode="after")
    def _adds_up(self) -> "UsedRam":
        if self.stack_peak is not None:
            return _same_total(self, self.arena + self.static + self.stack_peak, "arena + static + stack_peak")
        if self.total < self.arena + self.static:
            raise ValueError(f"total is {self.total}, less than arena + static = {self.arena + self.static}")
        return self

    @property
    def stack(self) -> int:
        """The stack counted in `total`: its peak, or the reserve where nothing ran."""
        return self.total - self.arena - self.static


class BuildMemory(Part):
    flash: Flash
    ram: ReservedRam


class Memory(Part):
    """`ram` is null for an image of another engine that does not tell; `flash` on the host, which has none."""

    flash: Flash | None
    ram: UsedRam | None


class PlannedLayer(Part):
    """One generated call, in order of execution."""

    name: str
    op: Text
    macs: Count


class PlannedTensor(Part):
    """A tensor's place in the arena and the calls that need it first and last (-1: before any call)."""

    name: str
    offset: Count
    size_bytes: Count
    first: int
    last: int

    @pydantic.model_validator(mode="after")
    def _lives(self) -> "PlannedTensor":
        if self.last < self.first:
            raise ValueError(f"{self.name} is last used by call {self.last}, before its first, {self.first}")
        return self


class ArenaPlan(Part):
    """Where tensors lie; `lower_bound_bytes` is the largest sum of tensors alive at once, which no plan can beat."""

    arena_bytes: Count
    lower_bound_bytes: Count
    tensors: list[PlannedTensor]

    @pydantic.model_validator(mode="after")
    def _inside(self) -> "ArenaPlan":
        for tensor in self.tensors:
            if tensor.offset + tensor.size_bytes > self.arena_bytes:
                end = tensor.offset + tensor.size_bytes
                raise ValueError(f"{tensor.name} ends at {end}, beyond the arena of {self.arena_bytes} bytes")
        if self.lower_bound_bytes > self.arena_bytes:
            raise ValueError(f"arena_bytes {self.arena_bytes} is below its lower bound {self.lower_bound_bytes}")
        return self


class Symbol(Part):
    """A function or variable of the image, under its name in the ELF."""

    name: Text
    memory: Literal["flash", "ram"]
    size_bytes: Positive


class BuildProvenance(Part):
    """What the image was made from; there is no `elf_sha256` where there is no image."""

    elf_sha256: Sha256 | None
    tflite_sha256: Sha256
    compiler: Text


class RunProvenance(BuildProvenance):
    """`emulator` names the virtual board's version; null on silicon and where nothing ran."""

    emulator: Text | None


class Latency(Part):
    """One inference: `cycles` of the chip's own counter and the same in microseconds, the median of `runs`.

    On the host there is only time: its clock changes while it runs.
    """

    cycles: Positive | None
    us: Annotated[float, pydantic.Field(gt=0)]
    clock_hz: Positive | None
    runs: Positive
    provenance: Provenance
    error_pct: NotNegative | None  # null: not known yet


class Energy(Part):
    """One inference takes `uj`; `sleep_uw` is the chip's power between inferences, always the datasheet's.

    UNCONFIRMED is an estimate from currents that were not compared with their source.
    """

    uj: Annotated[float, pydantic.Field(gt=0)]
    supply_v: Annotated[float, pydantic.Field(gt=0)]
    sleep_uw: Annotated[float, pydantic.Field(gt=0)]
    provenance: Literal["measured", "estimated", "estimated (current not confirmed)"]


class Parity(Part):
    """The largest difference from the oracle's outputs over all samples, in the output tensor's own unit.

    `max_abs_diff` is null where an output was no number or of another size; an infinite difference is recorded so.
    """

    oracle: Text
    samples: Positive
    max_abs_diff: NotNegative | None
    tolerance: NotNegative

    @pydantic.field_validator("max_abs_diff", mode="before")
    @classmethod
    def _finite(cls, difference: Any) -> Any:
        return None if difference == math.inf else difference

    @property
    def proven(self) -> bool:
        """Whether the outputs agree."""
        return self.max_abs_diff is not None and self.max_abs_diff <= self.tolerance


class Layer(PlannedLayer):
    cycles: Count


class BuildRecord(Record):
    """build.json: what the compiler made of one model, scheme and board. Anything but `ok` comes with a reason.

    `symbols` are the largest of each memory, largest first.
    """

    board: Name
    status: Literal["ok", "does_not_fit", "unsupported", "failed"]
    reason: Reason | None
    memory: BuildMemory | None
    macs: Count | None
    layers: list[PlannedLayer]
    plan: ArenaPlan | None
    symbols: list[Symbol]
    engine: Text
    provenance: BuildProvenance

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "BuildRecord":
        _check_status(self, needed_when_ok=("memory", "macs", "plan"))
        if (self.status == "ok") != (self.provenance.elf_sha256 is not None):
            raise ValueError(f"status {self.status!r} {'needs' if self.status == 'ok' else 'excludes'} an elf_sha256")
        return self

    def without_latency(
        self, reason: str, ram: UsedRam, parity: Parity, instructions: int, emulator: str
    ) -> "Measurement":
        """Return the measurement of an image that was proven where nothing tells how long it takes."""
        return Measurement(
            model=self.model,
            scheme=self.scheme,
            board=self.board,
            status="functional",
            reason=reason,
            latency=None,
            instructions=instructions,
            memory=Memory(flash=self.memory.flash, ram=ram),
            energy=None,
            parity=parity,
            layers=[],
            engine=self.engine,
            provenance=RunProvenance(**self.provenance.model_dump(), emulator=emulator),
        )

    def without_run(self, status: str | None = None, reason: str | None = None) -> "Measurement":
        """Return the measurement of an image that gave no numbers, for the build's own reason or for the one given."""
        ram = self.memory.ram.model_dump(exclude={"stack"}) | {"stack_peak": None} if self.memory else None
        return Measurement(
            model=self.model,
            scheme=self.scheme,
            board=self.board,
            status=status or self.status,
            reason=reason if status else self.reason,
            latency=None,
            memory=Memory(flash=self.memory.flash, ram=UsedRam(**ram)) if self.memory else None,
            energy=None,
            parity=None,
            layers=[],
            engine=self.engine,
            provenance=RunProvenance(**self.provenance.model_dump(), emulator=None),
        )


class Measurement(Record):
    """measurement.json: what one image did on one board. Anything but `ok` comes with a reason and without latency.

    A `functional` cell has proven outputs and the `instructions` of one inference, and no latency: what runs it has no
    model of the chip's time.
    """

    board: Name
    status: Literal["ok", "functional", "does_not_fit", "unsupported", "mismatch", "failed"]
    reason: Reason | None
    latency: Latency | None
    instructions: Positive | None = None
    memory: Memory | None
    energy: Energy | None
    parity: Parity | None
    layers: list[Layer]
    engine: Text
    provenance: RunProvenance

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "Measurement":
        _check_status(self, needed_when_ok=("latency", "memory", "parity"))
        functional = self.status == "functional"
        if functional != (self.instructions is not None) or (functional and not (self.memory and self.parity)):
            raise ValueError("instructions, memory and parity belong to a functional cell, and instructions only there")
        if self.status != "ok" and (self.latency or self.energy or self.layers):
            raise ValueError(f"status {self.status!r} excludes latency, energy and layers: they are not proven")
        for what, part, parts in (
            ("latency", self.latency, ("cycles", "clock_hz")),
            ("memory", self.memory, ("flash",)),
        ):
            if part and {getattr(part, name) is None for name in parts} != {self.board == HOST}:
                raise ValueError(f"{what}: {' and '.join(parts)} belong to boards, and only to them")
        if self.energy and not POWER_MW[0] <= self.power_mw <= POWER_MW[1]:
            found = f"{self.energy.uj:g} uJ in {self.latency.us:g} us"
            raise ValueError(f"energy: {found} are {self.power_mw:g} mW, expected {POWER_MW[0]} to {POWER_MW[1]} mW")
        if self.parity and (self.status in ("ok", "functional")) != self.parity.proven:
            found = f"max_abs_diff {self.parity.max_abs_diff} with tolerance {self.parity.tolerance}"
            raise ValueError(f"status {self.status!r} contradicts parity: {found}")
        return self

    @property
    def power_mw(self) -> float | None:
        """Mean power during an inference."""
        return self.energy.uj * 1000 / self.latency.us if self.energy else None


def _check_status(record: Any, needed_when_ok: tuple[str, ...]) -> None:
    """Raise unless reason, numbers and capacity agree with the status."""
    if (record.status == "ok") != (record.reason is None):
        raise ValueError(f"status {record.status!r} {'excludes' if record.status == 'ok' else 'needs'} a reason")
    missing = [name for name in needed_when_ok if record.status == "ok" and getattr(record, name) is None]
    if record.status == "does_not_fit" and record.memory is None:
        missing = ["memory"]
    if missing:
        raise ValueError(f"status {record.status!r} needs {' and '.join(missing)}")
    if record.status == "ok" and "memory" in needed_when_ok:
        for name, part in (("flash", record.memory.flash), ("ram", record.memory.ram)):
            if part and part.total > part.capacity:
                raise ValueError(f"status 'ok' but {name} needs {part.total} bytes of {part.capacity}")


def _same_total(part: Any, expected: int, formula: str) -> Any:
    if part.total != expected:
        raise ValueError(f"total is {part.total}, but {formula} = {expected}")
    return part
