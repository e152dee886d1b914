"""Networks with the shapes of real ones and random int8 weights, built without a training framework."""

import numpy as np

from tests.tflite_builder import ModelBuilder

SAME, VALID, RELU = 0, 1, 1


class Network:
    """A chain of int8 layers; every method appends one to the output of the one before."""

    def __init__(self, shape: tuple[int, ...], seed: int = 0):
        self._rng, self._builder = np.random.default_rng(seed), ModelBuilder()
        self._shape, self._quantization = shape, (0.05, -3)
        self._first = self._last = self._builder.tensor(shape, "int8", *self._quantization)

    def _append(self, kind: str, shape: tuple[int, ...], constants: list[int], options: str, **fields) -> "Network":
        """Add an operator; one with weights has a quantization of its own, the others that of their input."""
        if constants:
            self._quantization = (0.08, -128)
        target = self._builder.tensor(shape, "int8", *self._quantization)
        self._builder.operator(kind, [self._last, *constants], [target], options, **fields)
        self._last, self._shape = target, shape
        return self

    def _constants(self, shape: tuple[int, ...], axis: int) -> list[int]:
        scales = self._rng.uniform(0.001, 0.02, shape[axis])
        weights = self._builder.tensor(shape, "int8", scales, 0, axis, self._rng.integers(-127, 128, shape))
        bias = self._rng.integers(-4000, 4000, shape[axis])
        scales = scales * self._builder.scale(self._last)
        return [weights, self._builder.tensor((shape[axis],), "int32", scales, 0, 0, bias)]

    def conv(self, filters: int, kernel: tuple[int, int], stride: int = 1) -> "Network":
        """Convolution with SAME padding and ReLU."""
        batch, height, width, channels = self._shape
        shape = (batch, -(-height // stride), -(-width // stride), filters)
        fields = {"padding": SAME, "stride_h": stride, "stride_w": stride, "activation": RELU}
        fields |= {"dilation_h": 1, "dilation_w": 1}
        constants = self._constants((filters, *kernel, channels), 0)
        return self._append("CONV_2D", shape, constants, "Conv2DOptions", **fields)

    def depthwise(self) -> "Network":
        """Depthwise 3x3 with SAME padding and ReLU."""
        fields = {"padding": SAME, "stride_h": 1, "stride_w": 1, "activation": RELU, "depth_multiplier": 1}
        fields |= {"dilation_h": 1, "dilation_w": 1}
        constants = self._constants((1, 3, 3, self._shape[3]), 3)
        return self._append("DEPTHWISE_CONV_2D", self._shape, constants, "DepthwiseConv2DOptions", **fields)

    def pool(self, kind: str, window: tuple[int, int]) -> "Network":
        """AVERAGE_POOL_2D or MAX_POOL_2D with stride = window."""
        batch, height, width, channels = self._shape
        shape = (batch, height // window[0], width // window[1], channels)
        fields = {"padding": VALID, "filter_h": window[0], "filter_w": window[1], "activation": 0}
        fields |= {"stride_h": window[0], "stride_w": window[1]}
        return self._append(kind, shape, [], "Pool2DOptions", **fields)

    def dense(self, units: int, relu: bool = True) -> "Network":
        """Fully connected, over everything that came before."""
        constants = self._constants((units, int(np.prod(self._shape))), 0)
        fields = {"activation": RELU if relu else 0}
        return self._append("FULLY_CONNECTED", (1, units), constants, "FullyConnectedOptions", **fields)

    def finish(self) -> bytes:
        """Return the .tflite file, which ends in a softmax."""
        target = self._builder.tensor(self._shape, "int8", 1 / 256, -128)
        self._builder.operator("SOFTMAX", [self._last], [target], "SoftmaxOptions", beta=1.0)
        return self._builder.build([self._first], [target])


def mlp_fashion() -> bytes:
    """784-128-10."""
    return Network((1, 784)).dense(128).dense(10, relu=False).finish()


def har_cnn1d() -> bytes:
    """Two blocks of 5-sample convolutions and pooling over 128 samples of 6 axes, then 32 and 7 units."""
    network = Network((1, 1, 128, 6))
    for filters in (16, 32):
        network.conv(filters, (1, 5)).pool("MAX_POOL_2D", (1, 4))
    return network.dense(32).dense(7, relu=False).finish()


def kws_dscnn() -> bytes:
    """The keyword spotting model of MLPerf Tiny: 2,656,768 multiply-accumulates."""
    network = Network((1, 49, 10, 1)).conv(64, (10, 4), stride=2)
    for _ in range(4):
        network.depthwise().conv(64, (1, 1))
    return network.pool("AVERAGE_POOL_2D", (25, 5)).dense(12, relu=False).finish()
