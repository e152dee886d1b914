"""What every form of export shares: the generated model, only the kernels it needs, golden vectors, licence.

Kernels are copied as they are, but for two things: an include names its file relative to the one that it stands in, so
that no search path is needed, and functions carry the model's name, so that two exports link into one program. Refuses
names that are no C identifiers, and outputs that are not proven.
"""

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from string import Template

from firmware.board import Board
from firmware.compiler.emit import emit_header, emit_source, literal
from firmware.compiler.model import CompiledModel
from firmware.core import KERNELS
from firmware.export.names import check_name

_FOLDER = Path(__file__).parent
LICENSE = _FOLDER.parent.parent / "LICENSE"
_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
_KERNEL = re.compile(r"\bbw_[a-z0-9_]+\b")
_PROTOTYPE = re.compile(r"^[a-z][\w ]*[ *]bw_\w+\([^;{}]*\);", re.MULTILINE)
_DEFINITION = re.compile(r"^(?!.*\bstatic\b)[A-Za-z_][^;{}#\n]*?\b(bw_\w+)\([^;{}]*\)\s*\{", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# What a compiler defines for a core that has the instructions of a folder of kernels.
_CORE_MACROS = {"armv7em": "__ARM_FEATURE_DSP", "armv6m": "__thumb__", "rv32": "__riscv"}


@dataclass(frozen=True)
class Golden:
    """Input bytes of a few samples, the output bytes they must give, and by how much elements may be off."""

    inputs: list[bytes]
    outputs: list[bytes]
    tolerance: float
    oracle: str


@dataclass(frozen=True)
class Package:
    """One model to be exported under the C name `name`.

    `origin` says which cell it is, `cell_model` what MLPerf Tiny's runner knows the model by. With a board, the kernels
    are those of its core; without, the portable ones. `figures` is what is known about memory and speed, as Markdown;
    `labels` names the classes of a classifier and is empty for other models.
    """

    name: str
    origin: str
    cell_model: str
    model: CompiledModel
    board: Board | None
    golden: Golden
    labels: tuple[str, ...]
    figures: str
    version: str

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def words(self) -> dict[str, str]:
        """What templates may name: $name, $NAME, …"""
        return {
            "name": self.name,
            "NAME": self.name.upper(),
            "origin": self.origin,
            "version": self.version,
        }

    def fill(self, template: str, **words: str) -> str:
        """Return templates/`template` with its $words replaced."""
        return Template((_FOLDER / "templates" / template).read_text()).substitute(self.words, **words)


def common_files(package: Package) -> dict[str, str]:
    """Return LICENSE and src/: NAME.h is the interface, NAME_golden.h the golden vectors, all else is internal."""
    name, kernels = package.name, f"{package.name}_kernels"
    source, header = emit_source(package.model, name), emit_header(package.model, name)
    needed = kernel_files(source + header, package.board.target.kernels if package.board else ())
    functions = {function for file in needed if file.suffix == ".c" for function in functions_of(file)}

    def renamed(text: str) -> str:
        return _KERNEL.sub(lambda match: f"{name}_{match[0]}" if match[0] in functions else match[0], text)

    def from_root(text: str) -> str:
        return _INCLUDE.sub(
            lambda match: match[0] if match[1] == f"{name}.h" else f'#include "{kernels}/{match[1]}"', text
        )

    files = {
        "LICENSE": LICENSE.read_text(),
        f"src/{name}.h": from_root(header).replace("the kernels of kernels.h", "all files of this folder"),
        f"src/{name}.c": f'#include "{kernels}/target.h"\n' + renamed(from_root(source)),
        f"src/{name}_golden.h": package.fill("golden.h", samples=str(len(package.golden.inputs))),
        f"src/{name}_golden.c": package.fill("golden.c", **_golden_words(package)),
        f"src/{kernels}/target.h": package.fill("target.h", check=_core_check(package.board)),
    }
    for file in needed:
        path = PurePosixPath(file.relative_to(KERNELS).as_posix())
        text = _relative_includes(file, renamed(file.read_text()))
        if file.suffix == ".c":
            text = f'#include "{os.path.relpath("target.h", path.parent)}"\n{text}'
        files[f"src/{kernels}/{path}"] = text
    return files


def kernel_files(source: str, fast: tuple[str, ...]) -> list[Path]:
    """Return the files that C text which includes and calls kernels needs, and those that they need in turn.

    A kernel is looked for in the folders of fast kernels for a core, if any, and in portable/.
    """
    folders = [KERNELS / folder for folder in (*fast, "portable")]
    defined = {function: path for place in folders for path in place.glob("*.c") for function in functions_of(path)}
    found: set[Path] = set()
    texts = [(source, KERNELS)]
    while texts:
        text, folder = texts.pop()
        code = _COMMENT.sub("", text)
        files = {path for include in _INCLUDE.findall(code) for path in _resolve(include, folder)}
        called = set(_KERNEL.findall(_PROTOTYPE.sub("", code)))
        files |= {path for function, path in defined.items() if function in called}
        for file in files - found:
            texts.append((file.read_text(), file.parent))
        found |= files
    return sorted(found)


@cache
def functions_of(file: Path) -> tuple[str, ...]:
    """Return what a C file of kernels defines for others."""
    return tuple(_DEFINITION.findall(_COMMENT.sub("", file.read_text())))


def _resolve(include: str, folder: Path) -> list[Path]:
    """Find an included kernel file where the build would: beside the file, then from the root of the kernels."""
    return [file for place in (folder, KERNELS, KERNELS / "portable") if (file := place / include).is_file()][:1]


def _relative_includes(file: Path, text: str) -> str:
    def relative(match: re.Match) -> str:
        (included,) = _resolve(match[1], file.parent)
        return f'#include "{Path(os.path.relpath(included, file.parent)).as_posix()}"'

    return _INCLUDE.sub(relative, text)


def _core_check(board: Board | None) -> str:
    if board is None or not list((KERNELS / board.target.isa).glob("*.c")):
        return ""
    isa = board.target.isa
    return (
        f"\n#if !defined({_CORE_MACROS[isa]})\n"
        f'#error "these kernels are for {isa}: export the model without BOARD for other cores"\n#endif\n'
    )


def _golden_words(package: Package) -> dict[str, str]:
    golden = package.golden
    return {
        "oracle": golden.oracle,
        "tolerance": literal(golden.tolerance),
        "output_bytes": str(len(golden.outputs[0])),
        "samples": str(len(golden.inputs)),
        "inputs": _rows(golden.inputs),
        "outputs": _rows(golden.outputs),
    }


def _rows(samples: list[bytes]) -> str:
    rows = []
    for sample in samples:
        lines = [", ".join(map(str, sample[start : start + 24])) for start in range(0, len(sample), 24)]
        rows.append("    {\n        " + ",\n        ".join(lines) + ",\n    },\n")
    return "".join(rows)
