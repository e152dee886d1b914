"""MAX_POOL_2D and AVERAGE_POOL_2D."""

import numpy as np

from firmware.compiler import quant
from firmware.compiler.graph import Operator
from firmware.compiler.step import Step, Struct
from firmware.compiler.window import overlap, sliding_window

KINDS = ("MAX_POOL_2D", "AVERAGE_POOL_2D")
OPTIONS = {
    "padding": (0, "int8", 0),
    "stride_w": (1, "int32", 0),
    "stride_h": (2, "int32", 0),
    "filter_w": (3, "int32", 0),
    "filter_h": (4, "int32", 0),
    "activation": (5, "int8", 0),
}
_NAMES = {"MAX_POOL_2D": "max_pool_2d", "AVERAGE_POOL_2D": "average_pool_2d"}


def lower(operator: Operator) -> Step:
    """Return the step; input and output share type and, when quantized, scale and zero point."""
    source, target = operator.inputs[0], operator.outputs[0]
    window = sliding_window(operator, operator.options["filter_h"], operator.options["filter_w"])
    if source.shape[3] != target.shape[3]:
        raise operator.refuse(f"{source.shape} cannot become {target.shape}")
    if source.dtype != target.dtype or source.dtype.name not in quant.SUFFIXES:
        raise operator.refuse(f"types {source.dtype} to {target.dtype} are not supported")
    if source.dtype == np.float32:
        struct, (low, high) = "bw_pool_2d_f32_t", quant.float_range(operator)
    else:
        if quant.per_tensor(operator, source) != quant.per_tensor(operator, target):
            raise operator.refuse("input and output must share scale and zero point")
        struct, (low, high) = "bw_pool_2d_quantized_t", quant.integer_range(operator)
    params = Struct(struct, {"window": window, "out_min": low, "out_max": high})
    kernel = f"bw_{_NAMES[operator.kind]}_{quant.SUFFIXES[source.dtype.name]}"
    return Step(
        operator, kernel, params, [source], [target], **overlap(window, source.dtype.itemsize, channelwise=True)
    )
