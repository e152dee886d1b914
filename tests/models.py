"""Small real models for tests, built without a training framework."""

import numpy as np

from tests.tflite_builder import ModelBuilder


def small_classifier(
    seed: int = 0, scheme: str = "int8", kind: str = "FULLY_CONNECTED", hidden_width: int = 16
) -> bytes:
    """Return a 24-hidden-5 classifier with ReLU and softmax; `kind` renames the second operator."""
    rng = np.random.default_rng(seed)
    builder = ModelBuilder()
    quantized = scheme == "int8"

    def activation(width: int, scale: float, zero_point: int) -> int:
        return builder.tensor((1, width), scheme, scale if quantized else None, zero_point)

    def layer(source: int, target: int, shape: tuple[int, int], name: str, relu: int) -> None:
        if quantized:
            scales = rng.uniform(0.005, 0.02, shape[0])
            weights = builder.tensor(shape, "int8", scales, 0, 0, rng.integers(-127, 128, shape))
            bias_scales = scales * builder.scale(source)
            bias = builder.tensor(shape[:1], "int32", bias_scales, 0, 0, rng.integers(-500, 500, shape[0]))
        else:
            weights = builder.tensor(shape, "float32", data=rng.normal(size=shape))
            bias = builder.tensor(shape[:1], "float32", data=rng.normal(size=shape[0]))
        options = "FullyConnectedOptions" if name == "FULLY_CONNECTED" else ""
        fields = {"activation": relu} if options else {}
        builder.operator(name, [source, weights, bias], [target], options, **fields)

    x, hidden = activation(24, 0.05, -3), activation(hidden_width, 0.08, -128)
    logits, probabilities = activation(5, 0.15, 9), activation(5, 1 / 256, -128)
    layer(x, hidden, (hidden_width, 24), "FULLY_CONNECTED", 1)
    layer(hidden, logits, (5, hidden_width), kind, 0)
    builder.operator("SOFTMAX", [logits], [probabilities], "SoftmaxOptions", beta=1.0)
    return builder.build([x], [probabilities])
