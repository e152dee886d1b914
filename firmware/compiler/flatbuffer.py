"""Reads FlatBuffers tables from untrusted bytes: every offset is checked before it is followed.

Layout: https://flatbuffers.dev/internals. Refuses, with InvalidModel, whatever points outside the file.
"""

import struct

import numpy as np

from firmware.compiler.errors import InvalidModel

_SCALARS = {"int8": "<b", "uint8": "<B", "bool": "<?", "int32": "<i", "uint32": "<I", "int64": "<q", "float32": "<f"}


class Table:
    """A table at byte `position` of `buffer`; fields are named by their slot number in the schema."""

    def __init__(self, buffer: bytes, position: int):
        self._buffer = buffer
        self._position = position
        vtable = position - self._read("<i", position)
        size = self._read("<H", vtable)
        if size < 4 or size % 2:
            raise InvalidModel(f"table at byte {position}: vtable of {size} bytes")
        self._slots = [self._read("<H", vtable + offset) for offset in range(4, size, 2)]

    def _read(self, form: str, position: int) -> int | float:
        if position < 0 or position + struct.calcsize(form) > len(self._buffer):
            raise InvalidModel(f"offset {position} lies outside the file of {len(self._buffer)} bytes")
        return struct.unpack_from(form, self._buffer, position)[0]

    def _field(self, slot: int) -> int | None:
        """Return the absolute position of a field, or None if the file leaves it at its default."""
        offset = self._slots[slot] if slot < len(self._slots) else 0
        return self._position + offset if offset else None

    def _target(self, slot: int) -> int | None:
        """Return the absolute position that an offset field points to."""
        field = self._field(slot)
        return None if field is None else field + self._read("<I", field)

    def has(self, slot: int) -> bool:
        """Return whether the file gives the field in `slot`."""
        return self._field(slot) is not None

    def scalar(self, slot: int, kind: str, default: int | float = 0) -> int | float:
        """Return the scalar in `slot`; `kind` is a key such as "int32"."""
        field = self._field(slot)
        return default if field is None else self._read(_SCALARS[kind], field)

    def table(self, slot: int) -> "Table | None":
        """Return the table in `slot`, or None."""
        target = self._target(slot)
        return None if target is None else Table(self._buffer, target)

    def _vector(self, slot: int, item_bytes: int) -> tuple[int, int]:
        """Return (position of the first item, number of items), checked to lie inside the file."""
        target = self._target(slot)
        if target is None:
            return 0, 0
        count = self._read("<I", target)
        if target + 4 + count * item_bytes > len(self._buffer):
            raise InvalidModel(f"vector of {count} items at byte {target} runs past the end of the file")
        return target + 4, count

    def tables(self, slot: int) -> list["Table"]:
        """Return the vector of tables in `slot`; an absent vector is empty."""
        start, count = self._vector(slot, 4)
        positions = range(start, start + 4 * count, 4)
        return [Table(self._buffer, position + self._read("<I", position)) for position in positions]

    def array(self, slot: int, dtype: str) -> np.ndarray:
        """Return the vector of scalars in `slot` as a copy-free array of shape (n,)."""
        kind = np.dtype(dtype).newbyteorder("<")
        start, count = self._vector(slot, kind.itemsize)
        return np.frombuffer(self._buffer, kind, count, start)

    def text(self, slot: int) -> str:
        """Return the string in `slot`; bytes that are not UTF-8 are replaced."""
        return self.array(slot, "uint8").tobytes().decode("utf-8", "replace")


def root(buffer: bytes, identifier: bytes) -> Table:
    """Return the root table of a file that carries `identifier` at byte 4."""
    if len(buffer) < 8:
        raise InvalidModel(f"file of {len(buffer)} bytes is too short")
    if buffer[4:8] != identifier:
        raise InvalidModel(f"expected the identifier {identifier.decode()!r} at byte 4, got {buffer[4:8]!r}")
    return Table(buffer, struct.unpack_from("<I", buffer)[0])
