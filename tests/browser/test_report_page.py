"""The report as a page: no request leaves it, axe is content, nothing is clipped."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.notebook]
PAGES = [
    "index.html",
    "side_by_side.html",
    "quit-in-leeds/report.html",
    "quit-page/report.html",
    "organ-donors/report.html",
    "hiv-results/report.html",
    "splash-page/report.html",
    "tips-from-former-smokers/report.html",
    "california-tobacco/report.html",
    "smoking-and-weight/report.html",
    "quitline-calls/report.html",
    "online-orders/report.html",
    "change4life/report.html",
    "this-girl-can/report.html",
]


@pytest.fixture(params=PAGES)
def opened(request, page, shipped):
    """Open a page and note every request that is neither it nor data."""
    requests = []
    page.on("request", lambda r: requests.append(r.url))
    page.goto((shipped[0] / request.param).as_uri())
    page.wait_for_load_state("networkidle")
    return page, [u for u in requests if not u.startswith(("file:", "data:"))]


def test_no_external_request(opened):
    _, external = opened
    assert external == []


def test_axe_finds_nothing(opened):
    page, _ = opened
    response = Axe().run(page).response
    assert response["passes"], "axe checked nothing"
    found = [(v["id"], v["impact"], len(v["nodes"])) for v in response["violations"]]
    assert found == []


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_window(opened, width):
    page, _ = opened
    page.set_viewport_size({"width": width, "height": 900})
    wide = page.evaluate(
        """() => [...document.querySelectorAll('main *')].filter(
            e => e.getBoundingClientRect().right > innerWidth + 1
                 && getComputedStyle(e).position !== 'absolute'
                 && !e.closest('thead')).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert wide == []
    pictures = page.evaluate(
        "() => [...document.images].map(i => [i.naturalWidth, i.alt.length])"
    )
    assert all(natural > 0 and alt > 20 for natural, alt in pictures)
