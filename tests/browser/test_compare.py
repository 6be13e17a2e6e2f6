"""Comparing as a person does it: one input, one slider for all, other links, scores, settings."""

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explore_page import pixels

BOTH = "/compare?m=demo-disc,demo-disc-mixed"


def open_compare(page: Page, path: str = BOTH) -> None:
    page.goto(path)
    page.locator("body[data-ready]").wait_for()


def wait_for_pixels(page: Page, canvas: Locator, before: np.ndarray | None = None) -> np.ndarray:
    for _ in range(200):
        now = pixels(canvas)
        if now.any() and (before is None or not np.array_equal(before, now)):
            return now
        page.wait_for_timeout(50)
    raise AssertionError("the picture did not change")


def test_one_slider_moves_the_matching_latent_of_every_model(page: Page):
    open_compare(page)
    pictures = [
        page.get_by_role("img", name=f"Decoded z of {name}", exact=True) for name in ("demo disc", "demo disc mixed")
    ]
    before = [wait_for_pixels(page, picture) for picture in pictures]
    slider = page.get_by_role("slider", name="z2 scale of demo disc", exact=True)
    slider.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    for picture, old in zip(pictures, before, strict=True):
        wait_for_pixels(page, picture, old)
    twin = page.get_by_role("slider", name="z2 scale of demo disc mixed", exact=True)
    assert abs(float(slider.input_value()) - float(twin.input_value())) < 0.02
    page.get_by_role("button", name="Back to the input").click()
    for picture, old in zip(pictures, before, strict=True):
        for _ in range(100):
            if np.array_equal(pixels(picture), old):
                break
            page.wait_for_timeout(50)
        assert np.array_equal(pixels(picture), old)


def test_latents_are_linked_by_match_or_by_index_as_the_address_names(page: Page):
    open_compare(page)
    page.get_by_role("button", name="Matched").click()
    expect(page.get_by_role("slider", name=re.compile(r"^z0 z0 of demo disc$"))).to_be_visible()
    assert "link=matched" in page.url
    page.get_by_role("button", name="Index").click()
    expect(page.get_by_role("slider")).to_have_count(12)
    fresh = page.context.new_page()
    open_compare(fresh, page.url)
    expect(fresh.get_by_role("button", name="Index")).to_have_attribute("aria-pressed", "true")


def test_a_new_input_goes_through_all_models(page: Page):
    open_compare(page)
    reconstruction = page.get_by_role("img", name="Reconstruction of demo disc mixed")
    before = wait_for_pixels(page, reconstruction)
    box = page.get_by_role("spinbutton", name="Number of the shared image")
    box.fill("700000")
    box.press("Enter")
    wait_for_pixels(page, reconstruction, before)
    assert "index=700000" in page.url


def test_without_an_image_in_the_address_the_first_model_shows_the_one_it_opens_with(page: Page):
    open_compare(page, "/compare?m=demo-disc-mixed,demo-disc")
    expect(page.get_by_role("spinbutton", name="Number of the shared image")).to_have_value("7")


def test_scores_stand_beside_each_other_with_the_clear_winner_in_bold(page: Page):
    open_compare(page)
    row = page.locator(".score-row").filter(has_text="MIG").first
    expect(row.locator("b")).to_have_text(".570")
    expect(row).to_contain_text(".390")


def test_only_what_differs_in_the_settings_is_shown(page: Page):
    open_compare(page)
    settings = page.get_by_role("region", name="Configuration")
    expect(settings).to_contain_text("beta_vae")
    expect(settings).not_to_contain_text("conv64")
    settings.get_by_role("checkbox", name="Differences only").uncheck()
    expect(settings).to_contain_text("conv64")


def test_a_figure_is_saved_as_svg(page: Page):
    open_compare(page)
    panel = page.get_by_role("region", name="Score bars")
    expect(panel.locator(".gtitle")).to_contain_text("Scores, with 95 % intervals")
    panel.get_by_role("button", name="Menu: Score bars").click()
    with page.expect_download() as caught:
        page.get_by_role("menuitem", name="Save SVG").click()
    assert caught.value.suggested_filename == "score-bars.svg"


def test_a_model_of_other_data_shows_why_it_cannot_take_the_input(page: Page):
    open_compare(page, "/compare?m=demo-disc,demo-disc-mixed,demo-room")
    expect(page.get_by_text("This model was trained on 3D Shapes")).to_be_visible()
    page.get_by_role("button", name="Take demo room out").click()
    expect(page).to_have_url(re.compile(r"m=demo-disc,demo-disc-mixed$"))


def test_without_models_the_page_lets_choose(page: Page):
    open_compare(page, "/compare")
    page.get_by_role("checkbox", name=re.compile("^demo disc ")).first.check()
    expect(page.get_by_role("button", name="Choose at least two")).to_be_disabled()
    page.get_by_role("checkbox", name=re.compile("^demo disc mixed")).check()
    page.get_by_role("button", name="Compare 2 models").click()
    expect(page.get_by_role("heading", name="Same input, all models")).to_be_visible()


@pytest.mark.console_errors("status of 404")
def test_a_link_to_a_missing_model_offers_the_others(page: Page):
    page.goto("/compare?m=demo-disc,nobody")
    page.locator("body[data-ready]").wait_for()
    expect(page.get_by_role("alert")).to_contain_text("nobody")
    expect(page.get_by_role("checkbox", name=re.compile("^demo disc *dSprites"))).to_be_checked()
