"""The page in a real browser without a network: no errors; sorting, filtering, links and keys work.

Of ten thousand rows only those in view are drawn.
"""

from dataclasses import replace

import pytest

from scripts.build_report import build_report
from scripts.report import cells
from tests.browser import CHROMIUM, Browser
from tests.conftest import ROOT
from tests.unit import records

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian package chromium)")
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> list[cells.Cell]:
    loaded = records.measured_cells(tmp_path_factory.mktemp("results"))
    return [replace(loaded[0], row=replace(loaded[0].row, reason=EVIL)), *loaded[1:]]


@pytest.fixture(scope="module")
def page(measured, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(build_report(measured, path.parent, ROOT), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(chromium, page):
    chromium.problems.clear()
    chromium.call("Page.navigate", url="about:blank")
    chromium.open(page)
    yield chromium
    assert chromium.problems == []


def column(browser: Browser, number: int) -> list[str]:
    return browser.run(f"[...document.querySelectorAll('#cells tbody tr')].map(row => row.cells[{number}].innerText)")


def choose(browser: Browser, control: str, value: str) -> None:
    changed = f"Object.assign(document.getElementById('{control}'), {{value: '{value}'}})"
    browser.run(f"{changed}.dispatchEvent(new Event('input'))")


def test_every_cell_is_in_the_table_with_a_number_or_a_reason(browser):
    names = list(zip(*(column(browser, number) for number in range(3)), strict=True))
    assert names == records.CELLS
    latencies = column(browser, 4)
    assert EVIL in latencies[0] and all("modelled" in text for text in latencies[1:])
    assert browser.run("document.querySelectorAll('img').length") == 0
    assert browser.run("document.getElementById('count').innerText") == "8 of 8 cells"


def test_a_click_on_a_head_sorts_and_says_so_and_what_has_no_number_stays_last(browser):
    browser.run("document.querySelector('[data-name=latency_ms] button').click()")
    up = [float(text.split()[0]) for text in column(browser, 4)[:-1]]
    assert up == sorted(up) and EVIL in column(browser, 4)[-1]
    assert browser.run("document.querySelector('[data-name=latency_ms]').getAttribute('aria-sort')") == "ascending"
    browser.run("document.querySelector('[data-name=latency_ms] button').click()")
    down = [float(text.split()[0]) for text in column(browser, 4)[:-1]]
    assert down == up[::-1] and EVIL in column(browser, 4)[-1]
    assert browser.run("document.querySelectorAll('[aria-sort=none]').length") == 8


def test_filters_narrow_the_table_and_the_count(browser):
    browser.run("document.getElementById('filter-text').focus()")
    browser.type("har zero")
    assert column(browser, 0) == ["har_cnn1d"] * 2 and column(browser, 2) == ["arduino_zero"] * 2
    choose(browser, "filter-scheme", "int8")
    assert browser.run("document.getElementById('count').innerText") == "1 of 8 cells"


def test_the_answer_follows_model_number_and_budget(browser):
    answer = "document.getElementById('answer').innerText"
    assert browser.run(answer).startswith("Take int8 on stm32f4_disco: 5.45 ms modelled error not known")
    choose(browser, "pick-model", "har_cnn1d")
    assert "0.648 ms" in browser.run(answer)
    choose(browser, "pick-metric", "ram_bytes")
    assert "least RAM" in browser.run(answer)
    assert browser.run("document.querySelectorAll('#grid td.pick').length") == 2  # one for each board
    assert browser.run("document.querySelectorAll('#charts svg a').length") == 8  # four cells in two charts


def test_every_link_leads_to_a_section_with_a_title_that_has_the_focus(browser):
    links = browser.run("[...new Set([...document.querySelectorAll('a')].map(a => a.getAttribute('href')))]")
    assert {"#model/har_cnn1d", "#board/arduino_zero", "#cell/har_cnn1d/int8/stm32f4_disco"} <= set(links)
    for link in links:
        browser.run(f"location.hash = {link!r}")
        browser.wait(f"document.body.dataset.route === {link!r}")
        if link != "#overview":
            assert browser.run("document.activeElement.id") == "detail-title", link
            assert "There is no" not in browser.run("document.activeElement.innerText"), link
    browser.run("location.hash = '#cell/nothing/int8/nowhere'")
    browser.wait("document.getElementById('detail-title').innerText.startsWith('There is no cell')")


def test_a_cells_section_has_sizes_layers_plan_and_provenance(browser, measured):
    browser.run("location.hash = '#cell/har_cnn1d/int8/stm32f4_disco'")
    browser.wait("document.body.dataset.route.startsWith('#cell')")
    text = browser.run("document.getElementById('detail').innerText")
    for part in (
        "flash 21,412 of 1,048,576 bytes",
        "0 fully_connected",
        "Arena of 912 bytes",
        "fully_connected_0_weights",
        "a scheme with narrower weights, or fewer units",
        measured[-1].row.elf_sha256,
    ):
        assert part in text
    assert browser.run("document.querySelectorAll('#detail svg rect').length") > 5


def test_the_page_works_with_the_keyboard_alone(browser):
    browser.press("Tab")
    assert browser.run("document.activeElement.innerText") == "Skip to the results"
    seen = set()
    for _ in range(60):
        browser.press("Tab")
        seen.add(browser.run("document.activeElement.id || document.activeElement.closest('th')?.dataset.name || ''"))
        if "latency_ms" in seen:
            break
    assert {"pick-model", "pick-budget", "filter-text", "scroll", "latency_ms"} <= seen
    browser.press("Enter")
    assert browser.run("document.querySelector('[data-name=latency_ms]').getAttribute('aria-sort')") == "ascending"


def test_a_screen_reader_finds_names_for_everything_that_can_be_used(browser):
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    controls = ("link", "button", "combobox", "searchbox", "spinbutton", "table", "region", "heading", "columnheader")
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in controls
    ]
    assert {role for role, _ in found} >= {"link", "button", "combobox", "searchbox", "table", "heading"}
    assert [role for role, name in found if not name] == []


@pytest.mark.parametrize(("dark", "size"), [(False, (1280, 900)), (True, (1280, 900)), (False, (400, 800))])
def test_light_dark_and_narrow_are_readable(browser, tmp_path, dark, size):
    browser.look(dark=dark, size=size)
    colours = browser.run("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
    paper, ink = (sum(int(part) for part in colour.strip("rgb()").split(",")) for colour in colours)
    assert (paper < ink) == dark and abs(paper - ink) > 500
    assert browser.run("document.documentElement.scrollWidth") <= size[0]  # wide tables scroll by themselves
    browser.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000
    browser.look()


def test_ten_thousand_rows_are_a_small_file_and_few_elements(browser, measured, tmp_path):
    """Rows out of sight are not drawn, which is what keeps opening fast; scrolling brings the others."""
    many = [
        replace(cell, row=replace(cell.row, model=f"{cell.row.model}_{model}", board=f"{cell.row.board}_{board}"))
        for model in range(25)
        for board in range(50)
        for cell in measured
    ]
    path = tmp_path / "many.html"
    path.write_text(build_report(many, tmp_path, ROOT), encoding="utf-8")
    assert path.stat().st_size < 2_000_000
    browser.open(path)
    assert browser.run("document.getElementById('count').innerText") == "10000 of 10000 cells"
    assert browser.run("document.querySelectorAll('*').length") < 8000
    browser.run("document.getElementById('scroll').scrollTop = 1e9")
    browser.wait("document.querySelector('#cells tbody').innerText.includes('har_cnn1d_24')")
