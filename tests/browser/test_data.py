"""The data page: true images by factors, which latents move, where the pixels come from."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explore_page import save


def open_data(page: Page, path: str = "/data/dsprites") -> None:
    page.goto(path)
    page.locator("body[data-ready]").wait_for()


def test_a_factor_slider_shows_the_true_image_and_the_address_keeps_the_combination(page: Page):
    open_data(page)
    image = page.locator(".true-image img")
    before = image.get_attribute("src")
    shape = page.get_by_role("slider", name="shape")
    shape.focus()
    page.keyboard.press("End")
    expect(shape).to_have_attribute("aria-valuetext", "heart")
    assert image.get_attribute("src") != before
    assert image.evaluate("async i => { await i.decode(); return i.naturalWidth }") == 64
    expect(image).to_have_attribute("alt", re.compile("heart"))
    expect(page).to_have_url(re.compile(r"factors=2,"))
    fresh = page.context.new_page()
    open_data(fresh, page.url)
    expect(fresh.get_by_role("slider", name="shape")).to_have_attribute("aria-valuetext", "heart")


def test_the_latent_that_follows_a_factor_is_named(page: Page):
    open_data(page, "/data/dsprites?model=demo-disc")
    page.get_by_role("button", name="posX", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="When posX runs")).to_contain_text("z0 moves by")
    table = page.get_by_role("table", name="Movement of each latent for each factor")
    expect(table.locator("td.on")).to_have_count(1)
    curves = page.get_by_role("region", name="Posterior means against posX")
    expect(curves.get_by_role("img", name="Posterior means against posX").locator("svg").first).to_be_visible()
    file = save(page, "Menu: Posterior means against posX", "Save CSV").path()
    lines = file.read_text().splitlines()
    assert lines[0].split(",")[:2] == ["posX", "z0"]
    assert len(lines) == 33, "a line a value of posX"


def test_a_dead_latent_is_never_named_as_the_one_that_moves(page: Page):
    open_data(page, "/data/dsprites?model=demo-disc")
    table = page.get_by_role("table", name="Movement of each latent for each factor")
    dead = table.locator("tr", has=page.get_by_text("dead"))
    expect(dead.first).to_be_visible()
    assert set(dead.first.locator("td").all_inner_texts()) == {".00"}


def test_without_a_model_the_page_names_what_is_missing(page: Page):
    open_data(page)
    expect(page.get_by_text("No model chosen")).to_be_visible()


def test_provenance_never_passes_a_rendering_for_the_original(page: Page):
    open_data(page)
    origin = page.get_by_role("region", name="Provenance")
    expect(origin).to_contain_text("not the official file")
    expect(origin).to_contain_text("axiscope data fetch dsprites")
    expect(page.get_by_role("heading", level=1)).to_have_text("dSprites (procedural)")


@pytest.mark.console_errors("status of 404")
def test_an_unknown_data_set_is_refused_with_the_known_ones(page: Page):
    open_data(page, "/data/nothing")
    expect(page.get_by_text("nothing cannot be shown")).to_be_visible()


def test_the_page_begins_with_a_local_set_and_shows_how_to_get_the_others(page: Page):
    open_data(page, "/data")
    expect(page.get_by_role("heading", level=1)).to_have_text("dSprites (procedural)")
    open_data(page, "/data/cars3d")
    absent = page.get_by_role("region", name="How to get Cars3D")
    expect(absent).to_contain_text("Cars3D is not on this machine")
    expect(absent).to_contain_text("nips2015-analogy-data.tar.gz")
    expect(absent).to_contain_text("axiscope data fetch cars3d")
