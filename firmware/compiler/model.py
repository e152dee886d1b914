"""From the bytes of a .tflite to steps and a plan: read, rewrite, lower, choose kernels, plan."""

import hashlib
from dataclasses import dataclass

from firmware.compiler import ops
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.graph import Graph
from firmware.compiler.passes import PASSES
from firmware.compiler.plan import Plan, plan_arena
from firmware.compiler.read import read_model
from firmware.compiler.step import Step
from firmware.compiler.variants import choose_kernels
from firmware.core import Core

_RUNTIME_TYPES = ("float32", "int8", "uint8", "int16", "int32", "int64")


@dataclass
class CompiledModel:
    """Everything that emit.py writes down."""

    graph: Graph
    steps: list[Step]
    plan: Plan
    tflite_sha256: str

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(step.macs for step in self.steps)


def compile_model(content: bytes, core: Core | None = None, optimize: str = "speed") -> CompiledModel:
    """Compile a .tflite file's bytes; raises InvalidModel or UnsupportedModel.

    With a core, the kernels are the best for it by `optimize`, "speed" or "size"; without, they are the portable ones.
    """
    graph = read_model(content)
    for rewrite in PASSES:
        rewrite(graph)
    for tensor in graph.outputs:
        if tensor.is_constant:
            raise UnsupportedModel(f"output {tensor.name!r} does not depend on the input")
    for tensor in graph.activations():
        if tensor.dtype.name not in _RUNTIME_TYPES:
            kind = "a resource" if tensor.dtype.kind == "V" else str(tensor.dtype)
            raise UnsupportedModel(f"{tensor.name!r}: {kind} is not supported for what is computed at run time")
    if not graph.operators:
        raise UnsupportedModel("the model computes nothing")
    steps = [step for operator in graph.operators for step in ops.lower(operator)]
    if core is not None:
        steps = choose_kernels(steps, core, optimize)
    plan = plan_arena(graph, steps)
    for step in plan.backward_steps:
        step.walked.fields["backward"] = 1
    for step, groups in plan.groups.items():
        step.params.fields["groups"] = groups
    return CompiledModel(graph, steps, plan, hashlib.sha256(content).hexdigest())
