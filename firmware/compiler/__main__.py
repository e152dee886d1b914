"""python -m firmware.compiler MODEL.tflite --out DIR: compiles a model to C and prints what became of it."""

import argparse
import json
import sys
from pathlib import Path

from firmware.compiler.emit import emit_header, emit_source
from firmware.compiler.errors import InvalidModel, UnsupportedModel
from firmware.compiler.model import CompiledModel, compile_model
from firmware.compiler.plan import describe_plan


def main() -> int:
    """Compile, write NAME.c, NAME.h and plan.json, print a summary; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m firmware.compiler", description=__doc__)
    parser.add_argument("model", type=Path, help="the .tflite file")
    parser.add_argument("--out", type=Path, required=True, help="folder for the generated files")
    parser.add_argument("--name", default="model", help="prefix of files and C names (default: model)")
    arguments = parser.parse_args()
    if not arguments.name.isidentifier() or not arguments.name.isascii():
        print(f"--name: {arguments.name!r} is not a C identifier", file=sys.stderr)
        return 2
    try:
        model = compile_model(arguments.model.read_bytes())
    except OSError as error:
        print(f"{arguments.model}: {error.strerror}", file=sys.stderr)
        return 1
    except (InvalidModel, UnsupportedModel) as error:
        print(f"{arguments.model}: {error}", file=sys.stderr)
        return 1
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / f"{arguments.name}.h").write_text(emit_header(model, arguments.name))
    (arguments.out / f"{arguments.name}.c").write_text(emit_source(model, arguments.name))
    (arguments.out / "plan.json").write_text(json.dumps(describe_plan(model.plan), indent=2) + "\n")
    _print_summary(model)
    return 0


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
