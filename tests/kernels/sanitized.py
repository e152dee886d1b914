"""Runs generated C under AddressSanitizer and UndefinedBehaviorSanitizer on this machine.

The pinned compiler wheel carries the runtime of the second sanitizer only; where gcc is installed, both are used.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from firmware import toolchain
from firmware.compiler.emit import emit_header, emit_source
from firmware.compiler.host import KERNELS
from firmware.compiler.model import CompiledModel
from firmware.files import whole

_FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-g", "-ffp-contract=off", "-fno-sanitize-recover=all"]
_TIMEOUT_S = 60

# The arena ends where its allocation ends, and begins with bytes that no kernel may rely on.
_RUNNER = """
static int run_NAME(void)
{
    uint8_t *arena = aligned_alloc(16, (UPPER_ARENA_BYTES + 15) / 16 * 16);
    memset(arena, 0xA5, UPPER_ARENA_BYTES);
    for (int i = 0; i < UPPER_INPUTS; i++) {
        if (fread(arena + NAME_inputs[i].offset, bw_tensor_bytes(&NAME_inputs[i]), 1, stdin) != 1)
            return 3;
    }
    NAME_run(arena);
    for (int i = 0; i < UPPER_OUTPUTS; i++)
        fwrite(arena + NAME_outputs[i].offset, bw_tensor_bytes(&NAME_outputs[i]), 1, stdout);
    free(arena);
    return 0;
}
"""


class SanitizerError(AssertionError):
    """A sanitizer found something, or the program died; the text is what it said."""


def sanitizers() -> str:
    """Return what the runs are checked with."""
    return "address,undefined" if shutil.which("gcc") else "undefined"


def describe_sanitizers() -> str:
    """Return a line that says what the runs are checked with, and what is missing for more."""
    missing = "" if shutil.which("gcc") else " only, as gcc is not installed: no AddressSanitizer"
    return f"sanitizers: {sanitizers()}{missing}"


def compile_c(*arguments: str | Path) -> None:
    """Run the C compiler with sanitizers; raises CompilerError with its messages."""
    flags = [*_FLAGS, f"-fsanitize={sanitizers()}"]
    if not shutil.which("gcc"):
        toolchain.zig("cc", *flags, *arguments)
        return
    done = subprocess.run(["gcc", *flags, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise toolchain.CompilerError(done.stderr.strip())


class SanitizedModels:
    """Several models in one program; `run` runs one of them."""

    def __init__(self, models: list[CompiledModel]):
        self._models = models
        self._folder = tempfile.TemporaryDirectory(prefix="boardwalk-sanitized-")
        texts = [(emit_header(model, f"g{i}"), emit_source(model, f"g{i}")) for i, model in enumerate(models)]
        self._program = build_program(texts, Path(self._folder.name))

    def run(self, index: int, *inputs: np.ndarray) -> list[np.ndarray]:
        """Run one model on one sample; return its outputs, in the model's shapes."""
        said = run_program(self._program, index, b"".join(np.ascontiguousarray(value).tobytes() for value in inputs))
        outputs, start = [], 0
        for tensor in self._models[index].graph.outputs:
            part = said[start : start + tensor.size_bytes]
            outputs.append(np.frombuffer(part, tensor.dtype).reshape(tensor.shape))
            start += tensor.size_bytes
        return outputs


def build_program(models: list[tuple[str, str]], folder: Path) -> Path:
    """Compile models, given as header and source with the prefixes g0, g1, …; raises CompilerError."""
    names = [f"g{index}" for index in range(len(models))]
    for name, (header, source) in zip(names, models, strict=True):
        (folder / f"{name}.h").write_text(header)
        (folder / f"{name}.c").write_text(source)
    (folder / "main.c").write_text(_main(names))
    sources = [folder / "main.c", *(folder / f"{name}.c" for name in names), _kernels()]
    compile_c(*sources, f"-I{folder}", f"-I{KERNELS}", "-o", folder / "program")
    return folder / "program"


def run_program(program: Path, index: int, content: bytes) -> bytes:
    """Run one model of the program on the bytes of its inputs; return those of its outputs, or raise SanitizerError."""
    done = subprocess.run([str(program), str(index)], input=content, capture_output=True, timeout=_TIMEOUT_S)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").splitlines()
        raise SanitizerError("\n".join(lines[:12]) or f"exit code {done.returncode}")
    return done.stdout


def _main(names: list[str]) -> str:
    includes = "".join(f'#include "{name}.h"\n' for name in names)
    runners = "".join(_RUNNER.replace("NAME", name).replace("UPPER", name.upper()) for name in names)
    table = ", ".join(f"run_{name}" for name in names)
    return (
        f"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n{includes}{runners}"
        f"int main(int count, char **words)\n{{\n    int (*const runs[])(void) = {{{table}}};\n"
        "    return count == 2 ? runs[atoi(words[1])]() : 2;\n}\n"
    )


def _kernels() -> Path:
    """Return the kernels as one object with sanitizers, made once for each state of their sources."""
    files = sorted([*KERNELS.glob("*.h"), *(KERNELS / "portable").glob("*.[ch]"), Path(__file__)])
    state = hashlib.sha256("".join([sanitizers(), sys.version]).encode())
    for file in files:
        state.update(file.name.encode() + file.read_bytes())
    output = toolchain.CACHE / f"sanitized-kernels-{state.hexdigest()[:16]}.o"
    if not output.exists():
        sources = sorted((KERNELS / "portable").glob("*.c"))
        with whole(output) as part:
            compile_c("-r", *sources, f"-I{KERNELS}", f"-I{KERNELS / 'portable'}", "-o", part)
    return output
