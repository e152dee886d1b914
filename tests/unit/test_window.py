"""How far an output must start before the input it overwrites, against a simulation of every read and write."""

from types import SimpleNamespace

import numpy as np
import pytest

from firmware.compiler.ops.fully_connected import row_distance
from firmware.compiler.window import overlap, sliding_window, transposed_window
from tests.kernels.layers import steps


def random_operator(rng, transposed):
    """Return (operator, in_shape, out_shape, k_h, k_w): a random legal window on small tensors."""
    k_h, k_w, stride_h, stride_w, dilation_h, dilation_w = (int(v) for v in rng.integers(1, 4, 6))
    if transposed:
        dilation_h = dilation_w = 1
    in_c, out_c, padding = int(rng.integers(1, 5)), int(rng.integers(1, 5)), int(rng.integers(0, 2))
    walked = [int(v) for v in rng.integers(7, 12, 2)]
    taken = [steps(walked[0], k_h, stride_h, dilation_h, padding), steps(walked[1], k_w, stride_w, dilation_w, padding)]
    source, target = (taken, walked) if transposed else (walked, taken)
    options = {"padding": padding, "stride_h": stride_h, "stride_w": stride_w}
    options |= {"dilation_h": dilation_h, "dilation_w": dilation_w}
    source, target = SimpleNamespace(shape=(1, *source, in_c)), SimpleNamespace(shape=(1, *target, out_c))
    return SimpleNamespace(inputs=[source], outputs=[target], options=options), k_h, k_w


def taps(f, axis, position, transposed):
    """Yield the input positions that one axis of an output position reads."""
    for k in range(f[f"k_{axis}"]):
        if transposed:
            source, rest = divmod(position + f[f"pad_{axis}"] - k, f[f"stride_{axis}"])
        else:
            source, rest = position * f[f"stride_{axis}"] - f[f"pad_{axis}"] + k * f[f"dilation_{axis}"], 0
        if rest == 0 and 0 <= source < f[f"in_{axis}"]:
            yield source


def accesses(f, channelwise, transposed):
    """Return (is write, byte) for every access, walking forward as kernels.h promises."""
    found = []
    for y in range(f["out_h"]):
        for x in range(f["out_w"]):
            pixels = [
                (i_y * f["in_w"] + i_x) * f["in_c"]
                for i_y in taps(f, "h", y, transposed)
                for i_x in taps(f, "w", x, transposed)
            ]
            for o in range(f["out_c"]):
                channels = [o] if channelwise else range(f["in_c"])
                outputs = [(True, (y * f["out_w"] + x) * f["out_c"] + o)]
                found.append([(False, pixel + c) for pixel in pixels for c in channels] + outputs)
    return found


def simulated_distance(f, channelwise, transposed, backward):
    """Return the smallest distance at which no byte is read after it was overwritten."""
    outputs = accesses(f, channelwise, transposed)
    in_bytes, out_bytes = (f[f"{side}_h"] * f[f"{side}_w"] * f[f"{side}_c"] for side in ("in", "out"))
    needed, distance = np.inf, -np.inf
    for output in outputs if backward else reversed(outputs):
        for is_write, byte in reversed(output):
            position = (out_bytes if is_write else in_bytes) - 1 - byte if backward else byte
            if is_write:
                distance = max(distance, position + 1 - needed)
            else:
                needed = min(needed, position)
    return distance


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("kind", ["conv", "pool", "transposed"])
def test_distance_is_enough_and_not_a_pixel_too_much(kind, backward):
    rng = np.random.default_rng(5)
    for _ in range(60):
        operator, k_h, k_w = random_operator(rng, kind == "transposed")
        if kind == "transposed":
            window = transposed_window(operator, operator.inputs[0].shape, k_h, k_w)
        else:
            window = sliding_window(operator, k_h, k_w)
        if kind == "pool":
            window.fields["out_c"] = window.fields["in_c"]
        fields = overlap(window, 1, channelwise=kind == "pool", transposed=kind == "transposed")
        claimed = fields["backward_overlap" if backward else "overlap"][0]
        needed = simulated_distance(window.fields, kind == "pool", kind == "transposed", backward)
        assert needed <= claimed <= max(needed, 0) + window.fields["out_c"], (window.fields, needed, claimed)


@pytest.mark.parametrize(("in_bytes", "out_bytes"), [(5, 3), (3, 5), (4, 4)])
@pytest.mark.parametrize("rows", [1, 2, 7])
def test_row_distance_keeps_rows_apart(rows, in_bytes, out_bytes):
    distance = row_distance(rows, in_bytes, out_bytes, buffered=False)
    apart = [row * in_bytes - (row + 1) * out_bytes + distance for row in range(rows)]
    assert min(apart) == 0  # input row minus end of the output row, in bytes from the output's start
    distance = row_distance(rows, in_bytes, out_bytes, buffered=True)
    assert rows > 1 or distance == -in_bytes  # nothing is read after the first write
    apart = [(row + 1) * in_bytes - (row + 1) * out_bytes + distance for row in range(rows - 1)]
    assert rows == 1 or min(apart) == 0
