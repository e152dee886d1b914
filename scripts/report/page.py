"""The page of results as HTML: one file that needs nothing but itself; equal cells give equal bytes.

The files of assets/ are put into one, with the data as compressed JSON: a browser unpacks it and draws tables, charts
and sections. Text of a record reaches the page as text only, never as markup.
"""

import base64
import gzip
import json
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from scripts.report import method, page_data, words
from scripts.report.cells import Cell

_ASSETS = Path(__file__).parent / "assets"
_SCRIPTS = ("base", "pick", "charts", "table", "sections")


def page(cells: list[Cell], extras: page_data.Extras, root: Path = Path()) -> str:
    """Return the whole page; `root` holds config/."""
    parts = {
        "css": _asset("style.css"),
        "js": "\n".join(_asset(f"{name}.js") for name in _SCRIPTS),
        "data": _packed(page_data.page_data(cells, extras, root)),
        "details": _packed(page_data.page_details(cells, extras.logs)),
        "summary": summary(cells),
        "traces": traces(cells),
        "method": method.method(cells),
    }
    html = _asset("index.html")
    for name, content in parts.items():
        html = html.replace("{{" + name + "}}", content)
    return html


def summary(cells: list[Cell]) -> str:
    """Return how many cells there are and how many of them run, as HTML."""
    counts = [len({getattr(cell.row, name) for cell in cells}) for name in ("model", "scheme", "board")]
    running = sum(cell.row.status == "ok" for cell in cells)
    kinds = " &times; ".join(
        f"{n} {name}{'s' * (n != 1)}" for n, name in zip(counts, ("model", "scheme", "board"), strict=True)
    )
    rest = len(cells) - running
    return escape(f"{running} of {len(cells)} cells run{f', {rest} cannot, for the reason given' if rest else ''}.") + (
        f" {kinds}."
    )


def traces(cells: list[Cell]) -> str:
    """Return the recordings of the power monitors as a section of HTML; nothing where no power was measured."""
    seen = [cell for cell in cells if cell.trace and cell.row.energy_provenance == "measured"]
    if not seen:
        return ""
    # Here and not above: matplotlib and pandas take a second, and few pages have a trace.
    from scripts.plot_figures import write_figure
    from scripts.report.figures import caption

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.svg"
        write_figure("trace", seen, [path])
        source = base64.b64encode(path.read_bytes()).decode("ascii")
    alt = "; ".join(f"{cell.row.cell}: {words.significant(cell.row.power_mw)} mW" for cell in seen)
    return (
        f'<section aria-labelledby="traces-title">\n<h2 id="traces-title">Measured power</h2>\n<figure>'
        f'<img src="data:image/svg+xml;base64,{source}" alt="{escape(alt)}">'
        f"<figcaption>{escape(caption('trace'))}</figcaption></figure>\n</section>"
    )


def _packed(content: dict[str, Any]) -> str:
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(data.encode("utf-8"), 9, mtime=0)).decode("ascii")


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
