"""axe on every page in both themes, and no page wider than a phone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import DESKTOP, forgetting

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


PHONE = {"width": 400, "height": 800}
VIOLATIONS = {"resultTypes": ["violations"]}
COLOURS = {**VIOLATIONS, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""The rules of axe that a theme can change; the light theme has all."""


@pytest.fixture(scope="module", params=PAGES)
def opened(profile: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """One page, opened once, on a phone."""
    with forgetting(profile) as context:
        page = context.new_page()
        page.set_viewport_size(PHONE)
        page.goto(request.param)
        page.locator("body[data-ready]").wait_for()
        yield page


def test_no_page_is_wider_than_a_phone(opened: Page):
    opened.set_viewport_size(PHONE)
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(opened: Page, theme: str):
    opened.set_viewport_size(DESKTOP)
    opened.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    opened.wait_for_timeout(500)
    found = Axe().run(opened, options=COLOURS if theme == "dark" else VIOLATIONS)
    assert found.violations_count == 0, found.generate_report()
