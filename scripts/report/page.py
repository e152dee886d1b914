"""The page of results as HTML: one file that needs nothing but itself; equal tables and figures give equal bytes."""

from dataclasses import dataclass
from html import escape

from scripts.lib.table import Row
from scripts.report import words
from scripts.report.page_style import CSS

PROVENANCES = {
    "measured": "an instrument, or the chip's own counter on silicon.",
    "modelled": "the same image on a virtual board: exact instruction counts priced by a model of the core's cycles.",
    "estimated": "computed from a datasheet.",
}
METHOD = (
    "Accuracy is that of the C code the board runs, compiled for the host, over the whole test split. ± is the larger "
    "half of the 95 % Wilson interval, which treats samples as independent. Agreement is the share of samples that get "
    "the same class as from the float32 model.",
    "Latency is timed by the image itself, with the chip's cycle counter, around one inference. It is reported only if "
    "the outputs of that image agreed with the oracle's.",
    "Flash is code plus the model's constants. RAM is the tensor arena, all other static data and the deepest stack "
    "seen on the board; where nothing ran, the stack set aside.",
    "Energy is that of one inference: of the chip alone, supply voltage times the datasheet's active current times "
    "latency where it is estimated, of whatever the monitor feeds where it is measured. Average power and battery life "
    "are those of the duty cycle in config.yaml, asleep between inferences with the datasheet's sleep current.",
)


@dataclass(frozen=True)
class Image:
    """A figure of the page; `source` is a data URI, `alt` says what is seen."""

    source: str
    alt: str
    caption: str


def page(rows: list[Row], images: list[Image]) -> str:
    """Return the whole page."""
    figures = "\n".join(
        f'<figure><img src="{image.source}" alt="{escape(image.alt)}">'
        f"<figcaption>{escape(image.caption)}</figcaption></figure>"
        for image in images
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Boardwalk: results</title>
<style>{CSS}</style>
</head>
<body>
<main>
<h1>Neural networks on microcontrollers</h1>
<p>{_summary(rows)}</p>
{_results(rows)}
{figures}
<h2>How these numbers were obtained</h2>
<dl>{"".join(f"<dt>{_badge(name)}</dt><dd>{meaning}</dd>" for name, meaning in PROVENANCES.items())}</dl>
{"".join(f"<p>{paragraph}</p>" for paragraph in METHOD)}
<details>
<summary>Origin of every cell</summary>
{_origins(rows)}
</details>
</main>
</body>
</html>
"""


def _summary(rows: list[Row]) -> str:
    counts = [len({getattr(row, name) for row in rows}) for name in ("model", "scheme", "board")]
    running = sum(row.status == "ok" for row in rows)
    kinds = " &times; ".join(
        f"{n} {name}{'s' * (n != 1)}" for n, name in zip(counts, ("model", "scheme", "board"), strict=True)
    )
    rest = len(rows) - running
    return f"{kinds}: {running} of {len(rows)} cells run{f', {rest} cannot, for the reason given' if rest else ''}."


def _badge(provenance: str) -> str:
    return f'<span class="badge {escape(provenance)}">{escape(provenance)}</span>'


def _results(rows: list[Row]) -> str:
    heads = ("accuracy, %", "agreement with float, %", "latency, ms", "flash, KiB", "RAM, KiB", "energy, µJ", "battery")
    lines = []
    for row in rows:
        agreement = words.NONE if row.agreement_with_float is None else f"{100 * row.agreement_with_float:.2f}"
        cells = [
            f"<td>{escape(words.accuracy(row))}</td>",
            f"<td>{agreement}</td>",
            _latency(row),
            _memory(row.flash_bytes, row.flash_capacity_bytes),
            _memory(row.ram_bytes, row.ram_capacity_bytes),
            _energy(row),
            _battery(row),
        ]
        lines.append(f"<tr>{_names(row)}{''.join(cells)}</tr>")
    return _table(("model", "scheme", "board"), heads, lines, "results")


def _latency(row: Row) -> str:
    if row.status != "ok":
        reason = escape(row.reason or "")
        return f'<td class="refused"><span class="badge refused">{escape(words.status(row))}</span> {reason}</td>'
    error = "error not known" if row.latency_error_pct is None else f"± {row.latency_error_pct:g} %"
    note = "" if row.latency_provenance == "measured" else f" <small>{error}</small>"
    return f"<td>{words.milliseconds(row.latency_ms)} {_badge(row.latency_provenance)}{note}</td>"


def _memory(used: int | None, capacity: int | None) -> str:
    if used is None or capacity is None:
        return f"<td>{words.NONE}</td>"
    over = ' class="over"' if used > capacity else ""
    share = f"{words.percent_of(used, capacity)} of {capacity / 1024:.0f}"
    return f"<td{over}>{used / 1024:.1f} <small>{share}</small></td>"


def _energy(row: Row) -> str:
    if row.energy_uj is None:
        return f"<td>{words.NONE}</td>"
    power = f"{words.significant(row.power_mw)} mW at {row.supply_v:g} V"
    return f"<td>{words.significant(row.energy_uj)} {_badge(row.energy_provenance)} <small>{power}</small></td>"


def _battery(row: Row) -> str:
    if row.battery_life_days is None:
        return f"<td>{words.NONE}</td>"
    average = f"{words.significant(row.average_power_mw)} mW on average"
    return f"<td>{words.days(row.battery_life_days)} days <small>{average}</small></td>"


def _origins(rows: list[Row]) -> str:
    heads = ("engine", "compiler", "ran on", "cycles at clock", "outputs compared with", "image, model (SHA-256)")
    lines = []
    for row in rows:
        clock = f"{row.latency_cycles} at {row.clock_hz / 1e6:g} MHz" if row.latency_cycles else words.NONE
        ran_on = words.NONE if row.status != "ok" else row.emulator or "the board"
        cells = (row.engine, row.compiler, ran_on, clock, _parity(row))
        hashes = f"<code>{row.elf_sha256 or words.NONE}</code> <code>{row.tflite_sha256}</code>"
        texts = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        lines.append(f"<tr>{_names(row)}{texts}<td>{hashes}</td></tr>")
    return _table(("model", "scheme", "board"), heads, lines, "origins")


def _parity(row: Row) -> str:
    if row.parity_oracle is None:
        return words.NONE
    found = f"largest difference {row.parity_max_abs_diff:g}, allowed {row.parity_tolerance:g}"
    return f"{row.parity_oracle}, {row.parity_samples} samples: {found}"


def _names(row: Row) -> str:
    return "".join(f'<th scope="row">{escape(name)}</th>' for name in (row.model, row.scheme, row.board))


def _table(names: tuple[str, ...], heads: tuple[str, ...], lines: list[str], kind: str) -> str:
    header = "".join(f'<th scope="col">{head}</th>' for head in (*names, *heads))
    body = "\n".join(lines)
    head = f"<thead><tr>{header}</tr></thead>"
    return f'<div class="wide"><table class="{kind}">{head}<tbody>\n{body}\n</tbody></table></div>'
