"""Writes a compiled model as C: NAME.h documents the interface, NAME.c has the constants and one function per step.

Floats are written as hexadecimal literals, so that every compiler reads the same bits; the same model gives the same
bytes.
"""

import math
from dataclasses import dataclass

import numpy as np

from firmware.compiler.graph import Tensor
from firmware.compiler.model import CompiledModel
from firmware.compiler.step import Step, Struct

_CTYPES = {
    "float32": "float",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "uint32": "uint32_t",
}
_PER_LINE = 24
# Weights that fast kernels read as words, over and over, begin with a line of the flash's cache: so more of them fit.
_LINE_BYTES = 16


def literal(value: int | float | np.generic) -> str:
    """Return one number as a C literal with exactly its value."""
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isnan(number):
            return '__builtin_nanf("")'
        if math.isinf(number):
            return "-__builtin_inff()" if number < 0 else "__builtin_inff()"
        return f"{float(np.float32(number)).hex()}f"
    number = int(value)
    if number == -(1 << 31):
        return "(-2147483647 - 1)"
    if isinstance(value, np.uint32):
        return f"{number}u"
    return str(number) if abs(number) < 1 << 31 else f"{number}ll"


class _Constants:
    """Gives every distinct constant array one name, after the first that uses it: `owner` and the field it is for."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, bytes], str] = {}
        self.lines: list[str] = []
        self.owner = "model"

    def name(self, array: np.ndarray, field: str) -> str:
        """Return the C name of `array`, declaring it at its first use."""
        key = (str(array.dtype), array.tobytes())
        if key not in self._names:
            name = f"{self.owner}_{field}"
            name = self._names[key] = f"{name}_{len(self._names)}" if name in self._names.values() else name
            values = [literal(value) for value in array.reshape(-1)]
            rows = [", ".join(values[start : start + _PER_LINE]) for start in range(0, len(values), _PER_LINE)]
            body = ",\n    ".join(rows)
            kind = _CTYPES[array.dtype.name]
            aligned = f"_Alignas({_LINE_BYTES}) " if kind == "uint32_t" and array.nbytes > _LINE_BYTES else ""
            self.lines.append(f"static const {aligned}{kind} {name}[{len(values)}] = {{\n    {body}}};\n")
        return self._names[key]

    def initializer(self, struct: Struct, indent: str = "    ") -> str:
        """Return the braced initializer of `struct`."""
        lines = [f"{indent}.{name} = {self._value(name, value, indent)},\n" for name, value in struct.fields.items()]
        return "{\n" + "".join(lines) + indent[4:] + "}"

    def _value(self, field: str, value: object, indent: str) -> str:
        if value is None:
            return "0"
        if isinstance(value, Struct):
            return self.initializer(value, indent + "    ")
        if isinstance(value, np.ndarray):
            return self.name(value, field)
        if isinstance(value, tuple):
            return "{" + ", ".join(literal(item) for item in value) + "}"
        return literal(value)


def emit_source(model: CompiledModel, name: str) -> str:
    """Return NAME.c."""
    constants = _Constants()
    functions = [_step_function(model, index, step, constants) for index, step in enumerate(model.steps)]
    reset = _reset_function(model, name, constants) if model.graph.variables else ""
    upper = name.upper()
    table = "".join(f"    step_{index},\n" for index in range(len(model.steps)))
    return "\n".join(
        [
            f'#include "{name}.h"\n',
            "".join(f'#include "{header}"\n' for header in sorted({step.header for step in model.steps})),
            *constants.lines,
            *functions,
            tensor_table(model, model.graph.inputs, f"{name}_inputs", f"{upper}_INPUTS"),
            tensor_table(model, model.graph.outputs, f"{name}_outputs", f"{upper}_OUTPUTS"),
            f"void (*const {name}_steps[{upper}_STEPS])(uint8_t *arena) = {{\n{table}}};\n",
            f"void {name}_run(uint8_t *arena)\n{{\n    for (int step = 0; step < {upper}_STEPS; step++)\n"
            f"        {name}_steps[step](arena);\n}}\n{reset}",
        ]
    )


def _step_function(model: CompiledModel, index: int, step: Step, constants: _Constants) -> str:
    constants.owner = f"{step.operator.kind.lower()}_{index}"
    params = constants.initializer(step.params)
    arguments = [f"&params_{index}"]
    for tensor in step.reads:
        pointer = f"(const {_CTYPES[tensor.dtype.name]} *)(arena + {{}})"
        arguments.append(
            constants.name(tensor.data, "input") if tensor.is_constant else pointer.format(model.plan.offset(tensor))
        )
    arguments += [f"({_CTYPES[tensor.dtype.name]} *)(arena + {model.plan.offset(tensor)})" for tensor in step.writes]
    if step.scratch_bytes:
        arguments.append(f"arena + {model.plan.scratch_offset(step)}")
    shapes = " ".join(str(tensor.shape) for tensor in step.reads) + " -> " + " ".join(str(t.shape) for t in step.writes)
    return (
        f"/* {step.operator.kind} {shapes} */\n"
        f"static const {step.params.ctype} params_{index} = {params};\n"
        f"static void step_{index}(uint8_t *arena)\n{{\n"
        f"    {step.kernel}({', '.join(arguments)});\n}}\n"
    )


def _reset_function(model: CompiledModel, name: str, constants: _Constants) -> str:
    lines = []
    constants.owner = "variable"
    for variable in model.graph.variables:
        target = f"(({_CTYPES[variable.dtype.name]} *)(arena + {model.plan.offset(variable)}))[i]"
        first = variable.initial.reshape(-1)[0]
        uniform = (variable.initial == first).all()
        value = literal(first) if uniform else f"{constants.name(variable.initial, 'initial')}[i]"
        lines.append(f"    for (int i = 0; i < {variable.elements}; i++)\n        {target} = {value};\n")
    return f"\nvoid {name}_reset(uint8_t *arena)\n{{\n{''.join(lines)}}}\n"


def tensor_table(model: CompiledModel, tensors: list[Tensor], name: str, count: str, behind: str = "") -> str:
    """Return the table `name`: what `tensors` are and where they lie in the arena, `behind` so many other bytes."""
    ahead = f"{behind} + " if behind else ""
    rows = []
    for tensor in tensors:
        scale = literal(tensor.scale[0] if tensor.scale.size else np.float32(0))
        zero_point = int(tensor.zero_point[0]) if tensor.scale.size else 0
        kind = f"BW_{tensor.dtype.name.upper()}"
        rows.append(f"    {{{ahead}{model.plan.offset(tensor)}, {tensor.elements}, {kind}, {scale}, {zero_point}}},\n")
    return f"const bw_tensor_t {name}[{count}] = {{\n{''.join(rows)}}};\n"


@dataclass(frozen=True)
class _Use:
    """What the header says of state: a line of the example, a sentence, and declarations."""

    example: str
    explanation: str
    declaration: str


_NO_STATE = _Use("", "There is nothing to initialise.", "")
_STREAM = _Use(
    " *     {name}_reset(arena);\n",
    "The model remembers: runs of one arena form a sequence, which reset begins.",
    "\n/* Begins a new sequence: writes the initial values of the variables. Needed once before the first run. */\n"
    "void {name}_reset(uint8_t *arena);\n",
)


def emit_header(model: CompiledModel, name: str) -> str:
    """Return NAME.h."""
    upper = name.upper()
    use = _STREAM if model.graph.variables else _NO_STATE
    return f"""\
/* A neural network compiled from a .tflite file; generated.
 *
 *     static uint8_t arena[{upper}_ARENA_BYTES] __attribute__((aligned(4)));
{use.example.format(name=name)} *     memcpy(arena + {name}_inputs[0].offset, pixels, sizeof pixels);
 *     {name}_run(arena);
 *     const int8_t *scores = (const int8_t *)(arena + {name}_outputs[0].offset);
 *
 * {use.explanation}
 * The arena is the only memory written, and inputs do not survive a run, so calls with different arenas may run at the
 * same time. Link with the kernels of kernels.h. */
#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

#include "tensor.h"

#ifdef __cplusplus
extern "C" {{
#endif

/* First 16 digits of the SHA-256 of the .tflite file. */
#define {upper}_HASH "{model.tflite_sha256[:16]}"
#define {upper}_ARENA_BYTES {model.plan.arena_bytes}
#define {upper}_INPUTS {len(model.graph.inputs)}
#define {upper}_OUTPUTS {len(model.graph.outputs)}
#define {upper}_INPUT_BYTES {sum(tensor.size_bytes for tensor in model.graph.inputs)} /* all inputs together */
#define {upper}_STEPS {len(model.steps)}
#define {upper}_VARIABLES {len(model.graph.variables)} /* values that live in the arena from one run to the next */

extern const bw_tensor_t {name}_inputs[{upper}_INPUTS];
extern const bw_tensor_t {name}_outputs[{upper}_OUTPUTS];

/* Runs the model once; the arena must be aligned to 4 bytes. */
void {name}_run(uint8_t *arena);
{use.declaration.format(name=name)}
/* The steps of one run, in order, for those who time each on its own. */
extern void (*const {name}_steps[{upper}_STEPS])(uint8_t *arena);

#ifdef __cplusplus
}}
#endif

#endif
"""
