"""Figures and page: the same bytes for the same table, every cell shown, nothing fetched from elsewhere."""

import base64
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scripts import build_report, plot_figures
from scripts.collect_results import collect_results
from scripts.lib import table
from scripts.report import cells, words
from tests.unit import records

PAGE_FIGURES = ("accuracy_latency", "memory")


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> list[cells.Cell]:
    root = tmp_path_factory.mktemp("results")
    table.write(root / "table.csv", collect_results(records.CELLS, *records.write_all(root)))
    return cells.load(root / "table.csv")


@pytest.fixture(scope="module")
def rows(measured) -> list[table.Row]:
    return [cell.row for cell in measured]


@pytest.fixture(scope="module")
def figures(measured, tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("figures")
    for name in PAGE_FIGURES:
        plot_figures.write_figure(name, measured, [folder / f"{name}.svg"])
    return [folder / f"{name}.svg" for name in PAGE_FIGURES]


class _Page(HTMLParser):
    """Collects what a page refers to, its images' texts and its tables' rows."""

    def __init__(self, html: str):
        super().__init__()
        self.links: list[str] = []
        self.alts: list[str] = []
        self.lines = 0
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.links += [values[key] for key in ("src", "href", "action", "data", "srcset") if key in values]
        self.alts += [values["alt"]] if "alt" in values else []
        self.lines += tag == "tr"
        if tag not in ("meta", "img", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def html(rows, figures):
    return build_report.build_report(rows, figures)


def test_the_page_has_the_same_bytes_every_time(html, rows, figures):
    assert build_report.build_report(rows, figures) == html


def test_the_page_needs_nothing_but_itself(html):
    page = _Page(html)
    assert page.open == []
    assert len(page.links) == 2
    assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)
    assert "http:" not in html and "https:" not in html and "url(" not in html and "@import" not in html
    assert "<script" not in html


def test_the_page_shows_every_cell_with_numbers_or_a_reason(html, rows):
    assert _Page(html).lines == 2 * (1 + len(rows))  # results and origins, each with a head
    for row in rows:
        names = "".join(f'<th scope="row">{name}</th>' for name in (row.model, row.scheme, row.board))
        assert html.count(f"<tr>{names}") == 2
        assert (words.milliseconds(row.latency_ms) if row.status == "ok" else row.reason) in html
    assert html.count('<span class="badge modelled">modelled</span>') == 7 + 1  # the running cells and the explanation
    assert '<span class="badge refused">does not fit</span> needs 406.6 KiB flash, board has 256.0 KiB' in html


def test_the_page_says_in_words_what_its_figures_show(html, figures):
    page = _Page(html)
    assert "mlp_fashion: int8 on stm32f4_disco, 5.45 ms" in page.alts[0]
    assert "mlp_fashion/float32/arduino_zero: needs 406.6 KiB flash" in page.alts[1]
    assert [base64.b64decode(link.split(",")[1]) for link in page.links] == [path.read_bytes() for path in figures]


def test_text_from_a_record_cannot_become_markup(rows, figures):
    html = build_report.build_report([replace(rows[0], reason="<script>alert(1)</script>")], figures)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_cut_or_unknown_figure_is_refused(rows, figures, tmp_path):
    cut = tmp_path / "memory.svg"
    cut.write_bytes(figures[1].read_bytes()[:-200])
    with pytest.raises(build_report.ReportError, match="not a whole SVG"):
        build_report.build_report(rows, [cut])
    with pytest.raises(build_report.ReportError, match="no description"):
        build_report.build_report(rows, [tmp_path / "energy.svg"])


@pytest.mark.parametrize(
    ("latency_ms", "text"), [(0.01234, "0.0123"), (0.648, "0.648"), (5.449, "5.45"), (59.36, "59.4"), (1234.5, "1234")]
)
def test_milliseconds_keep_three_digits(latency_ms, text):
    assert words.milliseconds(latency_ms) == text
