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


# --- the list of all reports ------------------------------------------------------


def shown(page):
    """Return the lines that are shown, from the first to the last."""
    rows = page.locator("table.campaigns tbody tr").all()
    return [row for row in rows if row.is_visible()]


def values(page, key):
    """Return what the shown lines are sorted by; lines without come last."""
    found = [row.get_attribute(f"data-{key}") for row in shown(page)]
    assert [x for x in found if x] + [x for x in found if not x] == found
    return [float(x) for x in found if x]


@pytest.fixture
def listed(page, shipped):
    page.goto((shipped[0] / "index.html").as_uri())
    return page


def test_the_list_is_searched_and_filtered_with_the_keyboard(listed):
    page, every = listed, len(shown(listed))
    while page.evaluate("document.activeElement.id") != "search":
        page.keyboard.press("Tab")
    page.keyboard.type("california")
    found = [row.inner_text() for row in shown(page)]
    assert 0 < len(found) < every
    assert all("california" in text.lower() for text in found)
    assert page.locator("#shown").inner_text() == f"{len(found)} of {every} lines"
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "verdict"
    page.keyboard.type("not met")
    words = [row.get_attribute("data-word") for row in shown(page)]
    assert words and set(words) == {"not met"}


def test_the_list_is_sorted_with_the_keyboard_up_and_down(listed):
    page = listed
    button = page.get_by_role("button", name="Effect")
    page.locator("#order").focus()
    while not button.evaluate("e => e === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    up = values(page, "effect")
    assert len(set(up)) > 3 and up == sorted(up)
    head = page.get_by_role("columnheader", name="Effect")
    assert head.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert values(page, "effect") == up[::-1]
    assert head.get_attribute("aria-sort") == "descending"


def test_on_a_narrow_screen_the_list_is_sorted_by_a_choice(listed):
    page = listed
    page.set_viewport_size({"width": 400, "height": 900})
    assert not page.get_by_role("button", name="Effect").is_visible()
    given = [row.get_attribute("data-campaign") for row in shown(page)]
    page.locator("#order").select_option("level")
    levels = values(page, "level")
    assert len(set(levels)) > 3 and levels == sorted(levels)
    page.locator("#order").select_option("Campaign")
    names = [row.get_attribute("data-campaign") for row in shown(page)]
    assert names != given and names == sorted(names, key=str.casefold)
    page.locator("#order").select_option("As given")
    assert [row.get_attribute("data-campaign") for row in shown(page)] == given
    heights = [row.bounding_box()["y"] for row in shown(page)]
    assert heights == sorted(heights)


def test_a_line_leads_to_its_report(listed):
    page = listed
    name = shown(page)[0].locator("a").first.inner_text()
    shown(page)[0].locator("a").first.click()
    assert name in page.locator("main").inner_text()
