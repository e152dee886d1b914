"""Figures and page: the same bytes for the same table, every cell shown, nothing fetched from elsewhere."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scripts import build_report, plot_accuracy_latency, plot_memory
from scripts.collect_results import collect_results
from scripts.report import style, words
from tests.unit import records

PLOTS = {"accuracy_latency": plot_accuracy_latency.plot_accuracy_latency, "memory": plot_memory.plot_memory}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return collect_results(records.CELLS, *records.write_all(tmp_path_factory.mktemp("results")))


@pytest.fixture(scope="module")
def figures(rows, tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("figures")
    for name, plot in PLOTS.items():
        style.save(plot(rows), folder / f"{name}.svg")
    return [folder / f"{name}.svg" for name in PLOTS]


@pytest.mark.parametrize("name", PLOTS)
def test_a_figure_has_the_same_bytes_every_time_and_names_no_day(name, rows, figures, tmp_path):
    style.save(PLOTS[name](rows), tmp_path / "again.svg")
    first = next(path for path in figures if path.stem == name).read_bytes()
    assert (tmp_path / "again.svg").read_bytes() == first
    assert b"<metadata" not in first
    assert not re.search(rb"20\d\d-\d\d-\d\d", first)


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("status", ["unsupported", "failed"])
def test_a_figure_can_be_drawn_when_no_cell_runs(name, status, rows, tmp_path):
    numbers = [field for field in vars(rows[0]) if field.startswith(("latency", "flash", "ram", "accuracy"))]
    blank = [replace(row, status=status, reason="x", **dict.fromkeys(numbers)) for row in rows]
    style.save(PLOTS[name](blank), tmp_path / "blank.svg")
    assert (tmp_path / "blank.svg").read_text().rstrip().endswith("</svg>")


def test_accuracy_latency_draws_every_running_cell_and_counts_the_others(rows):
    figure = plot_accuracy_latency.plot_accuracy_latency(rows)
    drawn = [len(axis.collections[-1].get_offsets()) for axis in figure.axes]
    assert drawn == [3, 4]
    assert figure.axes[0].get_title(loc="right") == "1 of 4 cells not run"
    assert "modelled" in figure.get_supxlabel()


def test_memory_marks_what_does_not_fit_with_its_number_and_cuts_its_bar(rows):
    huge = replace(rows[0], flash_bytes=100 * 262144, flash_weights_bytes=100 * 262144 - rows[0].flash_code_bytes)
    flash, ram = plot_memory.plot_memory([huge, *rows[1:]]).axes
    marked = [text.get_text() for text in flash.texts if text.get_color() == style.ALARM]
    assert marked == ["25600.0 of 256.0 KiB ✗"]
    assert not [text for text in ram.texts if text.get_color() == style.ALARM]
    assert flash.get_xlim()[1] < 300
    assert len(flash.texts) == len(ram.texts) == len(records.CELLS)


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
