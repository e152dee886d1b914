"""Reads the line that a device answers to `heartbeat%`: docs/deploy.md has its fields.

Refuses a line of another form, with the field's name and what was expected there: fields that lack, come in another
order or are no numbers, and counts that contradict each other.
"""

import re
from dataclasses import dataclass, fields

from scripts.device.link import DeviceError

FORM = "1"
CAUSES = ("power", "pin", "software", "watchdog")  # enum reset of firmware/bootloader/handoff.h
BINS = 8  # of the confidence: eighths, from 0 to 1
_NUMBER, _LIST = r"\d{1,20}", r"\d{1,20}(?:,\d{1,20})*"
_FORMS = {  # as they follow each other in the line: form and what it is called
    "board": (r"[a-z][a-z0-9_]*", "a board's name"),
    "model": (r"[0-9a-f]{16}", "16 hexadecimal digits"),
    "version": (r"\d{1,3}\.\d{1,3}\.\d{1,5}\+\d{1,10}", "a version such as 1.2.3+4"),
    "up-us": (_NUMBER, "a number"),
    "inferences": (_NUMBER, "a number"),
    "cycles": (rf"{_NUMBER},{_NUMBER},{_NUMBER}", "least, sum and most"),
    "classes": (rf"{_LIST}|-", "a count for each class, or -"),
    "confidence": (rf"{_LIST}|-", f"{BINS} counts, or -"),
    "resets": (",".join([_NUMBER] * len(CAUSES)), f"counts of {', '.join(CAUSES)}"),
    "cause": (f"[0-{len(CAUSES) - 1}]", f"a number below {len(CAUSES)}"),
    "stack": (_NUMBER, "a number"),
    "own": (_NUMBER, "a number"),
}


class HeartbeatError(DeviceError):
    """A heartbeat that is none; the text names the device and the field."""


@dataclass(frozen=True)
class Heartbeat:
    """What a device did since it started.

    `model` is what the SHA-256 of its .tflite begins with; `cycles_…` are those of single inferences, `own_cycles` what
    observing and telling took; `classes` count the highest output, `confidence` how high it was, in eighths: both are
    empty where outputs are no classes. `resets` count since power came, by CAUSES; `cause` was the last.
    """

    board: str
    model: str
    version: str
    up_us: int
    inferences: int
    cycles_min: int
    cycles_sum: int
    cycles_max: int
    classes: tuple[int, ...]
    confidence: tuple[int, ...]
    resets: tuple[int, ...]
    cause: str
    stack_bytes: int
    own_cycles: int

    @property
    def cycles_mean(self) -> float | None:
        """None before the first inference."""
        return self.cycles_sum / self.inferences if self.inferences else None


def read_heartbeat(line: str, device: str) -> Heartbeat:
    """Return what `line`, without its brackets, says; raises HeartbeatError."""
    form, *words = line.split(" ")
    if form != FORM:
        raise HeartbeatError(f"{device}: heartbeat: expected form {FORM}, got {form[:20]!r}")
    values = {}
    for index, (name, (pattern, meaning)) in enumerate(_FORMS.items()):
        found, value = (*words[2 * index : 2 * index + 2], "", "")[:2]
        if found != name:
            raise HeartbeatError(f"{device}: heartbeat: expected the field {name!r}, got {found[:40]!r}")
        if not re.fullmatch(pattern, value, re.ASCII):
            raise HeartbeatError(f"{device}: heartbeat: {name}: expected {meaning}, got {value[:80]!r}")
        values[name] = value
    if len(words) > 2 * len(_FORMS):
        raise HeartbeatError(f"{device}: heartbeat: expected nothing after own, got {words[2 * len(_FORMS)][:40]!r}")
    return _checked(values, device)


def _checked(values: dict[str, str], device: str) -> Heartbeat:
    inferences, (least, total, most) = int(values["inferences"]), _counts(values["cycles"])
    if not least * inferences <= total <= most * inferences:
        each = f"between {least} and {most} each"
        raise HeartbeatError(f"{device}: heartbeat: cycles: {total} for {inferences} inferences is not {each}")
    classes, confidence = _counts(values["classes"]), _counts(values["confidence"])
    for name, counts in (("classes", classes), ("confidence", confidence)):
        if counts and sum(counts) != inferences:
            raise HeartbeatError(
                f"{device}: heartbeat: {name}: {sum(counts)} counted, expected as many as inferences, {inferences}"
            )
    if len(confidence) != (BINS if classes else 0):
        raise HeartbeatError(
            f"{device}: heartbeat: confidence: expected {BINS if classes else 0} counts, got {len(confidence)}"
        )
    read = (values["board"], values["model"], values["version"], int(values["up-us"]), inferences, least, total, most)
    rest = (_counts(values["resets"]), CAUSES[int(values["cause"])], int(values["stack"]), int(values["own"]))
    return Heartbeat(*read, classes, confidence, *rest)


def _counts(text: str) -> tuple[int, ...]:
    return () if text == "-" else tuple(int(count) for count in text.split(","))


NAMES = tuple(field.name for field in fields(Heartbeat))
