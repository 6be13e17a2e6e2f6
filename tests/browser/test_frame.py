"""What stands around every page: the queue, the sign of life, the palette, the theme."""

import re

import pytest
from playwright.sync_api import Page, expect

PAGES = (
    "/",
    "/explore/demo-room",
    "/compare?m=demo-disc,demo-room",
    "/scores",
    "/jobs",
    "/studies",
    "/data",
    "/docs/api",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_shows_the_length_of_the_queue_and_that_it_is_live(page: Page, path: str):
    page.goto(path)
    expect(page.locator("#status-live")).to_have_text("live")
    expect(page.locator("#status-queue")).to_have_text(re.compile("^queue"))


@pytest.mark.console_errors("ERR_FAILED .*/jobs")
def test_a_silent_service_is_named_and_its_return_too(page: Page):
    silent = True

    def answer(route):
        route.abort() if silent else route.continue_()

    page.route("**/api/v1/jobs?**", answer)
    page.goto("/studies")
    expect(page.locator("#status-live")).to_have_text("no answer")
    silent = False
    expect(page.locator("#status-live")).to_have_text("live")
    expect(page.get_by_text("The service answers again")).to_be_visible()


def test_full_screen_cannot_be_left_by_tab_and_a_menu_closes_by_its_own_button(page: Page):
    page.goto("/explore/demo-disc")
    page.get_by_role("tab", name="Correlation").click()
    page.get_by_role("button", name="Full screen: Correlation").click()
    panel = page.get_by_role("dialog", name="Correlation")
    expect(panel).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    menu = page.get_by_role("button", name="Menu: Correlation")
    menu.click()
    expect(page.get_by_role("menu")).to_be_visible()
    menu.click()
    expect(page.get_by_role("menu")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.get_by_role("link", name="Jobs").click()
    expect(page).to_have_url(re.compile("/jobs"))


def test_a_menu_opens_and_closes_by_its_button_by_escape_and_by_a_click_outside(page: Page):
    page.goto("/explore/demo-disc")
    button = page.get_by_role("button", name="Menu: Correlation")
    menu = page.get_by_role("menu", name="Menu: Correlation")
    for leave in (button.click, lambda: page.keyboard.press("Escape")):
        button.click()
        expect(menu.get_by_role("menuitem").first).to_be_focused()
        expect(button).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("End")
        expect(menu.get_by_role("menuitem").last).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(menu.get_by_role("menuitem").first).to_be_focused()
        leave()
        expect(menu).to_have_count(0)
        expect(button).to_be_focused()
        expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    page.locator("#latents h2").first.click()
    expect(menu).to_have_count(0)


def test_a_panel_that_leaves_the_page_in_full_screen_leaves_the_page_usable(page: Page):
    page.goto("/explore/demo-disc")
    page.get_by_role("button", name="Full screen: Correlation").click()
    page.get_by_role("dialog", name="Correlation").evaluate("node => node.remove()")
    page.get_by_role("link", name="Jobs").click()
    expect(page).to_have_url(re.compile("/jobs"))


def test_the_tabs_of_a_narrow_screen_are_chosen_by_arrows(page: Page):
    page.set_viewport_size({"width": 700, "height": 900})
    page.goto("/explore/demo-disc")
    tabs = page.get_by_role("tablist", name="Columns")
    tabs.get_by_role("tab", name="Latents").focus()
    page.keyboard.press("ArrowRight")
    chosen = tabs.get_by_role("tab", name="Tools and input")
    expect(chosen).to_be_focused()
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(page.locator("#input")).to_be_visible()
    page.keyboard.press("End")
    expect(page.locator("#evidence")).to_be_visible()


def test_on_a_tablet_evidence_stands_beside_the_latents_and_below_the_pictures(page: Page):
    page.set_viewport_size({"width": 768, "height": 1024})
    page.goto("/explore/demo-disc")
    page.locator("body[data-ready]").wait_for()
    tabs = page.get_by_role("tablist", name="Columns")
    expect(tabs.get_by_role("tab")).to_have_count(2)
    expect(page.locator("#evidence")).to_be_hidden()
    tabs.get_by_role("tab", name="Tools and input").press("ArrowRight")
    expect(tabs.get_by_role("tab", name="Evidence")).to_be_focused()
    for part in ("#latents", "#pictures", "#evidence .main-svg >> nth=0"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.3)
    wide = "c => { c.width = 96; c.height = 48; const box = c.getBoundingClientRect(); return box.width / box.height }"
    shape = page.locator('canvas[data-picture="decoded"]').evaluate(wide)
    assert shape == pytest.approx(2, rel=0.02), "a picture keeps its shape"


def test_a_word_opens_the_glossary_by_the_keyboard_and_search_finds_words(page: Page):
    page.goto("/explore/demo-disc")
    page.locator("#latents").get_by_role("link", name="dead").first.press("Enter")
    drawer = page.get_by_role("dialog", name="Glossary")
    expect(drawer.locator("#term-dead")).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(page).to_have_url(re.compile("/explore/"))
    page.keyboard.press("Control+K")
    page.get_by_role("combobox", name="Search").fill("saturated")
    page.get_by_role("option", name="saturated").click()
    expect(drawer.locator("#term-saturated")).to_be_focused()


def test_the_introduction_stays_closed_and_the_help_shows_it_again(page: Page):
    introduction = page.get_by_role("region", name="Introduction")
    page.goto("/")
    introduction.get_by_role("button", name="Close").click()
    page.reload()
    page.locator("body[data-ready]").wait_for()
    expect(introduction).to_be_hidden()
    page.get_by_role("button", name="Help").click()
    page.get_by_role("button", name="Introduction and tour").click()
    expect(introduction).to_be_visible()
