"""The page: the same bytes for the same cells, all data in it, nothing fetched, no text that becomes markup."""

import base64
import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from scripts.build_report import build_report
from scripts.lib import table
from scripts.report import cells, method, page_data, words
from tests.conftest import ROOT
from tests.unit import records


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> list[cells.Cell]:
    return records.measured_cells(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    (folder / "har_cnn1d").mkdir(parents=True)
    (folder / "har_cnn1d/stm32f4_disco.log").write_text(
        "[float32]\nslow\n[int8]\nsample 1 of 3: 12 cycles\n[int16x8]\n"
    )
    return folder


@pytest.fixture(scope="module")
def html(measured, logs) -> str:
    return build_report(measured, logs, ROOT)


def carried(html: str, part: str = "data") -> dict:
    """The data inside a page, or the details of its cells."""
    found = re.search(rf'<script id="{part}"[^>]*>([A-Za-z0-9+/=]+)</script>', html)
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


class _Page(HTMLParser):
    """Collects what a page refers to, and checks that its elements are closed."""

    def __init__(self, html: str):
        super().__init__()
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.links += [value for key, value in attributes if key in ("src", "href", "action", "srcset")]
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_has_the_same_bytes_every_time(html, measured, logs):
    assert build_report(measured, logs, ROOT) == html


def test_the_page_needs_nothing_but_itself(html):
    page = _Page(html)
    assert page.open == []
    assert page.links == ["data:,", "#overview"]  # an icon that is no request, and the skip link
    assert "url(" not in html and "@import" not in html and "import(" not in html
    assert set(re.findall(r"https?://[^\"' ]*", html)) == {"http://www.w3.org/2000/svg"}  # a name, not an address


def test_the_page_carries_every_row_as_the_table_has_it(html, measured):
    data = carried(html)
    assert len(data["rows"]) == len(carried(html, "details")["cells"]) == len(measured)
    for values, cell in zip(data["rows"], measured, strict=True):
        row = dict(zip(data["columns"], values, strict=True))
        assert {name: table.text(name, value) for name, value in row.items()} == {
            name: table.text(name, getattr(cell.row, name)) for name in row
        }


def test_a_cell_has_layers_plan_log_and_provenance(html, measured):
    details = carried(html, "details")
    place = records.CELLS.index(("har_cnn1d", "int8", "stm32f4_disco"))
    detail, cell = details["cells"][place], measured[place]
    graph = details["graphs"][detail["graph"]]
    assert graph["layers"] == [["dense", "FULLY_CONNECTED", 12100]]
    assert detail["cycles"] == [layer.cycles for layer in cell.measurement.layers]
    assert graph["arena"] == cell.build.plan.arena_bytes and graph["tensors"][0][1:] == [0, 912, -1, 0]
    assert detail["log"] == "sample 1 of 3: 12 cycles\n"
    provenance = dict(detail["provenance"])
    assert provenance["image, SHA-256"] == cell.row.elf_sha256
    assert provenance["outputs compared with"] == "tflite-micro 0.dev1, 20 samples"
    assert "log" not in details["cells"][0]


def test_models_and_boards_are_described_by_their_declarations(html):
    data = carried(html)
    assert "Fashion-MNIST" in data["model_info"]["mlp_fashion"]["title"]
    assert dict(data["model_info"]["mlp_fashion"]["dataset"])["licence"]
    assert data["board_info"]["arduino_zero"]["short"] == "cortex-m0plus, 48 MHz"
    assert ["sram", "ram", "0x20000000", 32768] in data["board_info"]["arduino_zero"]["memory"]


def test_what_is_not_declared_here_is_shown_by_its_name(measured, logs, tmp_path):
    data = carried(build_report(measured, logs, tmp_path))
    assert data["board_info"]["arduino_zero"]["title"] == "arduino_zero"
    assert data["model_info"]["mlp_fashion"] == {"title": "mlp_fashion", "facts": [], "dataset": []}


def test_the_page_carries_the_advice_of_every_model_and_board(html):
    advice = carried(html)["advice"]
    assert set(advice) == set(records.MODELS)
    assert set(advice["har_cnn1d"]) == {"", *records.BOARDS}
    assert "int8" in advice["har_cnn1d"]["arduino_zero"][0] and not set("`*") & set(str(advice))


def test_cells_of_one_network_share_its_plan(html):
    assert len(carried(html, "details")["graphs"]) == 4  # models times schemes, whatever the board


def test_text_of_a_record_cannot_become_markup(measured, logs):
    evil = "</script><script>alert(1)</script>"
    html = build_report([replace(measured[0], row=replace(measured[0].row, reason=evil, engine=evil))], logs, ROOT)
    assert "alert(1)" not in re.sub(r"&lt;script&gt;alert\(1\)", "", html)


def test_the_method_says_what_is_true_of_this_table(measured):
    text = method.method(measured)
    assert "Here: 7 latencies." in text and "None here." in text
    assert "median of 3 runs" in text and "The error of 7 modelled latencies is not known." in text
    assert "tflite-micro 0.dev1 (7 cells)" in text and "7 of 7 cells had to agree in every bit" in text
    known = measured[1].measurement.latency.model_copy(update={"error_pct": 3.0})
    changed = measured[1].measurement.model_copy(update={"latency": known})
    assert "±3 to ±3 %" in method.method([replace(measured[1], measurement=changed)])


def test_a_cell_that_is_there_twice_is_named(measured, logs):
    with pytest.raises(table.TableError, match="more than once: mlp_fashion/int8/arduino_zero"):
        build_report([*measured, measured[2]], logs, ROOT)


def test_names_of_fused_layers_are_short():
    assert (
        page_data.short_name("functional_8/sequential/conv1d_1/Relu;functional_8/conv1d_1/BiasAdd") == "conv1d_1/Relu"
    )


@pytest.mark.parametrize(
    ("latency_ms", "text"), [(0.01234, "0.0123"), (0.648, "0.648"), (5.449, "5.45"), (59.36, "59.4"), (1234.5, "1234")]
)
def test_milliseconds_keep_three_digits(latency_ms, text):
    assert words.significant(latency_ms) == text
