"""Heartbeats in an SQLite file: a row for each, or for each that did not come, with the problem.

The table `beats` has the fields of a Heartbeat, lists as JSON, and who it is of, when it was heard (seconds since 1970)
and the problem; one of the two, heartbeat or problem, is NULL.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path

from scripts.monitoring.heartbeat import NAMES, Heartbeat

_COLUMNS = ("device", "heard_s", "problem", *NAMES)
_LISTS = ("classes", "confidence", "resets")


class StoreError(RuntimeError):
    """A file that is no such database."""


class Store:
    """The database in a file, which is made if there is none. Usable from several threads."""

    def __init__(self, path: Path):
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as base:
            base.execute(f"CREATE TABLE IF NOT EXISTS beats ({', '.join(_COLUMNS)})")
            base.execute("CREATE INDEX IF NOT EXISTS by_device ON beats (device, heard_s)")
            found = tuple(row[1] for row in base.execute("PRAGMA table_info(beats)"))
        if found != _COLUMNS:
            raise StoreError(f"{path}: the table beats has the columns {', '.join(found)}; expected another file")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as base, base:
                yield base
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}") from error

    def add(self, device: str, heard_s: float, beat: Heartbeat | None, problem: str | None = None) -> None:
        """Keep a heartbeat, or why there was none."""
        values = astuple(beat) if beat else (None,) * len(NAMES)
        row = [device, heard_s, problem, *(json.dumps(v) if isinstance(v, tuple) else v for v in values)]
        with self._open() as base:
            base.execute(f"INSERT INTO beats VALUES ({', '.join('?' * len(row))})", row)

    def since(self, device: str, heard_s: float) -> list[tuple[float, Heartbeat]]:
        """Return the heartbeats from `heard_s` on, the first one first, and when they were heard."""
        columns = ", ".join(("heard_s", *NAMES))
        with self._open() as base:
            rows = base.execute(
                f"SELECT {columns} FROM beats WHERE device = ? AND heard_s >= ? AND board IS NOT NULL ORDER BY heard_s",
                (device, heard_s),
            ).fetchall()
        return [(row[0], _heartbeat(row[1:])) for row in rows]

    def last_problem(self, device: str) -> str | None:
        """Return what is wrong with the device if its last heartbeat did not come."""
        with self._open() as base:
            row = base.execute(
                "SELECT problem FROM beats WHERE device = ? ORDER BY heard_s DESC LIMIT 1", (device,)
            ).fetchone()
        return row[0] if row else None


def _heartbeat(row: tuple) -> Heartbeat:
    values = dict(zip(NAMES, row, strict=True))
    return Heartbeat(**values | {name: tuple(json.loads(values[name])) for name in _LISTS})
