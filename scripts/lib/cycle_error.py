"""What is known about the error of modelled cycles, by core: data/published/cycle_errors.json.

`make validate-cycles` writes the file. A core without a judging row has no entry: its error is not known.
"""

import functools
import json
from pathlib import Path

CYCLE_ERRORS = Path(__file__).parents[2] / "data/published/cycle_errors.json"


@functools.cache
def _errors() -> dict[str, float]:
    return json.loads(CYCLE_ERRORS.read_text(encoding="utf-8"))


def error_pct(core: str, provenance: str) -> float | None:
    """Return the error of `core`'s modelled cycles in percent; None where it is not known, or for what was measured."""
    return _errors().get(core) if provenance == "modelled" else None
