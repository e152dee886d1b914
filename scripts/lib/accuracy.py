"""accuracy.json: how good one model is in one scheme, on the test split of its data.

Strict like every record: numbers that contradict each other are refused when writing as well as when reading.
"""

from typing import Annotated, Literal

import pydantic

from scripts.lib.record import Name, Nature, Part, Record, Sha256
from scripts.lib.results import Count, NotNegative, Positive, Reason, Share


class Classified(Part):
    """Share of `samples` in the right class; Wilson 95 % interval, which treats samples as independent.

    `confusion` counts samples: one row per true class, one column per predicted class.
    """

    samples: Positive
    correct: Count
    accuracy: Share
    ci_low: Share
    ci_high: Share
    confusion: list[list[Count]]

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "Classified":
        _in_order(self.ci_low, self.accuracy, self.ci_high)
        if abs(self.accuracy - self.correct / self.samples) > 1e-9:
            raise ValueError(f"accuracy {self.accuracy} is not correct / samples = {self.correct} / {self.samples}")
        if {len(row) for row in self.confusion} != {len(self.confusion)}:
            raise ValueError("confusion is not square")
        diagonal = sum(row[index] for index, row in enumerate(self.confusion))
        if diagonal != self.correct or sum(map(sum, self.confusion)) != self.samples:
            raise ValueError(f"confusion has {diagonal} right of {sum(map(sum, self.confusion))} samples")
        return self


class Detected(Part):
    """Area under the ROC curve over `recordings`, of which `anomalous` are; DeLong's 95 % interval.

    A recording's score is the mean squared error of the reconstruction, over all its samples.
    """

    samples: Positive
    recordings: Positive
    anomalous: Positive
    auc: Share
    ci_low: Share
    ci_high: Share

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "Detected":
        _in_order(self.ci_low, self.auc, self.ci_high)
        if not self.anomalous < self.recordings <= self.samples:
            raise ValueError(f"{self.anomalous} anomalous of {self.recordings} recordings in {self.samples} samples")
        return self


class Fidelity(Part):
    """How far the real-valued outputs are from the float32 model's; `sqnr_db` is null where they are equal.

    `agreement` is the share of samples with the same class (argmax), null where outputs are no classes.
    """

    agreement: Share | None
    agreement_ci_low: Share | None
    agreement_ci_high: Share | None
    max_abs_diff: NotNegative
    sqnr_db: float | None

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "Fidelity":
        interval = (self.agreement_ci_low, self.agreement, self.agreement_ci_high)
        if None not in interval:
            _in_order(*interval)
        elif set(interval) != {None}:
            raise ValueError("agreement comes with its interval or not at all")
        return self


class Accuracy(Record):
    """One model and scheme: `classified` or `detected`, by the task.

    There is neither where our compiler refuses the model (`unsupported`) or nobody gave labels (`unlabelled`): then
    `reason` says so. `target` is the quality that MLPerf Tiny asks of this task, on its own data.
    """

    status: Literal["ok", "unsupported", "unlabelled"]
    reason: Reason | None
    dataset: Name | None
    nature: Nature | None
    target: Annotated[float, pydantic.Field(gt=0, le=1)] | None
    classified: Classified | None
    detected: Detected | None
    fidelity: Fidelity | None
    tflite_sha256: Sha256
    float_tflite_sha256: Sha256 | None

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "Accuracy":
        scores = sum(part is not None for part in (self.classified, self.detected))
        if (self.status == "ok") != (self.reason is None):
            raise ValueError(f"status {self.status!r} {'excludes' if self.status == 'ok' else 'needs'} a reason")
        if scores != (self.status == "ok"):
            raise ValueError(
                f"status {self.status!r} {'needs one score' if self.status == 'ok' else 'excludes a score'}"
            )
        if self.fidelity and self.float_tflite_sha256 is None:
            raise ValueError("fidelity needs float_tflite_sha256: what the outputs were compared with")
        return self


def _in_order(low: float, value: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{value} lies outside its interval {low} to {high}")
