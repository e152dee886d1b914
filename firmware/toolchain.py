"""Runs the pinned C compiler (the ziglang wheel, which is clang) for a core or for this machine.

Same inputs give the same bytes: no debug information, no absolute paths, no time. Clang has no Xtensa: there Debian's
GCC is used where it is installed, and MissingCompiler says how to get it where it is not.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from firmware.core import Core
from firmware.files import whole

CACHE = Path(__file__).parent.parent / ".cache"
# Called by its path: `python -m ziglang` would start an interpreter each time, only to do the same.
_COMPILER = Path(find_spec("ziglang").submodule_search_locations[0]) / "zig"
_WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror"]
# Contracting a * b + c would make results depend on the core; the same bits everywhere are worth the cycles.
_COMMON = ["-std=c11", "-ffp-contract=off", "-g0"]
_ZIG = ["-fno-sanitize=undefined"]
_FREESTANDING = [
    "-ffreestanding",
    "-fomit-frame-pointer",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
]


# Literals in front of the code that loads them, and calls of any distance; `char` is signed as it is for clang.
_XTENSA = ["-mtext-section-literals", "-mlongcalls", "-fsigned-char", "-fno-tree-loop-distribute-patterns"]


class CompilerError(RuntimeError):
    """The C compiler or linker failed; the text is what it said."""


class MissingCompiler(CompilerError):
    """This machine has no compiler for a core; the text says how to get it."""


def check_compiler(core: Core) -> None:
    """Raise MissingCompiler if the compiler for a core is not installed."""
    if core.isa == "xtensa" and not shutil.which(f"{core.target}-gcc"):
        raise MissingCompiler(
            f"no compiler for {core.name}: apt-get install gcc-xtensa-lx106, then remove results/kernels/{core.name}"
        )


def compiler_id(core: Core | None = None) -> str:
    """Return name and version of the compiler for a core, or for this machine, for provenance."""
    if core is None or core.isa != "xtensa":
        return f"ziglang {version('ziglang')}"
    name = f"{core.target}-gcc"
    if not shutil.which(name):
        return name
    return f"{name} {_run([name, '-dumpfullversion'])}"


def header_folder(headers: Mapping[str, str]) -> Path:
    """Return a folder with these headers (text by name), for the same ones always the same.

    The compiler knows folders by their names: only then it finds what it has made of sources that include them.
    """
    state = hashlib.sha256("".join(f"{name}\0{text}\0" for name, text in sorted(headers.items())).encode())
    folder = CACHE / "headers" / state.hexdigest()[:16]
    for name, text in headers.items():
        if not (folder / name).exists():
            with whole(folder / name) as part:
                part.write_text(text)
    return folder


def zig(*arguments: str | Path, cwd: Path | None = None) -> None:
    """Run one command of the compiler wheel; raises CompilerError with its messages."""
    environment = dict(os.environ)
    # Not below HOME: it may be read-only or empty, and the cache goes when the checkout goes.
    environment["ZIG_GLOBAL_CACHE_DIR"] = environment["ZIG_LOCAL_CACHE_DIR"] = str(CACHE / "zig")
    _run([_COMPILER, *map(str, arguments)], cwd, environment)


def _run(command: list[str | Path], cwd: Path | None = None, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise CompilerError((done.stderr or done.stdout).strip())
    return done.stdout.strip()


def _tool(core: Core, name: str, *arguments: str | Path) -> None:
    """Run the compiler ("cc") or archiver ("ar") for a core."""
    if core.isa != "xtensa":
        zig(name, *arguments)
        return
    check_compiler(core)
    _run([f"{core.target}-{'gcc' if name == 'cc' else name}", *map(str, arguments)])


def target_flags(core: Core) -> list[str]:
    """Return the flags that choose a core."""
    if core.isa == "xtensa":
        return _XTENSA
    return [*_ZIG, "-target", core.target, f"-mcpu={core.cpu}"]


def compile_object(
    sources: list[Path], output: Path, core: Core, optimize: str, includes: list[Path], extra: Sequence[str] = ()
) -> None:
    """Compile C files for a core into one relocatable object; `optimize` is a level such as "-O2"."""
    flags = [*target_flags(core), optimize, *_COMMON, *_FREESTANDING, *_WARNINGS, *extra]
    _tool(
        core,
        "cc",
        *flags,
        *(f"-I{folder}" for folder in includes),
        *(["-r", "-nostdlib"] if len(sources) > 1 else ["-c"]),
        *sources,
        "-o",
        output,
    )


def archive(objects: list[Path], output: Path, core: Core) -> None:
    """Put objects for a core into a static library, without dates or owners."""
    _tool(core, "ar", "rcsD", output, *objects)


def link(objects: list[Path], output: Path, core: Core, script: Path) -> None:
    """Link an image for a core; unreferenced sections are dropped."""
    _tool(
        core,
        "cc",
        *target_flags(core),
        "-g0",
        "-Wl,--gc-sections",
        "-Wl,--build-id=none",
        f"-Wl,-T,{script}",
        *objects,
        *(["-nostdlib", "-lgcc"] if core.isa == "xtensa" else []),
        "-o",
        output,
    )


def compile_host(sources: list[Path], output: Path, kind: str, includes: list[Path]) -> None:
    """Compile for this machine, with the arithmetic of the device; `kind` is "-shared" or "-r" (relocatable object)."""
    flags = ["-O2", "-fPIC", kind, *_COMMON, *_ZIG, *_WARNINGS]
    zig("cc", *flags, *(f"-I{folder}" for folder in includes), *sources, "-o", output)
