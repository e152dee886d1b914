"""Puts the table and the figures on one page that works offline: results/report/index.html.

Refuses figures that are not SVG and figures that it has no words for.
"""

import base64
from pathlib import Path

from scripts.lib import table
from scripts.lib.job import logged, whole
from scripts.report import words
from scripts.report.page import Image, page


class ReportError(ValueError):
    """A figure that cannot go on the page."""


def build_report(rows: list[table.Row], figures: list[Path]) -> str:
    """Return the page with `rows` and, below them, the SVG `figures` in their order."""
    describe = {"accuracy_latency": _describe_accuracy_latency, "memory": _describe_memory}
    images = []
    for path in map(Path, figures):
        if path.stem not in describe:
            raise ReportError(f"{path}: no description for this figure, expected one of {', '.join(describe)}")
        svg = path.read_bytes()
        if b"<svg" not in svg or not svg.rstrip().endswith(b"</svg>"):
            raise ReportError(f"{path}: not a whole SVG file")
        alt, caption = describe[path.stem](rows)
        images.append(Image("data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii"), alt, caption))
    return page(rows, images)


def _describe_accuracy_latency(rows: list[table.Row]) -> tuple[str, str]:
    running = [row for row in rows if row.latency_ms is not None]
    fastest = {}
    for row in sorted(running, key=lambda row: row.latency_ms):
        fastest.setdefault(
            row.model, f"{row.model}: {row.scheme} on {row.board}, {words.milliseconds(row.latency_ms)} ms"
        )
    alt = f"Accuracy versus latency, one panel per model. Fastest cells: {'; '.join(fastest.values()) or 'none runs'}."
    source = f" ({words.joined(row.latency_provenance for row in rows)})" if running else ""
    return alt, f"Accuracy versus latency{source}. Bars are 95 % intervals; rings mark the Pareto front of a model."


def _describe_memory(rows: list[table.Row]) -> tuple[str, str]:
    refused = [f"{row.cell}: {row.reason}" for row in rows if row.status == "does_not_fit"]
    alt = f"Flash and RAM of every cell as a share of its board. Does not fit: {'; '.join(refused) or 'none'}."
    return alt, "Memory versus capacity. The line at 100 % is the end of the board's memory."


if job := globals().get("snakemake"):
    with logged(job):
        html = build_report(table.read(job.input.table), job.input.figures)
        with whole(Path(job.output[0])) as part:
            part.write_text(html, encoding="utf-8", newline="\n")
