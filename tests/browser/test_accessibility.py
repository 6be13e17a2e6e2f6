"""axe on every page in both themes, and no page wider than a phone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import DESKTOP, forgetting

OF_A_VIEW = "#stage, #evidence"
"""What differs between the views of Explore, whose frame is looked at once."""
PAGES = {
    "/explore/demo-room": None,
    "/explore/demo-room?tool=grid&tab=hinton": OF_A_VIEW,
    "/explore/demo-room?tool=pad&tab=tuning": OF_A_VIEW,
    "/explore/demo-room?tool=swap&tab=map": OF_A_VIEW,
    "/explore/demo-disc?tool=interpolate&tab=kl": OF_A_VIEW,
    "/explore/demo-disc?tool=direction&tab=scores": OF_A_VIEW,
    "/explore/demo-disc?tab=training": OF_A_VIEW,
    "/": None,
    "/?m=demo-disc,demo-room": None,
    "/compare": None,
    "/compare?m=demo-disc,demo-disc-mixed": None,
    "/scores": None,
    "/scores?view=correlation": None,
    "/data/dsprites?model=demo-disc": None,
    "/data/cars3d": None,
    "/jobs#new": None,
    "/stress": None,
    "/glossary": None,
    "/verification/demo-disc": None,
    "/studies?study=xu-li-3dshapes": None,
}
"""Address and parts of each page that axe looks at, None for all."""


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
def test_axe_finds_nothing(opened: Page, theme: str, request: pytest.FixtureRequest):
    opened.set_viewport_size(DESKTOP)
    opened.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    opened.wait_for_timeout(500)
    parts = PAGES[request.node.callspec.params["opened"]]
    found = Axe().run(opened, parts, COLOURS if theme == "dark" else VIOLATIONS)
    assert found.violations_count == 0, found.generate_report()
