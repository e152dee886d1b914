"""A kernel that may write only at the very place of its input gets exactly that place, or one clear of it."""

import numpy as np
import pytest

from firmware.compiler.model import compile_model
from firmware.compiler.variants import OPTIMIZE, choose_kernels
from firmware.core import CORES
from tests.kernels.layers import activations, weights_and_bias
from tests.tflite_builder import ModelBuilder


def depthwise(stride):
    rng = np.random.default_rng(0)
    builder = ModelBuilder()
    x, _ = activations(rng, builder, (1, 16, 16, 8), "int8")
    size = 16 // stride
    constants = weights_and_bias(rng, builder, (1, 3, 3, 8), "int8", x, 3)
    y, _ = activations(rng, builder, (1, size, size, 8), "int8")
    options = {"padding": 0, "stride_h": stride, "stride_w": stride, "depth_multiplier": 1}
    builder.operator("DEPTHWISE_CONV_2D", [x, *constants], [y], "DepthwiseConv2DOptions", **options)
    return builder.build([x], [y])


@pytest.mark.parametrize("stride", [1, 2])
def test_output_takes_the_place_of_its_input(stride):
    model = compile_model(depthwise(stride), CORES["cortex-m4"])
    step = model.steps[0]
    assert step.kernel.startswith("bw_depthwise_3x3")
    assert model.plan.offset(step.writes[0]) == model.plan.offset(step.reads[0])
    assert model.plan.arena_bytes == step.reads[0].size_bytes + step.scratch_bytes


def test_size_spends_no_byte_on_a_small_gain():
    steps = compile_model(depthwise(1)).steps
    chosen = {optimize: choose_kernels(steps, CORES["cortex-m4"], optimize)[0].kernel for optimize in OPTIMIZE}
    assert chosen == {"speed": "bw_depthwise_3x3_s8_dsp", "size": "bw_conv_2d_s8"}
