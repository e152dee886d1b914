"""Advice from the cells: per model and board what to take, what limits it, what would fit, how long a battery lasts.

Every line names the cells it comes from. Where no cell tells, it says so.
"""

from scripts.lib.energy import DutyCycle
from scripts.lib.memory import consumers, to_fit
from scripts.report import words
from scripts.report.cells import Cell


def advise(cells: list[Cell], budget_points: float, duty_cycle: DutyCycle) -> dict[str, dict[str, list[str]]]:
    """Return lines of Markdown by model and board; those under "" are about the model on every board.

    The cheapest scheme takes the least energy per inference (the least time where energy is not known), and loses at
    most `budget_points` percentage points of accuracy against the model's best. Foreign images and the host are left
    out.
    """
    advice: dict[str, dict[str, list[str]]] = {}
    ours = [cell for cell in cells if cell.build is not None]
    for model in dict.fromkeys(cell.row.model for cell in ours):
        of_model = [cell for cell in ours if cell.row.model == model]
        advice[model] = {"": _accuracy_lines(of_model)}
        for board in dict.fromkeys(cell.row.board for cell in of_model):
            here = [cell for cell in of_model if cell.row.board == board]
            advice[model][board] = _board_lines(here, of_model, budget_points, duty_cycle)
    return advice


def _accuracy_lines(cells: list[Cell]) -> list[str]:
    """Compare the schemes of one model."""
    scored = {cell.row.scheme: cell for cell in reversed(cells) if cell.row.accuracy is not None}
    if not scored:
        return ["No cell tells the accuracy of this model: choices are by cost alone."]
    best = max(scored.values(), key=lambda cell: cell.row.accuracy)
    inside = [c for c in scored.values() if c.row.accuracy_ci_high >= best.row.accuracy_ci_low]
    worse = [cell for cell in scored.values() if cell not in inside]
    names = ", ".join(f"{c.row.scheme} {words.accuracy(c.row)} %" for c in sorted(inside, key=lambda c: c.row.scheme))
    lines = [f"Accuracies that differ by less than their 95 % intervals: {names} {_names(inside)}."]
    lines += [f"{c.row.scheme} is worse: {words.accuracy(c.row)} % {_names([c])}." for c in worse]
    return lines


def _board_lines(here: list[Cell], of_model: list[Cell], budget_points: float, duty_cycle: DutyCycle) -> list[str]:
    running = [cell for cell in here if cell.row.status == "ok"]
    chosen = _cheapest(running, of_model, budget_points)
    lines = []
    if chosen:
        lines += [_choice(chosen, running), _limit(chosen), *_rate(chosen, duty_cycle)]
    elif running:
        lines.append(f"No scheme that runs is within {budget_points:g} points of the best accuracy {_names(running)}.")
    else:
        lines.append(f"No scheme runs {_names(here)}.")
    for cell in here:
        if cell.row.status == "does_not_fit":
            lines.append(f"{cell.row.scheme} {cell.row.reason}: {to_fit(cell.build)} {_names([cell])}.")
        elif cell.row.status != "ok":
            lines.append(f"{cell.row.scheme}: {words.reason(cell.row)} {_names([cell])}.")
    if not running and (others := [c for c in of_model if c.row.status == "ok" and c.row.board != here[0].row.board]):
        smallest = min(others, key=lambda cell: (cell.row.flash_capacity_bytes, cell.row.ram_capacity_bytes))
        lines.append(f"The smallest board in the table that runs it is {smallest.row.board} {_names([smallest])}.")
    return lines


def _cheapest(running: list[Cell], of_model: list[Cell], budget_points: float) -> Cell | None:
    """Return the cheapest cell within the budget."""
    known = [cell.row.accuracy for cell in of_model if cell.row.accuracy is not None]
    least = max(known) - budget_points / 100 if known else None
    within = [c for c in running if least is None or (c.row.accuracy is not None and c.row.accuracy >= least)]
    if any(cell.row.energy_uj is None for cell in within):
        return min(within, key=lambda cell: cell.row.latency_ms)
    return min(within, key=lambda cell: cell.row.energy_uj, default=None)


def _choice(chosen: Cell, running: list[Cell]) -> str:
    row = chosen.row
    parts = [f"{words.significant(row.latency_ms)} ms"]
    if row.energy_uj is not None:
        parts.append(f"{row.energy_uj:,.3g} µJ")
    for name, used, capacity in (
        ("flash", row.flash_bytes, row.flash_capacity_bytes),
        ("RAM", row.ram_bytes, row.ram_capacity_bytes),
    ):
        if used is not None:
            parts.append(f"{words.kibibytes(used)} of {name} ({words.percent_of(used, capacity)})")
    if row.accuracy is not None:
        parts.append(f"accuracy {words.accuracy(row)} %")
    return f"**Take {row.scheme}**: {', '.join(parts)} {_names(running)}."


def _limit(chosen: Cell) -> str:
    """What would have to shrink first: the hottest layer, and the largest consumers of the fuller memory."""
    row, layers = chosen.row, chosen.measurement.layers
    text = "Limits: "
    if layers:
        index = max(range(len(layers)), key=lambda i: layers[i].cycles)
        share = layers[index].cycles / max(1, sum(layer.cycles for layer in layers))
        text += f"layer {index} ({layers[index].op}) takes {share:.0%} of the cycles; "
    fuller = "flash"
    if (
        row.ram_bytes is not None
        and row.ram_bytes / row.ram_capacity_bytes > row.flash_bytes / row.flash_capacity_bytes
    ):
        fuller = "ram"
    return f"{text}{consumers(chosen.build, fuller)} {_names([chosen])}."


def _rate(chosen: Cell, duty_cycle: DutyCycle) -> list[str]:
    """How often it can infer, and what sleeping between inferences is worth."""
    row, energy = chosen.row, chosen.measurement.energy
    most = f"At most {1000 / row.latency_ms:,.3g} inferences per second"
    if energy is None or row.average_power_mw is None:
        why = "its energy is not known" if energy is None else "that is less than the duty cycle asks for"
        return [f"{most}; {why} {_names([chosen])}."]
    busy = duty_cycle.inferences_per_hour / 3600 * row.latency_ms / 1000
    awake_mw = energy.uj / row.latency_ms
    battery, awake_days = f"{duty_cycle.battery_mah:g} mAh", duty_cycle.battery_life_days(awake_mw)
    return [
        f"{most}; at {duty_cycle.inferences_per_hour:g} per hour it is busy {busy:.2%} of the time {_names([chosen])}.",
        f"Asleep between inferences a battery of {battery} lasts {words.days(row.battery_life_days)} days; "
        f"awake all the time, {words.days(awake_days)} days {_names([chosen])}.",
    ]


def _names(cells: list[Cell]) -> str:
    return f"[{', '.join(cell.row.cell for cell in cells)}]"
