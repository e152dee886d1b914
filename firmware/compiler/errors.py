"""The two ways in which a model is refused."""


class InvalidModel(ValueError):
    """The file is not a well-formed .tflite."""


class UnsupportedModel(ValueError):
    """The file is well formed, but uses something this compiler does not have."""
