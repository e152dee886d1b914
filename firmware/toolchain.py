"""Runs the pinned C compiler (the ziglang wheel, which is clang) for a core or for this machine.

Same inputs give the same bytes: no debug information, no absolute paths, no time.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from firmware.core import Core

CACHE = Path(__file__).parent.parent / ".cache"
_WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror"]
# Contracting a * b + c would make results depend on the core; the same bits everywhere are worth the cycles.
_COMMON = ["-std=c11", "-ffp-contract=off", "-fno-sanitize=undefined", "-g0"]
_FREESTANDING = [
    "-ffreestanding",
    "-fomit-frame-pointer",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
]


class CompilerError(RuntimeError):
    """The C compiler or linker failed; the text is what it said."""


def compiler_id() -> str:
    """Return name and version of the compiler, for provenance."""
    return f"ziglang {version('ziglang')}"


def zig(*arguments: str | Path, cwd: Path | None = None) -> None:
    """Run one command of the compiler wheel; raises CompilerError with its messages."""
    environment = dict(os.environ)
    # Not below HOME: it may be read-only or empty, and the cache goes when the checkout goes.
    environment["ZIG_GLOBAL_CACHE_DIR"] = environment["ZIG_LOCAL_CACHE_DIR"] = str(CACHE / "zig")
    command = [sys.executable, "-m", "ziglang", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise CompilerError((done.stderr or done.stdout).strip())


def target_flags(core: Core) -> list[str]:
    """Return the flags that choose a core."""
    return ["-target", core.target, f"-mcpu={core.cpu}"]


def compile_object(
    sources: list[Path], output: Path, core: Core, optimize: str, includes: list[Path], extra: Sequence[str] = ()
) -> None:
    """Compile C files for a core into one relocatable object; `optimize` is a level such as "-O2"."""
    flags = [*target_flags(core), optimize, *_COMMON, *_FREESTANDING, *_WARNINGS, *extra]
    zig(
        "cc",
        *flags,
        *(f"-I{folder}" for folder in includes),
        "-r" if len(sources) > 1 else "-c",
        *sources,
        "-o",
        output,
    )


def archive(objects: list[Path], output: Path) -> None:
    """Put objects into a static library, without dates or owners."""
    zig("ar", "rcsD", output, *objects)


def link(objects: list[Path], output: Path, core: Core, script: Path) -> None:
    """Link an image for a core; unreferenced sections are dropped."""
    zig(
        "cc",
        *target_flags(core),
        "-g0",
        "-Wl,--gc-sections",
        "-Wl,--build-id=none",
        f"-Wl,-T,{script}",
        *objects,
        "-o",
        output,
    )


def compile_host(sources: list[Path], output: Path, kind: str, includes: list[Path]) -> None:
    """Compile for this machine, with the arithmetic of the device; `kind` is "-shared" or "-r" (relocatable object)."""
    flags = ["-O2", "-fPIC", kind, *_COMMON, *_WARNINGS]
    zig("cc", *flags, *(f"-I{folder}" for folder in includes), *sources, "-o", output)
