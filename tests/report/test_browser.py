"""The page in a real browser: nothing on its console, nothing fetched, and what it computes is what the library computes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from fivesigma.core.dataset import Dataset
from fivesigma.core.scores import Scores
from fivesigma.report.content import RunContent
from fivesigma.report.page import render
from fivesigma.statistics.asymptotic_limits import asymptotic_expected_upper_limits
from fivesigma.statistics.significance import approximate_median_significance, asimov_significance

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]
DESKTOP, PHONE = (1280, 900), (390, 844)
WIDTHS = (320, 390, 768, 1280)

Opened = Callable[..., tuple[Page, list[str]]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """The function that opens a page as a file, and tells all that it said or asked for."""
    contexts = []

    def open_page(text: str, size: tuple[int, int] = DESKTOP, **options: Any) -> tuple[Page, list[str]]:
        place, said = tmp_path / "report.html", []
        place.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda request: said.append(request.url) if not request.url.startswith("data:") else None)
        page.goto(place.as_uri())
        assert said.pop(0) == place.as_uri()
        return page, said

    yield open_page
    for context in contexts:
        context.close()


def test_figures_that_nobody_scrolls_to_are_made_ready_too(content: RunContent, opened: Opened) -> None:
    """What is not in sight waits until the page is open, and is there when it is printed or photographed as a whole."""
    page, _ = opened(render(content), (800, 200))
    assert page.locator("img[src]").count() > 3
    ready = "[...document.images].filter((one) => one.src).every((one) => one.complete && one.naturalWidth > 0)"
    for _ in range(200):
        if page.evaluate(ready):
            return
        page.wait_for_timeout(50)
    pytest.fail("some figures are not there")


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "light"), (DESKTOP, "dark")])
def test_it_says_nothing_and_fetches_nothing(
    content: RunContent, opened: Opened, size: tuple[int, int], scheme: str
) -> None:
    page, said = opened(render(content), size, color_scheme=scheme)
    _wake(page)
    assert said == []
    assert len(page.screenshot(full_page=True)) > 100_000, "an empty page makes a small picture"


def test_a_complaint_would_be_seen(content: RunContent, opened: Opened) -> None:
    text = render(content).replace("</body>", "<script>1</script></body>")
    _, said = opened(text)
    assert any("Content Security Policy" in line for line in said)


def test_a_request_would_be_seen(content: RunContent, opened: Opened) -> None:
    unprotected = re.sub(r"<meta http-equiv=.*?>", "", render(content))
    _, said = opened(unprotected.replace("</body>", '<img src="http://127.0.0.1:9/x.png"></body>'))
    assert any(line.startswith("http://127.0.0.1:9") for line in said)


@pytest.mark.parametrize("width", WIDTHS)
def test_only_tables_scroll_sideways(content: RunContent, opened: Opened, width: int) -> None:
    page, _ = opened(render(content), (width, 800))
    _wake(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_without_scripts_pictures_and_tables_are_there_and_nothing_dead(content: RunContent, opened: Opened) -> None:
    page, said = opened(render(content), java_script_enabled=False)
    assert said == []
    assert page.locator("[data-panel]").evaluate_all("panels => panels.length") == 3
    assert not any(page.locator("[data-panel]").nth(place).is_visible() for place in range(3))
    assert page.get_by_role("button").count() == 0
    assert page.locator("figure img").first.is_visible()
    assert page.get_by_text("Samples after the selection").is_visible()


@pytest.mark.parametrize("model", ["trees", "network"])
@pytest.mark.parametrize("asked", [{}, {"uncertainty": "25", "luminosity": "140", "regulator": "3"}])
def test_the_threshold_tells_what_the_library_computes(
    content: RunContent, opened: Opened, toy: tuple[Dataset, dict[str, Scores]], model: str, asked: dict[str, str]
) -> None:
    page, _ = opened(render(content))
    panel = page.locator("[data-panel=thresholds]")
    panel.locator("[name=model]").select_option(model)
    for name, value in asked.items():
        panel.locator(f"[name={name}]").fill(value)
    for place in (0, 31, 60):
        _slide(panel, place)
        cut, expected = _computed(toy, model, place, asked)
        assert _said(panel, "cut") == pytest.approx(cut)
        assert {name: _said(panel, name) for name in expected} == pytest.approx(expected, rel=1e-7)


def test_the_keyboard_moves_the_threshold_and_every_number_with_it(content: RunContent, opened: Opened) -> None:
    page, _ = opened(render(content))
    panel = page.locator("[data-panel=thresholds]")
    before, table = _said(panel, "background"), panel.locator("tbody").inner_text()
    panel.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    assert _said(panel, "background") < before
    assert panel.locator("tbody").inner_text() != table
    assert panel.get_by_role("slider").get_attribute("aria-valuetext").startswith("score at least")


def test_a_threshold_with_too_little_background_says_so(content: RunContent, opened: Opened) -> None:
    content.config["judgement"] = {"floor": 50.0}
    page, _ = opened(render(content))
    panel = page.locator("[data-panel=thresholds]")
    _slide(panel, 0)
    assert panel.locator("[data-says=warning]").inner_text() == ""
    _slide(panel, 99)
    assert "fewer than the 50" in panel.locator("[data-says=warning]").inner_text()


def test_histograms_change_feature_scale_and_axis(content: RunContent, opened: Opened) -> None:
    m4l = next(one for one in content.numbers["features"] if one["feature"] == "m4l")
    m4l |= {"missing": 0.5, "outside": 0.01234, "data": m4l["data"] | {"outside": 2}}
    page, _ = opened(render(content))
    panel = page.locator("[data-panel=histograms]")
    drawn = _drawn(panel)
    yields = np.asarray(content.numbers["features"][0]["samples"][1]["histogram"]["total"])
    assert _trace(drawn, "ZZ/γ*")["y"][:-1] == pytest.approx(yields, rel=1e-9)
    panel.locator("[name=scale]").select_option("shapes")
    page.wait_for_function("place => place.data.every(trace => !trace.stackgroup)", arg=drawn.element_handle())
    assert sum(_trace(drawn, "ZZ/γ*")["y"][:-1]) == pytest.approx(1)
    panel.locator("[name=axis]").select_option("log")
    page.wait_for_function("place => place.layout.yaxis.type === 'log'", arg=drawn.element_handle())
    panel.locator("[name=feature]").select_option("m4l")
    title = "m4l, 50 % missing, 1.2 % beyond, 2 pseudo-data beyond"
    page.wait_for_function(f"place => place.layout.xaxis.title.text === '{title}'", arg=drawn.element_handle())


def test_the_lasso_marks_the_same_events_in_every_panel(content: RunContent, opened: Opened) -> None:
    page, _ = opened(render(content))
    panel = page.locator("[data-panel=scatter]")
    drawn = _drawn(panel)
    panel.scroll_into_view_if_needed()
    box = drawn.locator(".nsewdrag").first.bounding_box()
    assert box
    corners = [(0.05, 0.05), (0.95, 0.05), (0.95, 0.5), (0.05, 0.5), (0.05, 0.06)]
    for step, (x, y) in enumerate(corners):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
        if step == 0:
            page.mouse.down()
    page.mouse.up()
    page.wait_for_function("place => place.data.every(trace => trace.selectedpoints)", arg=drawn.element_handle())
    traces = drawn.evaluate("place => place.data.map(({name, selectedpoints}) => [name, [...selectedpoints].sort()])")
    marked: dict[str, list[int]] = {}
    for name, points in traces:
        assert marked.setdefault(name, points) == points
    counts = re.findall(r"(\d+) of (\d+)", panel.locator("[data-says=selected]").inner_text())
    assert [int(inside) for inside, _ in counts] == [len(points) for points in marked.values()]
    assert 0 < sum(int(inside) for inside, _ in counts) < sum(int(there) for _, there in counts)


@pytest.mark.parametrize("name", ["roc", "losses", "correlations"])
def test_figures_can_be_looked_into_and_put_back(content: RunContent, opened: Opened, name: str) -> None:
    page, said = opened(render(content))
    figure = page.locator(f"#figure-{name}")
    figure.get_by_role("button", name="Look into it").click()
    drawn = _drawn(figure)
    assert not figure.locator("img").is_visible()
    chosen = figure.locator("select option").nth(1).get_attribute("value")
    figure.locator("select").select_option(chosen)
    figure.get_by_role("button", name="Back to the picture").click()
    assert figure.locator("img").is_visible()
    assert not drawn.is_visible()
    assert said == []


def test_a_number_tells_where_it_comes_from(content: RunContent, opened: Opened) -> None:
    page, _ = opened(render(content))
    number = page.locator('[data-from="results.json/samples/top/yield"]').first
    number.click()
    card = page.locator("#origin")
    told = dict(zip(card.locator("dt").all_inner_texts(), card.locator("dd").all_inner_texts(), strict=True))
    assert told["Value"] == str(content.results["samples"]["top"]["yield"])
    assert told["Raw events"] == "812"
    assert told["Cuts"] == "types: sum in 44, 48, 52; charges"
    assert told["Stands in"] == "results.json: samples › top › yield"
    page.keyboard.press("Escape")
    assert not card.is_visible()
    page.locator("#yields .scroll").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert card.is_visible()


def test_a_number_that_is_computed_tells_from_which(content: RunContent, opened: Opened) -> None:
    page, _ = opened(render(content))
    page.get_by_text("Total background").locator("xpath=ancestor::tr").locator("[data-from]").last.click()
    card = page.locator("#origin")
    told = dict(zip(card.locator("dt").all_inner_texts(), card.locator("dd").all_inner_texts(), strict=True))
    samples = content.results["samples"]
    parts = (f"results.json: samples › {name} › yield = {samples[name]['yield']}" for name in ("zz", "top"))
    assert told["Computed from"] == "\n".join(parts)
    assert told["Is"] == "the sum of the rows above, errors in quadrature"
    assert "Sum of weights" not in told  # which differ
    assert told["Cuts"] == "types: sum in 44, 48, 52; charges"


def test_every_number_that_claims_an_origin_is_there(content: RunContent, opened: Opened) -> None:
    page, said = opened(render(content))
    places = page.locator("#yields [data-from], #judgement [data-from], #inference [data-from], .opening [data-from]")
    assert places.count() > 50
    places.evaluate_all("all => all.forEach(place => place.click())")
    assert said == []


def test_colours_can_be_chosen(content: RunContent, opened: Opened) -> None:
    page, _ = opened(render(content), color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light, button = page.evaluate(paper), page.get_by_role("button", name="Colours")
    button.click()
    assert page.evaluate(paper) == light
    button.click()
    assert page.evaluate(paper) != light


def _wake(page: Page) -> None:
    """Scroll to every chart and wait for it."""
    for place in page.locator("[data-panel] .chart").all():
        place.scroll_into_view_if_needed()
        place.and_(page.locator("[data-drawn=yes]")).wait_for(timeout=30_000)


def _drawn(place: Locator) -> Locator:
    place.scroll_into_view_if_needed()
    drawn = place.locator(".chart[data-drawn=yes]")
    drawn.wait_for(timeout=30_000)
    return drawn


def _trace(drawn: Locator, name: str) -> dict[str, Any]:
    traces = drawn.evaluate("place => place.data.map(({name, y}) => ({name, y: [...y]}))")
    return next(trace for trace in traces if trace["name"] == name)


def _slide(panel: Locator, place: int) -> None:
    panel.get_by_role("slider").evaluate(
        "(slider, place) => { slider.value = place; slider.dispatchEvent(new Event('input', {bubbles: true})) }", place
    )


def _said(panel: Locator, name: str) -> float:
    return float(panel.locator(f"[data-says={name}]").get_attribute("data-value") or "nan")


def _computed(
    toy: tuple[Dataset, dict[str, Scores]], model: str, place: int, asked: dict[str, str]
) -> tuple[float, dict[str, float]]:
    """Return the cut, and what passes it as the library has it, event by event."""
    dataset, scores = toy
    cut = np.concatenate([np.linspace(0, 0.98, 50), 1 - np.geomspace(0.019, 1e-4, 50)])[place]
    scale = float(asked.get("luminosity", "10")) / 10
    relative, regulator = float(asked.get("uncertainty", "0")) / 100, float(asked.get("regulator", "10"))
    weight, passing = scale * dataset.weight, scores[model].value >= cut
    s, b = (float(weight[passing & kind].sum()) for kind in (dataset.signal, dataset.background))
    error = np.hypot(relative * b, np.sqrt(np.square(weight[passing & dataset.background]).sum()))
    limits = asymptotic_expected_upper_limits(b, error) / s
    return float(cut), {
        "signal": s,
        "background": b,
        "purity": s / (s + b),
        "asimov-z": float(asimov_significance(s, b, relative * b)),
        "ams": float(approximate_median_significance(s, b, regulator)),
        "limit": float(limits[2]),
        "limit-band": float(limits[1]),
    }
