"""The two ways in which a model is refused."""


class InvalidModel(ValueError):
    """The file is not a well-formed .tflite."""


class UnsupportedModel(ValueError):
    """The file is well formed, but uses something this compiler does not have."""


class UnsupportedOperators(UnsupportedModel):
    """Some operators have no file in ops/; `kinds` are their names, sorted."""

    def __init__(self, message: str, kinds: list[str]):
        self.kinds = kinds
        super().__init__(message)
