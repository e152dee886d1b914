"""The geometry that convolutions and poolings share: a window that slides over height and width."""

from typing import Any

import numpy as np

from firmware.compiler.graph import Operator
from firmware.compiler.step import Struct

# EXPLICIT is ours: options["pads"] has (before, after) for "h" and "w".
SAME, VALID, EXPLICIT = 0, 1, 2


def sliding_window(operator: Operator, k_h: int, k_w: int) -> Struct:
    """Return the bw_window_t of an operator that slides over its input, (1, height, width, channels)."""
    source, target = operator.inputs[0].shape, operator.outputs[0].shape
    return _window(operator, source, target, k_h, k_w, transposed=False)


def transposed_window(operator: Operator, source: tuple[int, ...], k_h: int, k_w: int) -> Struct:
    """Return the bw_window_t of a transposed convolution: it slides over the output, one step per input pixel."""
    return _window(operator, source, operator.outputs[0].shape, k_h, k_w, transposed=True)


def _window(
    operator: Operator, source: tuple[int, ...], target: tuple[int, ...], k_h: int, k_w: int, transposed: bool
) -> Struct:
    if len(source) != 4 or len(target) != 4 or source[0] != 1 or target[0] != 1:
        raise operator.refuse(f"expected tensors of shape (1, h, w, c), got {source} and {target}")
    fields = {"in_h": source[1], "in_w": source[2], "in_c": source[3]}
    fields |= {"out_h": target[1], "out_w": target[2], "out_c": target[3], "k_h": k_h, "k_w": k_w}
    for axis, kernel, sizes in (("h", k_h, (source[1], target[1])), ("w", k_w, (source[2], target[2]))):
        stride, dilation = operator.options[f"stride_{axis}"], operator.options.get(f"dilation_{axis}", 1)
        if min(stride, dilation, kernel) < 1:
            raise operator.refuse(f"stride {stride}, dilation {dilation} and kernel {kernel} must be positive")
        walked, steps = reversed(sizes) if transposed else sizes
        pad = _padding(operator, axis, walked, steps, (kernel - 1) * dilation + 1, stride)
        fields |= {f"stride_{axis}": stride, f"dilation_{axis}": dilation, f"pad_{axis}": pad}
    return Struct("bw_window_t", {**fields, "backward": 0})


def _padding(operator: Operator, axis: str, walked: int, steps: int, reach: int, stride: int) -> int:
    """Return how far the window's first position starts before the `walked` elements; refuses other than `steps` steps.

    Padding SAME puts the odd row or column at the end, as TensorFlow does.
    """
    if operator.options["padding"] == SAME:
        expected = -(-walked // stride)
        pad = max(0, (expected - 1) * stride + reach - walked) // 2
    elif operator.options["padding"] == VALID:
        expected, pad = (walked - reach) // stride + 1, 0
    elif operator.options["padding"] == EXPLICIT and "pads" in operator.options:
        pad, after = operator.options["pads"][axis]
        expected = (pad + walked + after - reach) // stride + 1
    else:
        raise operator.refuse(f"padding {operator.options['padding']} is not supported")
    if steps != expected:
        raise operator.refuse(
            f"a window of {reach} in steps of {stride} over {walked} takes {expected} steps, not {steps}"
        )
    return pad


def overlap(window: Struct, item_bytes: int, channelwise: bool = False, transposed: bool = False) -> dict[str, Any]:
    """Return the fields of a Step that say how a kernel with this window may overwrite its first input."""
    f = window.fields
    mirrored = dict(f)
    for axis in "hw":
        # Seen from the last element, the padding is what the window covers behind the input.
        walked, steps = (f"out_{axis}", f"in_{axis}") if transposed else (f"in_{axis}", f"out_{axis}")
        end = (f[steps] - 1) * f[f"stride_{axis}"] + (f[f"k_{axis}"] - 1) * f[f"dilation_{axis}"] - f[f"pad_{axis}"]
        mirrored[f"pad_{axis}"] = end + 1 - f[walked]
    backward = raster_distance(Struct("bw_window_t", mirrored), item_bytes, channelwise, transposed)
    forward = raster_distance(window, item_bytes, channelwise, transposed)
    return {"overlap": {0: forward}, "backward_overlap": {0: backward}, "walked": window}


def raster_distance(window: Struct, item_bytes: int, channelwise: bool = False, transposed: bool = False) -> int:
    """Return by how many bytes the output must start before an input that the kernel may overwrite.

    The kernel makes output pixels in raster order. Making pixel q, it has written at most (q + 1) * out_pixel_bytes,
    and reads from input byte first(q) on, where the window enters the input. So output and input must start at least
    (q + 1) * out_pixel_bytes - first(q) apart, for every q. A `channelwise` kernel reads nothing of a channel after it
    has written that channel of the pixel: q * out_pixel_bytes - first(q) is enough. Both terms are sums of a part of
    the row and a part of the column, and so is the maximum.
    """
    f = window.fields
    in_pixel_bytes, out_pixel_bytes = f["in_c"] * item_bytes, f["out_c"] * item_bytes
    first_of = _first_source if transposed else _first_tap
    rows = first_of(f["in_h"], f["out_h"], f["k_h"], f["stride_h"], f["dilation_h"], f["pad_h"])
    columns = first_of(f["in_w"], f["out_w"], f["k_w"], f["stride_w"], f["dilation_w"], f["pad_w"])
    by_row = np.arange(f["out_h"]) * (f["out_w"] * out_pixel_bytes) - rows * (f["in_w"] * in_pixel_bytes)
    by_column = np.arange(f["out_w"]) * out_pixel_bytes - columns * in_pixel_bytes
    distance = by_row.max() + by_column.max() + (0 if channelwise else out_pixel_bytes)
    # Negative if the output may start inside the input; minus infinity if no window touches the input.
    return int(max(distance, -f["in_h"] * f["in_w"] * in_pixel_bytes))


def _first_tap(size: int, result: int, taps: int, stride: int, dilation: int, pad: int) -> np.ndarray:
    """Return, per output position, the first input position under the window, or infinity if it has none."""
    origin = np.arange(result) * stride - pad
    tap = np.maximum(0, -(origin // dilation))
    position = origin + tap * dilation
    return np.where((tap < taps) & (position < size), position, np.inf)


def _first_source(size: int, result: int, taps: int, stride: int, dilation: int, pad: int) -> np.ndarray:
    """Return, per output position of a transposed convolution, the first input that reaches it, or infinity."""
    reached = np.arange(result) + pad
    position = np.maximum(0, -((taps - 1 - reached) // stride))
    return np.where((position * stride <= reached) & (position < size), position, np.inf)
