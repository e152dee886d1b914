"""The digests by which a file is known: in records, manifests and notes, and to DVC."""

import hashlib
from pathlib import Path


def digest_of(path: Path, algorithm: str) -> str:
    """Return the digest of a file's content in hexadecimal digits; `algorithm` is a name such as "sha256"."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, as 64 hexadecimal digits."""
    return digest_of(path, "sha256")
