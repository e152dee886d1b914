"""Fetches libsodium's ed25519 check as C sources: out of the source package of PyNaCl, pinned by its hash.

Sources are kept in .cache and never in git. Refuses another package than the pinned one.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from firmware.toolchain import CACHE

LOCK = Path(__file__).parent.parent / "envs" / "libsodium.lock.txt"
_INSIDE = "src/libsodium/src/libsodium/"
SOURCES = ("crypto_core/ed25519/ref10/ed25519_ref10.c", "crypto_sign/ed25519/ref10/open.c")
# What of a C library they include; the compiler brings the rest. Nothing that calls abort is linked.
_SHIMS = {
    "string.h": "#include <stddef.h>\nvoid *memcpy(void *, const void *, size_t);\n"
    "void *memmove(void *, const void *, size_t);\n"
    "void *memset(void *, int, size_t);\n",
    "stdlib.h": "_Noreturn void abort(void);\n",
    "errno.h": "",
    "sys/types.h": "",
}


class LibsodiumError(RuntimeError):
    """The sources could not be fetched; the text says why."""


def fetch() -> Path:
    """Return the folder with the sources, fetching them if this version is not there yet; raises LibsodiumError."""
    version, folder = LOCK.read_text().split("pynacl==")[1].split()[0], CACHE / "libsodium"
    target = folder / version
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        archive = _download(Path(scratch))
        unpacked = Path(scratch) / version
        with tarfile.open(archive) as package:
            root = package.getnames()[0].split("/")[0] + "/" + _INSIDE
            for member in package.getmembers():
                if member.isfile() and member.name.startswith(root) and member.name.endswith((".c", ".h")):
                    path = unpacked / member.name.removeprefix(root)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(package.extractfile(member).read())
        for name, text in _SHIMS.items():
            path = unpacked / "shims" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if not target.is_dir():
            unpacked.rename(target)
    return target


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    options = ["--no-binary", ":all:", "--no-build-isolation", "--require-hashes", "-r", str(LOCK), "-d", str(folder)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    archives = sorted(folder.glob("*.tar.gz"))
    if done.returncode or len(archives) != 1:
        words = ((done.stderr or done.stdout).strip().splitlines() or ["no package came"])[-1]
        raise LibsodiumError(f"libsodium: {LOCK.name} could not be fetched: {words}")
    return archives[0]


def includes(folder: Path) -> list[Path]:
    """Return the folders that its sources, and what calls them, include from."""
    parts = ("shims", "include", "include/sodium", "include/sodium/private", "crypto_sign/ed25519/ref10")
    return [folder / part for part in parts]
