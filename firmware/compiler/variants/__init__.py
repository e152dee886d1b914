"""Fast kernels: each takes a portable kernel's place on some cores. One file each, by folder.

A core looks into the folders of `Core.kernels`: its instruction set, and where that has no SIMD, `blocked`.

A file variants/<folder>/<name>.py declares REPLACES (names of portable kernels) and `rewrite(step, core)`, which
returns the same layer as a Step of the fast kernel, or None where that kernel does not apply. The new step has

- the kernel's name, and as `header` the file that declares it: firmware/kernels/<folder>/<name>.h, beside the C file,
- params with the constants as the kernel wants them,
- scratch and overlap by the order in which the kernel reads and writes (`walked` must be a structure of its own),
- `estimated_cycles` and `code_bytes`, by which choose_kernels chooses.

Results must be the same bytes as the portable kernel's; tests/kernels/test_variants.py runs layers of every file on
virtual CPUs. They are compiled with -O2, and linked only where they are called.
"""

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType

import numpy as np

from firmware.compiler.step import Step, Struct
from firmware.core import Core

OPTIMIZE = ("speed", "size")

# What portable kernels take, roughly, on MLPerf Tiny models and an M4.
_CYCLES_PER_TERM, _CYCLES_PER_OUTPUT = 12, 50
# With "size", a part of a model's flash may be spent only to save this many times that part of its cycles.
_SIZE_EXCHANGE = 120


def variants(name: str) -> list[ModuleType]:
    """Return the files of a folder, by name; none if there is no such folder."""
    if not any(file.name == name for file in pkgutil.iter_modules(__path__)):
        return []
    folder = importlib.import_module(f"{__name__}.{name}")
    names = sorted(file.name for file in pkgutil.iter_modules(folder.__path__) if not file.name.startswith("_"))
    return [importlib.import_module(f"{folder.__name__}.{name}") for name in names]


def portable_cycles(step: Step) -> int:
    """Return an estimate of what the portable kernel takes."""
    terms = max([step.macs, *(tensor.elements for tensor in step.reads)])
    return _CYCLES_PER_TERM * terms + _CYCLES_PER_OUTPUT * sum(tensor.elements for tensor in step.writes)


def constant_bytes(struct: Struct) -> int:
    """Return the bytes of the arrays that a structure points to."""
    values = struct.fields.values()
    arrays = sum(value.nbytes for value in values if isinstance(value, np.ndarray))
    return arrays + sum(constant_bytes(value) for value in values if isinstance(value, Struct))


def choose_kernels(steps: list[Step], core: Core, optimize: str) -> list[Step]:
    """Return the steps with the kernels that suit the core: the fastest, or those that are worth their bytes."""
    candidates = {step: list(_candidates(step, core)) for step in steps}
    if optimize == "size":
        worth = _worth_their_bytes(candidates)
        candidates = {step: [c for c in found if c.kernel in worth] for step, found in candidates.items()}
    return [min(candidates[step], key=lambda fast: fast.estimated_cycles, default=step) for step in steps]


def _candidates(step: Step, core: Core) -> Iterator[Step]:
    for module in (module for folder in core.kernels for module in variants(folder)):
        fast = module.rewrite(step, core) if step.kernel in module.REPLACES else None
        if fast is not None and fast.estimated_cycles < portable_cycles(step):
            yield fast


def _worth_their_bytes(candidates: dict[Step, list[Step]]) -> set[str]:
    """Return the fast kernels whose code and larger constants are a small part of the flash for what they save."""
    cycles = sum(portable_cycles(step) for step in candidates)
    flash = sum(constant_bytes(step.params) for step in candidates)
    saved, spent = defaultdict(int), defaultdict(int)
    for step, found in candidates.items():
        for fast in found:
            saved[fast.kernel] += portable_cycles(step) - fast.estimated_cycles
            spent[fast.kernel] += constant_bytes(fast.params) - constant_bytes(step.params)
    code = {fast.kernel: fast.code_bytes for found in candidates.values() for fast in found}
    return {k for k in saved if saved[k] * flash >= _SIZE_EXCHANGE * (spent[k] + code[k]) * cycles}
