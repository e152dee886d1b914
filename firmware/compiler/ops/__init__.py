"""The operators, one file each, found by folder.

A file declares KINDS (names of the TensorFlow Lite schema), OPTIONS (name to (slot, type, default) of the options
table) and `lower(operator)`, which chooses the kernel and its constants, as one Step or a list of them, or refuses.
It may declare INPUTS, how many inputs must be there (1), and OUTPUTS, the possible numbers of outputs (just 1).
"""

import importlib
import pkgutil
from types import ModuleType

from firmware.compiler.errors import InvalidModel
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step

OPERATORS: dict[str, ModuleType] = {}
for _file in sorted(pkgutil.iter_modules(__path__), key=lambda file: file.name):
    _module = importlib.import_module(f"{__name__}.{_file.name}")
    OPERATORS |= dict.fromkeys(_module.KINDS, _module)


def lower(operator: Operator) -> list[Step]:
    """Return what the device does for an operator; raises UnsupportedModel."""
    steps = OPERATORS[operator.kind].lower(operator)
    return steps if isinstance(steps, list) else [steps]


def check_arity(operator: Operator) -> None:
    """Raise InvalidModel for numbers of inputs or outputs that the operator cannot have."""
    module = OPERATORS[operator.kind]
    needed, possible = getattr(module, "INPUTS", 1), getattr(module, "OUTPUTS", range(1, 2))
    given = [*operator.inputs, *[None] * needed][:needed]
    if None in given or len(operator.outputs) not in possible:
        numbers = f"{len(operator.inputs)} inputs and {len(operator.outputs)} outputs"
        raise InvalidModel(f"operator {operator.index} ({operator.kind}): {numbers}, or a missing input, cannot be")
