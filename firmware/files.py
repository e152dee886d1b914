"""Files that appear whole or not at all, whoever makes the same one beside us and whatever ends us meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a name in the same folder that becomes `path` only if the block ends well: no half-written file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{threading.get_native_id()}.{path.name}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
