"""Reads a walk of docs/add/: the files that it has the reader write, and the commands that it has the reader run."""

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`([\w./-]+/[\w.-]+\.\w+)`")


@dataclass(frozen=True)
class Walk:
    """files: content by path; commands: lines for a shell, in order."""

    files: dict[Path, str]
    commands: list[str]


def read_walk(path: Path) -> Walk:
    """Return the walk in `path`; a block of a file that no path names before it is refused."""
    text = path.read_text(encoding="utf-8")
    files, commands = {}, []
    for block in _BLOCK.finditer(text):
        if block[1] == "sh":
            commands += block[2].splitlines()
            continue
        named = _PATH.findall(text[: block.start()].strip().rsplit("\n\n", 1)[-1])
        if not named:
            raise ValueError(f"{path}: expected the path of a file before the block that begins {block[2][:40]!r}")
        files[Path(named[-1])] = block[2]
    return Walk(files, commands)
