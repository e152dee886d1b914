"""What the fields of a class mean: the `#:` comments behind them, or on the lines above, as Sphinx reads them.

Only the generated pages of docs/ read them, from the source, so that loading settings costs nothing more.
"""

import ast
import inspect
import re

_COMMENT = re.compile(r"#: ?(.*)$")


def meanings(owner: type) -> dict[str, str]:
    """Return by name what each field of `owner`, inherited ones included, is said to mean; "" where nothing is said."""
    found: dict[str, str] = {}
    for one in reversed(owner.__mro__):
        if one.__module__.startswith(("scripts.", "firmware.")):
            found |= _own(inspect.getsource(one))
    return found


def _own(source: str) -> dict[str, str]:
    lines = source.splitlines()
    fields = [node for node in ast.parse(source).body[0].body if isinstance(node, ast.AnnAssign)]
    return {
        node.target.id: " ".join(_above(lines, node.lineno - 1) + _COMMENT.findall(lines[node.end_lineno - 1]))
        for node in fields
    }


def _above(lines: list[str], number: int) -> list[str]:
    """The comments that end in the line before line `number`."""
    found: list[str] = []
    while number and lines[number - 1].lstrip().startswith("#:"):
        number -= 1
        found.insert(0, _COMMENT.search(lines[number])[1])
    return found
