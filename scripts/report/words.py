"""How a number of the table is said to people, in the terminal, in figures and on the page: one wording for all."""

from collections.abc import Iterable

from scripts.lib.table import Row

NONE = "-"  # there is no such number
MEMORIES = {"flash": "flash", "ram": "RAM"}


def accuracy(row: Row) -> str:
    """Accuracy in percent, or AUC, with the larger half of its 95 % interval."""
    if row.auc is not None:
        half = max(row.auc - row.auc_ci_low, row.auc_ci_high - row.auc)
        return f"AUC {row.auc:.3f} ±{half:.3f}"
    if row.accuracy is None:
        return NONE
    half = max(row.accuracy - row.accuracy_ci_low, row.accuracy_ci_high - row.accuracy)
    return f"{row.accuracy:.1%} ±{half * 100:.1f}".replace("%", "")


def kibibytes(size_bytes: int) -> str:
    return f"{size_bytes / 1024:.1f} KiB"


def percent_of(used: int, capacity: int) -> str:
    return f"{used / capacity:.0%}"


def status(row: Row) -> str:
    """The status as words: "does not fit"."""
    return row.status.replace("_", " ")


def no_memory(status: str) -> str:
    """Why a cell of this status has no number for a memory: it did not run, or the machine has no such memory."""
    return NONE if status == "ok" else status.replace("_", " ")


def reason(row: Row) -> str:
    """Why a cell has no latency, in one line."""
    return f"{status(row)}: {row.reason}"


def significant(value: float | None) -> str:
    """Three significant digits, without an exponent: 0.0123, 1.23, 123, 1234."""
    if value is None:
        return NONE
    decimals = next((digits for digits, limit in ((0, 100), (1, 10), (2, 1), (3, 0.1)) if value >= limit), 4)
    return f"{value:.{decimals}f}"


def days(value: float | None) -> str:
    """Days of battery life."""
    if value is None:
        return NONE
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def joined(provenances: Iterable[str | None]) -> str:
    """Where numbers come from: "modelled", "measured and modelled", or "" if there are none."""
    return " and ".join(sorted({name for name in provenances if isinstance(name, str)}))
