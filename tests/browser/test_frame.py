"""What stands around every page: the queue, the sign of life, the palette, the theme."""

import re

import pytest
from playwright.sync_api import Page, expect

PAGES = ("/", "/explore/demo-room", "/compare?m=demo-disc,demo-room", "/scores", "/jobs", "/studies", "/data", "/docs")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_how_long_the_queue_is_and_that_it_is_live(page: Page, path: str):
    page.goto(path)
    expect(page.locator("#status-live")).to_have_text("live")
    expect(page.locator("#status-queue")).to_have_text(re.compile("^queue"))


def test_a_silent_service_is_named_and_its_return_too(page: Page, complaints: list[str]):
    silent = True

    def answer(route):
        route.abort() if silent else route.continue_()

    page.route("**/api/v1/jobs?**", answer)
    page.goto("/studies")
    expect(page.locator("#status-live")).to_have_text("no answer")
    silent = False
    expect(page.locator("#status-live")).to_have_text("live")
    expect(page.get_by_text("The service answers again")).to_be_visible()
    complaints.clear()
