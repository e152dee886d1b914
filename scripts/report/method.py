"""How these numbers were obtained: generated from the cells, so that it says what is true of this table."""

from collections import Counter
from collections.abc import Iterable
from html import escape

from scripts.lib.results import UNCONFIRMED
from scripts.report.cells import Cell

PROVENANCES = {
    "measured": "an instrument, or the chip's own counter on silicon.",
    "modelled": "the same image on a virtual board: exact instruction counts priced by a model of the core's cycles.",
    "estimated": "computed from figures of a datasheet.",
    UNCONFIRMED: "computed so, from a current that was not compared with its datasheet.",
}
_FIXED = (
    "Accuracy is that of the C code the board runs, compiled for the host, over the whole test split. ± is the larger "
    "half of the 95 % interval. Agreement is the share of samples that get the same class as from the float32 model.",
    "Flash is code plus the model's constants. RAM is the tensor arena, all other static data and the deepest stack "
    "seen on the board; where nothing ran, the stack set aside.",
)


def method(cells: list[Cell]) -> str:
    """Return HTML."""
    terms = "".join(
        f'<dt><span class="badge {name}">{name}</span></dt><dd>{escape(meaning)} {escape(_count(cells, name))}</dd>'
        for name, meaning in PROVENANCES.items()
    )
    texts = [_FIXED[0], _latency(cells), _parity(cells), _FIXED[1], *_energy(cells), _made_by(cells)]
    return f"<dl>{terms}</dl>" + "".join(f"<p>{escape(text)}</p>" for text in texts if text)


def _count(cells: list[Cell], provenance: str) -> str:
    counts = {
        "latencies": sum(cell.row.latency_provenance == provenance for cell in cells),
        "energies": sum(cell.row.energy_provenance == provenance for cell in cells),
    }
    found = [f"{count} {what}" for what, count in counts.items() if count]
    return f"Here: {' and '.join(found)}." if found else "None here."


def _latency(cells: list[Cell]) -> str:
    latencies = [cell.measurement.latency for cell in cells if cell.measurement.latency]
    if not latencies:
        return "No cell of this table has a latency."
    runs = _listed(str(latency.runs) for latency in latencies)
    errors = sorted({latency.error_pct for latency in latencies if latency.error_pct is not None})
    unknown = sum(latency.error_pct is None and latency.provenance != "measured" for latency in latencies)
    texts = [
        "Latency is timed by the image itself, with the chip's cycle counter, around one inference; a row has the "
        f"median of {runs} runs."
    ]
    if errors:
        texts.append(
            f"Modelled latencies have a stated error of ±{errors[0]:g} to ±{errors[-1]:g} %: the largest of the core's "
            "model against published cycles that it was not made from; caches and wait states have not been judged."
        )
    if unknown:
        texts.append(f"The error of {unknown} modelled latencies is not known.")
    return " ".join(texts)


def _parity(cells: list[Cell]) -> str:
    compared = [cell.measurement.parity for cell in cells if cell.measurement.parity]
    if not compared:
        return ""
    oracles = _listed(f"{oracle} ({count} cells)" for oracle, count in Counter(p.oracle for p in compared).items())
    exact = sum(parity.tolerance == 0 for parity in compared)
    return (
        f"A latency is reported only for an image whose outputs agreed with an oracle: {oracles}. {exact} of "
        f"{len(compared)} cells had to agree in every bit, the others within the tolerance that their section states."
    )


def _energy(cells: list[Cell]) -> list[str]:
    if not any(cell.row.energy_uj is not None for cell in cells):
        return []
    return [
        "Energy is that of one inference: of the chip alone, supply voltage times the datasheet's active current times "
        "latency where it is estimated, of whatever the monitor feeds where it is measured. Average power and battery "
        "life are those of the duty cycle in config.yaml, asleep between inferences with the datasheet's sleep current."
    ]


def _made_by(cells: list[Cell]) -> str:
    compilers = _listed(cell.row.compiler for cell in cells)
    emulators = _listed(cell.row.emulator for cell in cells if cell.row.emulator)
    engines = _listed(cell.row.engine for cell in cells)
    ran = f" Virtual boards ran on {emulators}." if emulators else ""
    return f"Images were made by {engines} with {compilers}.{ran} Every cell's section has the hashes of its files."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "nothing"
