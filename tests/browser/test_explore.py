"""Explore as a person uses it: drag, type, keys, tools, links, exports. The model is `demo-room`: z0 z1 z2 live."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Download, Locator, Page, expect

ROOM = "/explore/demo-room"


def open_explore(page: Page, query: str = "", model: str = ROOM) -> None:
    page.goto(model + query)
    page.locator("body[data-ready]").wait_for()
    wait_for_picture(page, "decoded")


def picture(page: Page, name: str = "decoded") -> np.ndarray:
    """Pixels (height, width, 4) of one of the four pictures."""
    values, width, height = page.locator(f'canvas[data-picture="{name}"]').evaluate(
        "c => [Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data), c.width, c.height]"
    )
    return np.array(values, np.uint8).reshape(height, width, 4)


def wait_for_picture(page: Page, name: str) -> None:
    page.wait_for_timeout(50)
    for _ in range(200):
        if picture(page, name)[..., 3].any():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"the {name} picture stayed empty")


def wait_for_change(page: Page, before: np.ndarray, name: str = "decoded") -> np.ndarray:
    for _ in range(100):
        after = picture(page, name)
        if not np.array_equal(before, after):
            return after
        page.wait_for_timeout(50)
    pytest.fail(f"the {name} picture did not change")


def slider(page: Page, latent: int) -> Locator:
    return page.get_by_role("slider", name=re.compile(rf"^z{latent}\b"))


def value(page: Page, latent: int) -> float:
    return float(slider(page, latent).input_value())


def save(page: Page, menu: str, item: str | re.Pattern[str]) -> Download:
    page.get_by_role("button", name=menu, exact=True).click()
    with page.expect_download() as caught:
        page.get_by_role("menuitem", name=item).first.click()
    return caught.value


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
    assert "z=" in page.url, "the address carries the point after the mouse is released"


def test_the_first_view_decodes_in_the_browser(page: Page):
    open_explore(page)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    expect(page.get_by_text("decoding in the browser")).to_be_visible()


def test_server_and_browser_decode_the_same_pixels(page: Page):
    open_explore(page)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    slider(page, 1).press("Home")
    page.wait_for_timeout(300)
    here = picture(page)
    open_explore(page, f"?{page.url.partition('?')[2]}&decode=server")
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "server")
    there = picture(page)
    assert np.abs(here.astype(int) - there.astype(int)).max() <= 1


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


def test_back_returns_to_the_former_image(page: Page):
    open_explore(page, "?image=1000")
    page.get_by_role("spinbutton", name="Image number").fill("2000")
    page.get_by_role("spinbutton", name="Image number").press("Enter")
    expect(page).to_have_url(re.compile("image=2000"))
    expect(page.get_by_text("#2,000", exact=True)).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("image=1000"))
    expect(page.get_by_text("#1,000", exact=True)).to_be_visible()


def test_a_cell_of_the_heat_map_focuses_its_slider(page: Page):
    open_explore(page)
    plot = page.locator(".chart .nsewdrag").first
    plot.wait_for()
    box = plot.bounding_box()
    assert box
    cell = page.evaluate(
        """() => { const g = document.querySelector('.chart'); const l = g._fullLayout;
            return [l.xaxis.d2p(1), l.yaxis.d2p(2), g.data[0].customdata[2][1]]; }"""
    )
    page.mouse.click(box["x"] + cell[0], box["y"] + cell[1])
    expect(page.locator(".latent.focused")).to_have_attribute("data-latent", str(cell[2][0]))
    expect(page).to_have_url(re.compile("factor=1"))


def test_a_frame_of_the_film_strip_is_a_place_to_go(page: Page):
    open_explore(page)
    before = picture(page)
    strip = page.get_by_role("img", name="Film strip of z0")
    box = strip.bounding_box()
    assert box
    strip.click(position={"x": box["width"] * 0.95, "y": box["height"] / 2})
    wait_for_change(page, before)
    assert value(page, 0) == pytest.approx(float(slider(page, 0).get_attribute("max") or "nan"))


def test_swap_takes_a_latent_from_the_other_image(page: Page):
    open_explore(page, "?image=0")
    page.get_by_role("button", name="Swap").click()
    number = page.get_by_role("spinbutton", name="Number of image B")
    number.fill("479999")
    number.press("Enter")
    expect(page.get_by_text("#479,999")).to_be_visible()
    before = picture(page)
    z0, z1 = value(page, 0), value(page, 1)
    page.get_by_role("checkbox", name="Take z0 from B").check()
    wait_for_change(page, before)
    assert value(page, 0) != pytest.approx(z0)
    assert value(page, 1) == pytest.approx(z1)


def test_interpolation_ends_at_the_other_image(page: Page):
    open_explore(page, "?image=0&tool=interpolate")
    number = page.get_by_role("spinbutton", name="Number of image B")
    number.fill("479999")
    number.press("Enter")
    expect(page.get_by_text("#479,999")).to_be_visible()
    before = picture(page)
    page.get_by_role("slider", name="Position between A and B").press("End")
    wait_for_change(page, before)
    expect(page.locator("output", has_text="1.00")).to_be_visible()


def test_the_pad_moves_two_latents(page: Page):
    open_explore(page, "?tool=pad&pad=0,1")
    before = (value(page, 0), value(page, 1))
    page.locator(".pad").click(position={"x": 40, "y": 40})
    assert value(page, 0) != before[0]
    assert value(page, 1) != before[1]


def test_a_factor_direction_moves_its_latent(page: Page):
    open_explore(page, "?image=0&tool=direction")
    expect(page.get_by_text(re.compile("^Entanglement"))).to_be_visible()
    before = value(page, 0)
    page.get_by_role("slider", name="Value of the factor").press("End")
    assert value(page, 0) != pytest.approx(before, abs=0.05)


def test_a_shared_link_opens_exactly_this_view(page: Page):
    open_explore(page, "?image=4711")
    box = page.get_by_role("spinbutton", name="Value of z1")
    box.fill("0.75")
    box.press("Enter")
    page.get_by_label("Range of the sliders").select_option("prior3")
    page.get_by_role("button", name="2-d pad").click()
    page.get_by_role("tab", name="KL").click()
    page.get_by_role("button", name="Share").click()
    link = page.evaluate("navigator.clipboard.readText()")
    shown = picture(page)
    fresh = page.context.new_page()
    fresh.goto(link)
    fresh.locator("body[data-ready]").wait_for()
    wait_for_picture(fresh, "decoded")
    fresh.wait_for_timeout(500)
    assert value(fresh, 1) == pytest.approx(0.75)
    assert slider(fresh, 1).get_attribute("max") == "3"
    expect(fresh.get_by_role("button", name="2-d pad")).to_have_attribute("aria-pressed", "true")
    expect(fresh.get_by_role("tab", name="KL")).to_have_attribute("aria-selected", "true")
    assert np.abs(picture(fresh).astype(int) - shown.astype(int)).max() <= 1


def test_exports_open_as_what_they_say(page: Page):
    open_explore(page)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    png = save(page, "Export ▾", re.compile("^Decoded picture"))
    with Image.open(png.path()) as opened:
        assert np.array_equal(np.asarray(opened.convert("RGBA")), picture(page))
    gif = save(page, "Export ▾", re.compile("^Traversal of z"))
    with Image.open(gif.path()) as opened:
        assert opened.format == "GIF"
        assert getattr(opened, "n_frames", 1) > 10
    npy = save(page, "Export ▾", re.compile("npy$"))
    point = np.load(io.BytesIO(Path(npy.path()).read_bytes()))
    assert point.shape == (1, 8)
    assert point[0, 0] == pytest.approx(value(page, 0), abs=1e-5)
    csv = save(page, "Export ▾", re.compile("CSV$"))
    assert Path(csv.path()).read_text().startswith("latent,name,value")


def test_a_chart_exports_its_numbers_and_its_figure(page: Page):
    open_explore(page)
    page.locator(".chart .nsewdrag").first.wait_for()
    csv = save(page, "Menu: Correlation", "Save CSV")
    lines = Path(csv.path()).read_text().splitlines()
    assert lines[0] == "latent,floor_hue,wall_hue,object_hue,scale,shape,orientation"
    assert len(lines) == 9
    figure = json.loads(Path(save(page, "Menu: Correlation", re.compile("^Save JSON")).path()).read_text())
    assert figure["data"][0]["type"] == "heatmap"
    svg = save(page, "Menu: Correlation", "Save SVG")
    assert "<svg" in Path(svg.path()).read_text()[:200]


@pytest.mark.parametrize("tab", ["Hinton", "Tuning", "Map", "KL"])
def test_every_chart_draws(page: Page, tab: str):
    open_explore(page)
    page.get_by_role("tab", name=tab).click()
    page.locator(".evidence .chart .main-svg").first.wait_for()


def test_a_score_opens_its_drawer(page: Page):
    open_explore(page, "?tab=scores")
    page.get_by_role("button", name="DCI disentanglement").click()
    drawer = page.get_by_role("dialog", name="DCI disentanglement")
    expect(drawer.get_by_text("seed", exact=True)).to_be_visible()
    expect(drawer.get_by_role("region", name="importance")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_the_palette_finds_another_model(page: Page):
    open_explore(page)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name=re.compile("^Search")).fill("disc mixed")
    expect(page.get_by_role("option", name=re.compile("demo disc mixed"))).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("demo-disc-mixed"))


def test_an_uploaded_picture_becomes_the_input(page: Page, tmp_path: Path):
    open_explore(page)
    file = tmp_path / "red.png"
    Image.new("RGB", (200, 120), (200, 30, 30)).save(file)
    before = picture(page, "input")
    page.locator("input[type=file]").set_input_files(file)
    after = wait_for_change(page, before, "input")
    assert tuple(after[32, 32, :3]) == (200, 30, 30)
    expect(page.get_by_text("red.png")).to_be_visible()


def test_full_screen_is_left_by_escape(page: Page):
    open_explore(page)
    page.get_by_role("button", name="Full screen: Correlation").click()
    expect(page.locator(".panel.full")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".panel.full")).to_have_count(0)


def test_at_400_pixels_the_picture_stays_in_view_above_the_sliders(page: Page):
    page.set_viewport_size({"width": 400, "height": 800})
    open_explore(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    slider(page, 2).scroll_into_view_if_needed()
    before = picture(page)
    slider(page, 2).press("End")
    wait_for_change(page, before)
    expect(page.locator('canvas[data-picture="decoded"]')).to_be_in_viewport()


def test_without_the_vendored_libraries_the_page_still_decodes(page: Page, complaints: list[str]):
    page.route("**/static/vendor/**", lambda route: route.abort())
    open_explore(page)
    before = picture(page)
    slider(page, 0).press("Home")
    wait_for_change(page, before)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "server")
    expect(page.get_by_text("Charts need Plotly")).to_be_visible()
    complaints.clear()


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
