"""An Arduino library: sources, a classifier sketch where the model is a classifier, and a benchmark sketch.

Form: Arduino library specification, format 1.5 rev. 2.2, and Arduino sketch specification. The benchmark sketch is the
harness of every Boardwalk image over Arduino's Serial: whatever measures our images measures it too.
"""

import re
from dataclasses import dataclass

from firmware.build import HARNESS
from firmware.export.bundle import Package, common_files
from firmware.export.readme import readme

_OWN = ("main.c", "stack.c")  # stack.c is the sketch's own: where the stack lies is known to our linker scripts only

_USE = """\
1. Copy this folder into `libraries/` of your sketchbook, or zip it: Sketch > Include Library > Add .ZIP Library.
2. File > Examples > {name}: {sketches}.
3. Serial monitor at 115200 baud."""
_TESTED = """\
Boardwalk's tests compile such sketches as C++ against a stand-in for the Arduino core and run them on a virtual
Cortex-M4 and Cortex-M0+. Arduino's own build and silicon have not seen them. 8-bit cores are not supported."""


@dataclass(frozen=True)
class Sketch:
    """A classifier sketch for models of this many inputs and outputs, and what its arena may take."""

    name: str
    inputs: int
    outputs: int
    arena_limit_bytes: int
    what: str


SKETCHES = (
    Sketch("ImageClassifier", 784, 10, 16 * 1024, "an image of 28 x 28 pixels"),
    Sketch("AudioClassifier", 13, 5, 8 * 1024, "the 13 audio features of a word"),
)


def files(package: Package) -> dict[str, str]:
    """Return the files of the library."""
    found = common_files(package) | _benchmark(package)
    sketches = ["Benchmark"]
    if package.labels:
        sketch = sketch_of(package)
        sketches.insert(0, sketch.name)
        found[f"examples/{sketch.name}/{sketch.name}.ino"] = package.fill(
            "classifier.ino",
            what=sketch.what,
            limit_bytes=str(sketch.arena_limit_bytes),
            labels=", ".join(f'"{_c_string(label)}"' for label in package.labels),
        )
    return found | {
        "library.properties": package.fill("library.properties"),
        "keywords.txt": "".join(f"{package.name}_{word}\tKEYWORD2\n" for word in ("run", "inputs", "outputs")),
        "README.md": readme(package, _USE.format(name=package.name, sketches=", ".join(sketches)), _TESTED),
    }


def sketch_of(package: Package) -> Sketch:
    """Return the sketch for a classifier; one of another size has its own arena for a limit."""
    inputs, outputs = (
        sum(t.elements for t in side) for side in (package.model.graph.inputs, package.model.graph.outputs)
    )
    other = Sketch("Classifier", inputs, outputs, package.model.plan.arena_bytes, f"{inputs} input values")
    return next((s for s in SKETCHES if (s.inputs, s.outputs) == (inputs, outputs)), other)


def _benchmark(package: Package) -> dict[str, str]:
    """The harness in the sketch's src/, which Arduino compiles too; its main is called by the sketch."""
    folder = "examples/Benchmark"
    clock = f"{package.board.clock_hz}u" if package.board else "F_CPU"
    board = package.board.name if package.board else "arduino"
    sources = sorted(path for path in HARNESS.glob("*.[ch]") if path.name not in _OWN)
    main = re.sub(r"^int main\(", "int benchmark(", (HARNESS / "main.c").read_text(), flags=re.MULTILINE)
    return {
        f"{folder}/Benchmark.ino": package.fill("benchmark.ino"),
        f"{folder}/src/benchmark.c": main,
        f"{folder}/src/stack.c": package.fill("stack.c"),
        f"{folder}/src/board.h": package.fill("board.h", board=board, clock=clock),
        f"{folder}/src/cell.h": f'#define CELL_MODEL "{package.cell_model}"\n',
        f"{folder}/src/model.h": package.fill("model.h"),
    } | {f"{folder}/src/{path.name}": path.read_text() for path in sources}


def _c_string(text: str) -> str:
    return "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "?" for letter in text
    )
