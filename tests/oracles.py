"""The two references that our outputs are compared with."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro import runtime


def tflm(content: bytes, *inputs: np.ndarray, outputs: int = 1) -> list[np.ndarray]:
    """Run one sample (arrays with batch dimension) through host TensorFlow Lite Micro; return copies of the outputs."""
    interpreter = runtime.Interpreter.from_bytes(content, arena_size=8 << 20)
    for index, value in enumerate(inputs):
        interpreter.set_input(value, index)
    interpreter.invoke()
    return [np.array(interpreter.get_output(index)) for index in range(outputs)]


def litert(content: bytes, *inputs: np.ndarray) -> list[np.ndarray]:
    """Run one sample through LiteRT's reference kernels; return copies of all outputs."""
    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]).copy() for detail in interpreter.get_output_details()]
