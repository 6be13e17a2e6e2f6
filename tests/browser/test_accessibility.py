"""axe on every page in both themes, and no page wider than a phone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import profile

PAGES = [
    "/explore/demo-room",
    "/explore/demo-room?tool=grid&tab=hinton",
    "/explore/demo-room?tool=pad&tab=tuning",
    "/explore/demo-room?tool=swap&tab=map",
    "/explore/demo-disc?tool=interpolate&tab=kl",
    "/explore/demo-disc?tool=direction&tab=scores",
    "/explore/demo-disc?tab=training",
    "/",
    "/?m=demo-disc,demo-room",
    "/compare",
    "/compare?m=demo-disc,demo-disc-mixed",
    "/scores",
    "/scores?view=correlation",
    "/data/dsprites?model=demo-disc",
    "/data/cars3d",
    "/jobs#new",
    "/stress",
    "/glossary",
    "/verification/demo-disc",
    "/studies?study=xu-li-3dshapes",
]


@pytest.fixture(scope="module", params=PAGES)
def opened(browser: Browser, service: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """One page, opened once for both themes."""
    with profile(browser, service, []) as context:
        page = context.new_page()
        page.goto(request.param)
        page.locator("body[data-ready]").wait_for()
        yield page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(opened: Page, theme: str):
    opened.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    opened.wait_for_timeout(500)
    found = Axe().run(opened)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_phone(page: Page, path: str):
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(path)
    page.locator("body[data-ready]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
