"""The operators, one file each, found by folder.

A file declares KINDS (names of the TensorFlow Lite schema), OPTIONS (name to (slot, type, default) of the options
table) and `lower(operator)`, which chooses the kernel and its constants, as one Step or a list of them, or refuses.
"""

import importlib
import pkgutil
from types import ModuleType

from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

OPERATORS: dict[str, ModuleType] = {}
for _file in sorted(pkgutil.iter_modules(__path__), key=lambda file: file.name):
    _module = importlib.import_module(f"{__name__}.{_file.name}")
    OPERATORS |= dict.fromkeys(_module.KINDS, _module)


def lower(operator: Operator) -> list[Step]:
    """Return what the device does for an operator; raises UnsupportedModel."""
    if any(tensor is not None and tensor.dtype.kind == "V" for tensor in [*operator.inputs, *operator.outputs]):
        raise operator.refuse("a resource is not a value")
    steps = OPERATORS[operator.kind].lower(operator)
    return steps if isinstance(steps, list) else [steps]
