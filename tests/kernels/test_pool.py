"""Pooling gives the oracle's outputs over random windows."""

import numpy as np
import pytest

from tests.kernels.layers import check, steps
from tests.tflite_builder import ModelBuilder

DTYPES = ["int8", "int16", "float32"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
def test_pool_2d(tmp_path, kind, dtype, seed):
    rng = np.random.default_rng(200 + seed)
    builder = ModelBuilder()
    height, width, channels = (int(v) for v in rng.integers(4, 12, 3))
    filter_h, filter_w, stride_h, stride_w = (int(v) for v in rng.integers(1, 4, 4))
    padding = int(rng.integers(0, 2))
    shape = (1, height, width, channels)
    out_shape = (
        1,
        steps(height, filter_h, stride_h, 1, padding),
        steps(width, filter_w, stride_w, 1, padding),
        channels,
    )
    zero_point = {"int8": int(rng.integers(-128, 128)), "int16": 0}
    scale = {} if dtype == "float32" else {"scale": 0.1, "zero_point": zero_point[dtype]}
    x, y = builder.tensor(shape, dtype, **scale), builder.tensor(out_shape, dtype, **scale)
    options = {
        "padding": padding,
        "stride_h": stride_h,
        "stride_w": stride_w,
        "filter_h": filter_h,
        "filter_w": filter_w,
    }
    builder.operator(kind, [x], [y], "Pool2DOptions", activation=int(rng.choice([0, 1, 3])), **options)
    content = (rng.normal(size=shape) * 5).astype(np.float32)
    if dtype != "float32":
        limits = np.iinfo(dtype)
        content = rng.integers(limits.min, limits.max + 1, shape).astype(dtype)
    check(tmp_path, builder.build([x], [y]), [content], 1e-6 if dtype == "float32" else 0)
