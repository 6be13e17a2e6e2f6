"""Explore as a person uses it: drag, type, keys, undo, input. The model is `demo-room`: z0 z1 z2 live."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.explore_page import open_explore, picture, slider, value, wait_for_change


def test_dragging_a_slider_changes_the_decoded_picture(page: Page):
    open_explore(page)
    before = picture(page)
    box = slider(page, 0).bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    start = value(page, 0)
    at = box["x"] + 7 + (box["width"] - 14) * 0.5
    page.mouse.move(at, middle)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(at + step * (box["width"] / 30), middle)
    page.mouse.up()
    wait_for_change(page, before)
    assert value(page, 0) != start
    expect(page).to_have_url(re.compile("z="))  # the point, after the mouse is released


def test_the_first_view_decodes_in_the_browser(page: Page):
    open_explore(page)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    expect(page.get_by_text("decoding in the browser")).to_be_visible()


def test_a_model_opens_with_its_own_view_unless_the_link_names_another(page: Page):
    focused, hinton = page.locator("#latents .focused"), page.get_by_role("tab", name="Hinton")
    open_explore(page, model="/explore/demo-disc-mixed")
    expect(hinton).to_have_attribute("aria-selected", "true")
    expect(focused).to_contain_text("z2")
    open_explore(page, "?focus=0", model="/explore/demo-disc-mixed")
    expect(page.get_by_role("tab", name="Correlation")).to_have_attribute("aria-selected", "true")
    expect(focused).to_contain_text("z0")


@pytest.mark.parametrize(("model", "runtime"), [("demo-room", ""), ("demo-room-mixed", " by ONNX Runtime Web")])
def test_server_and_browser_decode_the_same_pixels(page: Page, model: str, runtime: str):
    model = f"/explore/{model}"
    open_explore(page, model=model)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    expect(page.get_by_text(f"decoding in the browser{runtime}", exact=True)).to_be_visible()
    slider(page, 1).press("Home")
    page.wait_for_timeout(300)
    here = picture(page)
    open_explore(page, f"?{page.url.partition('?')[2]}&decode=server", model)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "server")
    there = picture(page)
    assert np.abs(here.astype(int) - there.astype(int)).max() <= 1


def test_without_a_tool_the_decoded_picture_is_large(page: Page):
    open_explore(page)
    widths = {name: page.locator(f'canvas[data-picture="{name}"]').bounding_box() for name in ("decoded", "input")}
    assert widths["decoded"]
    assert widths["input"]
    assert widths["decoded"]["width"] > 3 * widths["input"]["width"]
    page.get_by_role("button", name="2-d pad").click()
    small = page.locator('canvas[data-picture="decoded"]').bounding_box()
    assert small
    assert small["width"] < widths["decoded"]["width"] / 2


def test_typing_a_value_moves_the_latent(page: Page):
    open_explore(page)
    before = picture(page)
    box = page.get_by_role("spinbutton", name="Value of z2")
    box.fill("-1.25")
    box.press("Enter")
    wait_for_change(page, before)
    assert value(page, 2) == pytest.approx(-1.25, abs=1e-6)


def test_keys_step_jump_and_reset(page: Page):
    open_explore(page)
    z0 = slider(page, 0)
    encoded = value(page, 0)
    low, high = (float(z0.get_attribute(end) or "nan") for end in ("min", "max"))
    step = (high - low) / 100
    z0.press("Home")
    assert value(page, 0) == pytest.approx(low)
    z0.press("ArrowRight")
    assert value(page, 0) == pytest.approx(low + step)
    z0.press("Shift+ArrowRight")
    assert value(page, 0) == pytest.approx(low + 11 * step)
    z0.press("End")
    assert value(page, 0) == pytest.approx(high)
    z0.press("r")
    assert value(page, 0) == pytest.approx(encoded)
    z0.press("0")
    assert value(page, 0) == pytest.approx(0, abs=0.1)


def test_undo_and_redo_walk_through_released_points(page: Page):
    open_explore(page)
    start = value(page, 0)
    slider(page, 0).press("Home")
    moved = value(page, 0)
    page.get_by_role("button", name="Undo").click()
    assert value(page, 0) == pytest.approx(start)
    page.get_by_role("button", name="Redo").click()
    assert value(page, 0) == pytest.approx(moved)


def test_dead_latents_are_named_and_can_be_hidden(page: Page):
    open_explore(page)
    expect(page.get_by_text("3 active, 5 dead of 8")).to_be_visible()
    expect(slider(page, 5)).to_have_attribute("aria-label", re.compile("dead"))
    page.get_by_role("button", name="More of the latents").click()
    page.get_by_role("menuitem", name="Hide dead latents").click()
    expect(page.locator("input[type=range][data-latent]")).to_have_count(3)


def test_a_factor_control_chooses_another_image(page: Page):
    open_explore(page)
    before = picture(page, "input")
    control = page.get_by_role("slider", name="Factor floor hue")
    control.press("Home")
    control.press("ArrowRight")
    wait_for_change(page, before, "input")
    expect(page).to_have_url(re.compile(r"image=\d+"))


def test_a_frame_of_the_film_strip_is_a_place_to_go(page: Page):
    open_explore(page)
    before = picture(page)
    strip = page.get_by_role("img", name="Film strip of z0")
    box = strip.bounding_box()
    assert box
    strip.click(position={"x": box["width"] * 0.95, "y": box["height"] / 2})
    wait_for_change(page, before)
    assert value(page, 0) == pytest.approx(float(slider(page, 0).get_attribute("max") or "nan"))


def test_an_uploaded_picture_becomes_the_input(page: Page, tmp_path: Path):
    open_explore(page)
    file = tmp_path / "red.png"
    Image.new("RGB", (200, 120), (200, 30, 30)).save(file)
    before = picture(page, "input")
    page.locator("input[type=file]").set_input_files(file)
    after = wait_for_change(page, before, "input")
    assert tuple(after[32, 32, :3]) == (200, 30, 30)
    expect(page.get_by_text("red.png")).to_be_visible()


def test_at_400_pixels_the_picture_stays_in_view_above_the_sliders(page: Page):
    page.set_viewport_size({"width": 400, "height": 800})
    open_explore(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    slider(page, 2).scroll_into_view_if_needed()
    before = picture(page)
    slider(page, 2).press("End")
    wait_for_change(page, before)
    expect(page.locator('canvas[data-picture="decoded"]')).to_be_in_viewport()


@pytest.mark.console_errors("ERR_FAILED .*/vendor/")
def test_without_the_vendored_libraries_the_page_still_decodes(page: Page):
    def load_modules(route: Route) -> None:
        """Send the page as a service without libraries does: it has no bundles either."""
        html = route.fetch().text()
        html = re.sub(r"/vendor/bundle/(preload|worker)\.js", r"/js/inference/\1.js", html)
        route.fulfill(body=re.sub(r"/vendor/bundle/(\w+)\.js", r"/js/pages/\1.js", html), content_type="text/html")

    page.route("**/vendor/**", lambda route: route.abort())
    page.route(lambda url: "/static/" not in url and "/explore/" in url, load_modules)
    open_explore(page)
    before = picture(page)
    slider(page, 0).press("Home")
    wait_for_change(page, before)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "server")
    expect(page.get_by_text("Charts need Plotly")).to_be_visible()


@pytest.mark.parametrize("column", ["Latents", "Tools and input", "Evidence"])
def test_nothing_is_cut_off_at_400_pixels(page: Page, column: str):
    page.set_viewport_size({"width": 400, "height": 800})
    open_explore(page, "?tool=grid&tab=tuning")
    page.get_by_role("tab", name=column).click()
    page.wait_for_timeout(500)
    wide = page.evaluate(
        """() => [...document.querySelectorAll('.column *')].filter(e => e.getClientRects().length
            && e.getBoundingClientRect().right > 401 && !e.closest('.seg, .tabs, .visually-hidden, .chart'))
            .map(e => e.className || e.tagName)"""
    )
    assert wide == []


def test_a_range_of_ones_own_is_checked_before_it_is_used(page: Page):
    open_explore(page)
    page.get_by_label("Range of the sliders").select_option("custom")
    answer = page.get_by_role("textbox", name="Range of all sliders")
    answer.fill("2:1")
    page.get_by_role("button", name="Use", exact=True).click()
    expect(answer).to_be_visible()
    answer.fill("-1.5:4")
    page.get_by_role("button", name="Use", exact=True).click()
    expect(slider(page, 0)).to_have_attribute("max", "4")
    expect(page).to_have_url(re.compile(r"range=-1\.5:4"))


@pytest.mark.console_errors("ERR_FAILED")
def test_a_server_that_falls_silent_is_named_and_the_picture_comes_when_it_is_back(page: Page):
    open_explore(page, "?decode=server")
    before = picture(page)
    silent = True

    def answer(route):
        route.abort() if silent else route.continue_()

    for path in ("**/decode", "**/api/v1/jobs?**"):
        page.route(path, answer)
    slider(page, 0).press("ArrowRight")  # not a point of the film strips, whose pictures are kept
    expect(page.get_by_text("no answer from the server: no pictures")).to_be_visible()
    expect(page.locator(".picture.stale")).to_have_attribute("data-note", re.compile("An older point"))
    expect(page.locator("#status-live")).to_have_text("no answer")
    silent = False
    expect(page.locator("#status-live")).to_have_text("live")
    wait_for_change(page, before)
    expect(page.locator(".picture.stale")).to_have_count(0)
    expect(page.get_by_text("decoding on the server")).to_be_visible()


def test_a_browser_that_keeps_nothing_stops_no_page(page: Page):
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })")
    open_explore(page)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    page.get_by_role("button", name="Theme: system").click()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    page.goto("/scores")
    page.locator("body[data-ready]").wait_for()


@pytest.mark.console_errors("ERR_FAILED .*/decode")
def test_forced_to_a_silent_server_the_browser_decodes_if_it_can(page: Page):
    open_explore(page)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    page.route("**/decode", lambda route: route.abort())
    page.get_by_label("Where to decode").select_option("server")
    before = picture(page)
    slider(page, 0).press("Home")
    wait_for_change(page, before)
    expect(page.get_by_text("no answer from the server: decoding in the browser")).to_be_visible()
