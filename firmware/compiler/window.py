"""The geometry that convolutions and poolings share: a window that slides over height and width."""

from firmware.compiler.graph import Operator
from firmware.compiler.step import Struct

_SAME, _VALID = 0, 1


def sliding_window(operator: Operator, k_h: int, k_w: int) -> Struct:
    """Return the bw_window_t of an operator on (1, height, width, channels) tensors.

    Padding SAME puts the odd row or column at the end, as TensorFlow does.
    """
    source, target = operator.inputs[0].shape, operator.outputs[0].shape
    options = operator.options
    if len(source) != 4 or len(target) != 4 or source[0] != 1:
        raise operator.refuse(f"expected tensors of shape (1, h, w, c), got {source} and {target}")
    fields = {"in_h": source[1], "in_w": source[2], "in_c": source[3]}
    fields |= {"out_h": target[1], "out_w": target[2], "out_c": target[3], "k_h": k_h, "k_w": k_w}
    for axis, size, kernel, result in (("h", source[1], k_h, target[1]), ("w", source[2], k_w, target[2])):
        stride, dilation = options[f"stride_{axis}"], options.get(f"dilation_{axis}", 1)
        if min(stride, dilation, kernel) < 1:
            raise operator.refuse(f"stride {stride}, dilation {dilation} and kernel {kernel} must be positive")
        reach = (kernel - 1) * dilation + 1
        if options["padding"] == _SAME:
            expected = -(-size // stride)
            pad = max(0, (expected - 1) * stride + reach - size) // 2
        elif options["padding"] == _VALID:
            expected, pad = (size - reach) // stride + 1, 0
        else:
            raise operator.refuse(f"padding {options['padding']} is not supported")
        if result != expected:
            raise operator.refuse(f"output {target} does not fit: expected {expected} along {axis}")
        fields |= {f"stride_{axis}": stride, f"dilation_{axis}": dilation, f"pad_{axis}": pad}
    return Struct("bw_window_t", fields)
