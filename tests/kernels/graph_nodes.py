"""What random graphs are made of: one function per family of operators.

Each takes the graph under construction and a tensor, adds an operator with random legal parameters and returns its
output, or returns None where the tensor's shape or scheme does not suit it. Legal means what the oracle accepts: it
aborts on quantization parameters outside its range.
"""

from collections.abc import Callable

import numpy as np

from tests.kernels.graph_construction import LIMITS, Construction, Value

Node = Callable[[Construction, Value], Value | None]


def _window(g: Construction, x: Value, dilates: bool) -> tuple[dict[str, int], tuple[int, int], tuple[int, int]] | None:
    """Return (options, kernel size, output size) of a random window, or None if the tensor is no image."""
    if len(x.shape) != 4 or x.shape[0] != 1:
        return None
    options: dict[str, int] = {"padding": g.integer(0, 1)}
    kernel, result = [], []
    for axis, size in (("h", x.shape[1]), ("w", x.shape[2])):
        k, stride = g.integer(1, 4), g.integer(1, 3)
        dilation = g.integer(1, 2) if dilates and stride == 1 else 1
        reach = (k - 1) * dilation + 1
        if options["padding"] == 1 and reach > size:
            return None
        result.append(-(-size // stride) if options["padding"] == 0 else (size - reach) // stride + 1)
        options[f"stride_{axis}"] = stride
        if dilates:
            options[f"dilation_{axis}"] = dilation
        kernel.append(k)
    return options, (kernel[0], kernel[1]), (result[0], result[1])


def _activation(g: Construction, y: Value) -> int:
    """Return no activation, RELU or RELU6, which the oracle wants to be representable in 32 bits."""
    return int(g.rng.choice([0, 0, 1, 3] if y.scale > 1e-8 else [0, 1]))


def convolution(g: Construction, x: Value) -> Value | None:
    if not (window := _window(g, x, dilates=True)):
        return None
    options, kernel, size = window
    depthwise = g.chance(0.4)
    channels = x.shape[3] * g.integer(1, 2) if depthwise else g.integer(1, 9)
    shape = (1, *kernel, channels) if depthwise else (channels, *kernel, x.shape[3])
    operands, scale = g.weights(shape, 3 if depthwise else 0, x, one_scale=False)
    if depthwise:
        scale *= np.sqrt(kernel[0] * kernel[1] / max(1, np.prod(shape) // channels))
        options["depth_multiplier"] = channels // x.shape[3]
    kind, table = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if depthwise else ("CONV_2D", "Conv2DOptions")
    y = g.near((1, *size, channels), scale)
    return g.add(kind, [x.index, *operands], y, table, **options, activation=_activation(g, y))


def transposed_convolution(g: Construction, x: Value) -> Value | None:
    if len(x.shape) != 4 or x.shape[0] != 1:
        return None
    channels, padding = g.integer(1, 6), g.integer(0, 1)
    kernel, stride = (g.integer(1, 4), g.integer(1, 4)), (g.integer(1, 3), g.integer(1, 3))
    operands, scale = g.weights((channels, *kernel, x.shape[3]), 0, x)
    size = [
        n * s if padding == 0 else (n - 1) * s + max(k, s) for n, k, s in zip(x.shape[1:3], kernel, stride, strict=True)
    ]
    y = g.near((1, *size, channels), scale)
    fields = {"padding": padding, "stride_h": stride[0], "stride_w": stride[1]}
    inputs = [g.int32(*y.shape), operands[0], x.index, operands[1]]
    return g.add("TRANSPOSE_CONV", inputs, y, "TransposeConvOptions", **fields)


def fully_connected(g: Construction, x: Value) -> Value | None:
    inputs = x.shape[-1]
    outputs = g.integer(1, 20)
    if x.shape[0] != 1 or len(x.shape) != 2:
        return None
    operands, scale = g.weights((outputs, inputs), 0, x)
    y = g.near((1, outputs), scale)
    fields = {"asymmetric_quantize_inputs": g.chance(0.5)} if g.dtype == "dynamic" else {}
    fields["activation"] = _activation(g, y)
    return g.add("FULLY_CONNECTED", [x.index, *operands], y, "FullyConnectedOptions", **fields)


def pool(g: Construction, x: Value) -> Value | None:
    if not (window := _window(g, x, dilates=False)):
        return None
    options, kernel, size = window
    kind = str(g.rng.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"]))
    y = g.like(x, (1, *size, x.shape[3]))
    options |= {"filter_h": kernel[0], "filter_w": kernel[1], "activation": _activation(g, y)}
    return g.add(kind, [x.index], y, "Pool2DOptions", **options)


def arithmetic(g: Construction, x: Value) -> Value | None:
    kind = str(g.rng.choice(["ADD", "ADD", "SUB", "MUL"]))
    partners = [v for v in g.values if v.shape == x.shape]
    if g.chance(0.6):
        other = partners[g.integer(0, len(partners) - 1)]
        index, scale = other.index, other.scale
    else:
        shape = tuple(1 if g.chance(0.4) else n for n in x.shape)[g.integer(0, len(x.shape) - 1) :]
        scale = x.scale * float(np.exp(g.rng.uniform(-8, 3)))
        index = g.constant(shape, scale, g.zero_point())
    y = g.near(x.shape, x.scale * scale * LIMITS.get(g.dtype, 1) if kind == "MUL" else max(x.scale, scale))
    operands = [x.index, index] if g.chance(0.5) else [index, x.index]
    return g.add(kind, operands, y, f"{kind.capitalize()}Options", activation=_activation(g, y))


def extremum(g: Construction, x: Value) -> Value | None:
    shape = tuple(1 if g.chance(0.4) else n for n in x.shape)
    kind = str(g.rng.choice(["MAXIMUM", "MINIMUM"]))
    operands = [x.index, g.constant(shape, x.scale, x.zero_point)]
    return g.add(kind, operands, g.like(x, x.shape), "MaximumMinimumOptions")


def clamp(g: Construction, x: Value) -> Value | None:
    kind = str(g.rng.choice(["RELU", "RELU6"]))
    if kind == "RELU6" or g.chance(0.5):
        if kind == "RELU6" and not g.is_float and 6 / x.scale + x.zero_point > LIMITS[g.dtype]:
            return None  # The oracle wants 6 to be representable.
        return g.add(kind, [x.index], g.like(x, x.shape))
    return g.add(kind, [x.index], g.near(x.shape, x.scale))


def curve(g: Construction, x: Value) -> Value | None:
    kind = str(g.rng.choice(["LOGISTIC", "TANH", "HARD_SWISH"] if g.dtype != "int16" else ["LOGISTIC", "TANH"]))
    if kind == "HARD_SWISH":
        return g.add(kind, [x.index], g.near(x.shape, x.scale))
    if g.dtype == "int16" and x.scale > 2:
        return None
    fixed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)} if g.dtype == "int8" else {}
    return g.add(kind, [x.index], g.value(x.shape, *fixed.get(kind, (1 / 32768, 0))))


def leaky(g: Construction, x: Value) -> Value | None:
    y = g.near(x.shape, x.scale)
    if g.chance(0.5) or len(x.shape) > 4:
        return g.add("LEAKY_RELU", [x.index], y, "LeakyReluOptions", alpha=float(g.rng.uniform(0, 0.9)))
    shape = (*(1 for _ in x.shape[1:-1]), x.shape[-1])
    if g.is_float:
        slope = g.constant(shape)
    else:
        data = g.rng.integers(-127, 128, shape)
        slope = g.builder.tensor(shape, "int8", float(g.rng.uniform(0.001, 0.02)), 0, data=data)
    return g.add("PRELU", [x.index, slope], y)


def requantize(g: Construction, x: Value) -> Value | None:
    if g.is_float:
        return None
    return g.add("QUANTIZE", [x.index], g.near(x.shape, x.scale))


def softmax(g: Construction, x: Value) -> Value | None:
    if g.dtype == "int8" and x.shape[-1] > 511:
        return None  # where all inputs are equal, the reference shifts by 32 bits
    y = g.value(x.shape, 1 / 32768) if g.dtype == "int16" else g.value(x.shape, 1 / 256, -128)
    return g.add("SOFTMAX", [x.index], y, "SoftmaxOptions", beta=1.0)


def reduce(g: Construction, x: Value) -> Value | None:
    rank = len(x.shape)
    if rank < 2:
        return None
    axes = [int(a) for a in g.rng.choice(np.arange(1, rank), g.integer(1, min(2, rank - 1)), replace=False)]
    keep = g.chance(0.5)
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape) if keep or i not in axes)
    count = int(np.prod([x.shape[axis] for axis in axes]))
    kind = str(g.rng.choice(["MEAN", "MEAN", "SUM"]))
    y = g.near(shape, x.scale * (count if kind == "SUM" else 1))
    return g.add(kind, [x.index, g.int32(*axes)], y, "ReducerOptions", keep_dims=keep)


def pad(g: Construction, x: Value) -> Value | None:
    pairs = [(0, 0) if i == 0 else (g.integer(0, 2), g.integer(0, 2)) for i in range(len(x.shape))]
    shape = tuple(n + a + b for n, (a, b) in zip(x.shape, pairs, strict=True))
    return g.add("PAD", [x.index, g.int32(*pairs)], g.like(x, shape), "PadOptions")


def take(g: Construction, x: Value) -> Value | None:
    begin = [g.integer(0, n - 1) for n in x.shape]
    if g.chance(0.5):
        size = [g.integer(1, n - b) for n, b in zip(x.shape, begin, strict=True)]
        operands = [x.index, g.int32(*begin), g.int32(*size)]
        return g.add("SLICE", operands, g.like(x, tuple(size)), "SliceOptions")
    steps = [int(g.rng.choice([-2, -1, 1, 2])) for _ in x.shape]
    masks = {"begin_mask": g.integer(0, 3), "end_mask": (1 << len(x.shape)) - 1, "shrink_axis_mask": 0}
    ranges = [
        range(*slice(None if masks["begin_mask"] >> i & 1 else b, None, s).indices(n))
        for i, (b, s, n) in enumerate(zip(begin, steps, x.shape, strict=True))
    ]
    operands = [x.index, g.int32(*begin), g.int32(*x.shape), g.int32(*steps)]
    y = g.like(x, tuple(len(r) for r in ranges))
    return g.add("STRIDED_SLICE", operands, y, "StridedSliceOptions", **masks)


def transpose(g: Construction, x: Value) -> Value | None:
    order = [int(axis) for axis in g.rng.permutation(len(x.shape))]
    if order[0] != 0:  # Layers after this one want a batch of 1 in front.
        order = [0, *(axis for axis in order if axis)]
    y = g.like(x, tuple(x.shape[axis] for axis in order))
    return g.add("TRANSPOSE", [x.index, g.int32(*order)], y, "TransposeOptions")


def reshape(g: Construction, x: Value) -> Value | None:
    elements = int(np.prod(x.shape))
    divisors = [d for d in range(1, elements + 1) if elements % d == 0]
    first = divisors[g.integer(0, len(divisors) - 1)]
    second = g.rng.choice([d for d in divisors if elements // first % d == 0])
    choices = [(1, elements), (1, first, int(second), elements // first // int(second))]
    shape = choices[g.integer(0, 1)]
    return g.add("RESHAPE", [x.index, g.int32(*shape)], g.like(x, shape))


def join(g: Construction, x: Value) -> Value | None:
    axis = g.integer(1, len(x.shape) - 1) if len(x.shape) > 1 else 0
    parts, shape = [x.index], list(x.shape)
    for _ in range(g.integer(1, 2)):
        part = list(x.shape)
        part[axis] = g.integer(1, 3)
        parts.append(x.index if g.chance(0.5) else g.constant(tuple(part), x.scale, x.zero_point))
        shape[axis] += x.shape[axis] if parts[-1] == x.index else part[axis]
    return g.add("CONCATENATION", parts, g.like(x, tuple(shape)), "ConcatenationOptions", axis=axis)


def split(g: Construction, x: Value) -> Value | None:
    axis = len(x.shape) - 1
    if x.shape[axis] % 2:
        return None
    outputs = [g.like(x, (*x.shape[:axis], x.shape[axis] // 2)) for _ in range(2)]
    indices = [y.index for y in outputs]
    g.builder.operator("SPLIT", [g.int32(axis), x.index], indices, "SplitOptions", num_splits=2)
    g.values.append(outputs[0])
    return outputs[1]


def resize(g: Construction, x: Value) -> Value | None:
    if len(x.shape) != 4 or x.shape[0] != 1 or g.dtype == "int16":
        return None
    size = (g.integer(1, 12), g.integer(1, 12))
    kind = str(g.rng.choice(["RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"]))
    table = "ResizeNearestNeighborOptions" if kind == "RESIZE_NEAREST_NEIGHBOR" else "ResizeBilinearOptions"
    align, centers = ((False, False), (True, False), (False, True))[g.integer(0, 2)]
    y = g.like(x, (1, *size, x.shape[3]))
    operands = [x.index, g.int32(*size)]
    return g.add(kind, operands, y, table, align_corners=align, half_pixel_centers=centers)


_FAMILIES = (
    convolution,
    transposed_convolution,
    fully_connected,
    pool,
    arithmetic,
    extremum,
    clamp,
    curve,
    leaky,
    requantize,
    softmax,
    reduce,
)
_MOVEMENTS = (pad, take, transpose, reshape, join, split, resize)
NODES: dict[str, Node] = {node.__name__: node for node in (*_FAMILIES, *_MOVEMENTS)}
