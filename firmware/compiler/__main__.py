"""python -m firmware.compiler MODEL.tflite --out DIR [--core CORE] [--optimize speed|size]: compiles a model to C.

Writes NAME.c, NAME.h, plan.json and plan.svg, and says what became of each operator; with --core it chooses the kernels
that suit that core, writes NAME.o as well and counts its bytes.
"""

import argparse
import json
import sys
from pathlib import Path

from elftools.elf.elffile import ELFFile

from firmware import toolchain
from firmware.compiler.emit import emit_header, emit_source
from firmware.compiler.errors import InvalidModel, UnsupportedModel
from firmware.compiler.model import CompiledModel, compile_model
from firmware.compiler.picture import draw_plan
from firmware.compiler.plan import describe_plan
from firmware.compiler.variants import OPTIMIZE
from firmware.core import CORES, KERNELS
from firmware.settings import nearest


def main() -> int:
    """Compile, write NAME.c, NAME.h and plan.json, print a summary; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m firmware.compiler", description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the .tflite file")
    parser.add_argument("--out", type=Path, required=True, help="folder for the generated files")
    parser.add_argument("--core", help=f"compile for this core too: {', '.join(CORES)}")
    parser.add_argument(
        "--optimize", choices=OPTIMIZE, default="speed", help="what kernels are chosen by (default: speed)"
    )
    parser.add_argument("--name", default="model", help="prefix of files and C names (default: model)")
    arguments = parser.parse_args()
    if not arguments.name.isidentifier() or not arguments.name.isascii():
        print(f"--name: {arguments.name!r} is not a C identifier", file=sys.stderr)
        return 2
    if arguments.core not in (None, *CORES):
        print(f"--core: unknown core {arguments.core!r}{nearest(arguments.core, list(CORES))}", file=sys.stderr)
        return 2
    try:
        model = compile_model(arguments.model.read_bytes(), CORES.get(arguments.core), arguments.optimize)
    except OSError as error:
        print(f"{arguments.model}: {error.strerror}", file=sys.stderr)
        return 1
    except (InvalidModel, UnsupportedModel) as error:
        print(f"{arguments.model}: {error}", file=sys.stderr)
        return 1
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / f"{arguments.name}.h").write_text(emit_header(model, arguments.name))
    (arguments.out / f"{arguments.name}.c").write_text(emit_source(model, arguments.name))
    (arguments.out / "plan.json").write_text(json.dumps(_described(model), indent=2) + "\n")
    kinds = [step.operator.kind for step in model.steps]
    (arguments.out / "plan.svg").write_text(draw_plan(model.plan, kinds))
    _print_summary(model)
    if arguments.core:
        _compile_for(arguments.core, arguments.out, arguments.name)
    return 0


def _compile_for(core: str, folder: Path, name: str) -> None:
    """Compile the generated C for a core and print what it puts into flash, without the kernels."""
    output = folder / f"{name}.o"
    toolchain.compile_object([folder / f"{name}.c"], output, CORES[core], "-Os", [folder, KERNELS])
    with output.open("rb") as file:
        sections = [(section.name, section["sh_size"]) for section in ELFFile(file).iter_sections()]
    code, constants = (sum(s for n, s in sections if n.startswith(kind)) for kind in (".text", ".rodata"))
    print(f"{core}: {code:,} B of code, {constants:,} B of constants, without kernels")


def _described(model: CompiledModel) -> dict:
    """Return the plan as plain data, with the kernel of each step and the cycles by which it was chosen."""
    steps = [
        {"operator": step.operator.kind, "kernel": step.kernel, "estimated_cycles": step.estimated_cycles or None}
        for step in model.steps
    ]
    return {**describe_plan(model.plan), "steps": steps}


def _print_summary(model: CompiledModel) -> None:
    for index, step in enumerate(model.steps):
        shapes = " + ".join(str(tensor.shape) for tensor in step.reads)
        print(
            f"{index:3}  {step.operator.kind:20} {shapes} -> {step.writes[0].shape}  {step.macs:,} MACs  {step.kernel}"
        )
    plan = model.plan
    print(f"{model.macs:,} MACs, arena {plan.arena_bytes:,} B (lower bound {plan.lower_bound_bytes:,} B)")


if __name__ == "__main__":
    sys.exit(main())
