"""Knowledge distillation: the model also learns from the probabilities that a larger one gives (Hinton et al. 2015).

The loss is (1 - weight) times cross entropy with the labels plus weight · T² times the divergence from the teacher's
probabilities, both at temperature T: arXiv:1503.02531, section 2. Refuses tasks without classes.
"""

from typing import Annotated, Any

import numpy as np
import pydantic

from firmware import settings
from scripts.lib.training import Task, TrainingError

LEAST = 1e-7  # the smallest probability, so that every one has a logarithm


class Parameters(settings.Settings):
    """Whom the model learns from, and how much."""

    teacher: Annotated[str, pydantic.Field(min_length=1)]  #: a model on the same data
    temperature: Annotated[float, pydantic.Field(gt=0)] = 2.0  #: by which the probabilities of both are softened
    #: of the teacher's word in the loss; the label has the rest
    weight: Annotated[float, pydantic.Field(gt=0, le=1)] = 0.5


def vary(task: Task, parameters: Parameters, _epochs: int, teacher: Any) -> Task:
    """Return `task` with targets (n, 1 + classes): the label, then the teacher's probabilities."""
    if task.target.ndim != 1:
        raise TrainingError("distilled needs a task with classes")
    import keras
    from keras import ops

    opinion = teacher.predict(task.x, batch_size=256, verbose=0)
    target = np.concatenate([task.target[:, None], opinion], axis=1).astype(np.float32)

    def softened(probabilities: Any) -> Any:
        return ops.log(ops.maximum(probabilities, LEAST)) / parameters.temperature

    def loss(truth: Any, probabilities: Any) -> Any:
        label = keras.losses.sparse_categorical_crossentropy(truth[:, 0], probabilities)
        wanted = ops.softmax(softened(truth[:, 1:]))
        divergence = ops.sum(wanted * (ops.log(wanted) - ops.log_softmax(softened(probabilities))), axis=-1)
        return (1 - parameters.weight) * label + parameters.weight * parameters.temperature**2 * divergence

    def accuracy(truth: Any, probabilities: Any) -> Any:
        return keras.metrics.sparse_categorical_accuracy(truth[:, 0], probabilities)

    return task.changed(target=target, loss=loss, metrics=[accuracy])
