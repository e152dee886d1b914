"""The operators, one file each, found by folder.

A file declares KINDS (names of the TensorFlow Lite schema), OPTIONS (name to (slot, type, default) of the options
table) and `lower(operator) -> Step`, which chooses the kernel and its constants or refuses the operator.
"""

import importlib
import pkgutil
from types import ModuleType

OPERATORS: dict[str, ModuleType] = {}
for _file in sorted(pkgutil.iter_modules(__path__), key=lambda file: file.name):
    _module = importlib.import_module(f"{__name__}.{_file.name}")
    OPERATORS |= dict.fromkeys(_module.KINDS, _module)
