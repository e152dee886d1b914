"""The README of an export: what it is, how to use it, what is known about memory and speed, what was tested."""

from firmware.export.bundle import Package


def readme(package: Package, use: str, tested: str) -> str:
    """Return README.md; `use` says how to build with the export's form, `tested` what was tried and what was not."""
    model, name = package.model, package.name
    board = package.board
    kernels = f"kernels chosen for {board.core} ({board.title})" if board else "portable kernels, any 32-bit core"
    return f"""\
# {name}

{package.origin}, compiled to C by Boardwalk {package.version}: {kernels}. No heap, no interpreter; C and C++.

## Use

{use}

```c
#include <{name}.h>

static uint8_t arena[{name.upper()}_ARENA_BYTES] __attribute__((aligned(4)));

{_call(package)}
```

An element of a quantized tensor stands for `scale * (element - zero_point)`, both of which the tensor tables hold.
`{name}_golden.h` has inputs with the outputs that they must give.

## Memory and speed

| | bytes |
|---|---:|
| arena, the only memory written | {model.plan.arena_bytes} |
| inputs | {sum(tensor.size_bytes for tensor in model.graph.inputs)} |
| outputs | {sum(tensor.size_bytes for tensor in model.graph.outputs)} |

{model.macs:,} multiply-accumulates per inference.

{package.figures}

## Tested

{tested}

## Licence

MIT, see LICENSE; it covers the kernels and the generated code. The weights are under the terms of whoever trained them.
"""


def _call(package: Package) -> str:
    name = package.name
    lines = [f"{name}_reset(arena);  /* once, before the first run of a sequence */"] * bool(
        package.model.graph.variables
    )
    lines += [
        f"memcpy(arena + {name}_inputs[0].offset, input, bw_tensor_bytes(&{name}_inputs[0]));",
        f"{name}_run(arena);",
        f"const void *output = arena + {name}_outputs[0].offset;",
    ]
    return "\n".join(lines)
