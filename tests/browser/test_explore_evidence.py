"""The evidence of Explore, its exports, and links that bring back a view."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.explore_page import open_explore, picture, save, slider, value, wait_for_picture, wait_until


def test_back_returns_to_the_former_image(page: Page):
    open_explore(page, "?image=1000")
    page.get_by_role("spinbutton", name="Image number").fill("2000")
    page.get_by_role("spinbutton", name="Image number").press("Enter")
    expect(page).to_have_url(re.compile("image=2000"))
    expect(page.get_by_text("#2,000", exact=True)).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("image=1000"))
    expect(page.get_by_text("#1,000", exact=True)).to_be_visible()


def test_back_after_the_first_random_image_returns_to_the_first_view(page: Page):
    open_explore(page)
    first, address = picture(page, "input"), page.url
    page.get_by_role("button", name="Random image").click()
    expect(page).to_have_url(re.compile(r"image=\d+"))
    other = page.url
    wait_until(page, lambda: not np.array_equal(picture(page, "input"), first))
    page.go_back()
    wait_until(page, lambda: np.array_equal(picture(page, "input"), first))
    expect(page).to_have_url(address)
    page.go_forward()
    wait_until(page, lambda: not np.array_equal(picture(page, "input"), first))
    expect(page).to_have_url(other)


def test_a_factor_slider_that_is_dragged_makes_one_entry_of_the_history(page: Page):
    open_explore(page, "?image=0")
    entries = page.evaluate("history.length")
    factor = page.get_by_role("slider", name="Factor floor hue")
    box = factor.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8, middle)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 8 + step * (box["width"] - 16) / 9, middle)
        expect(page).to_have_url(re.compile("image="))
        page.wait_for_timeout(150)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"image=[1-9]"))
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    expect(page).to_have_url(re.compile(r"image=0\b"))
    expect(page.get_by_text("#0", exact=True)).to_be_visible()


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


def test_a_cell_of_the_heat_map_is_reached_and_chosen_with_the_keys(page: Page):
    open_explore(page)
    chart = page.get_by_role("application", name="Heat map of correlation between latents and factors")
    chart.locator(".nsewdrag").first.wait_for()
    chart.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        chart.press(key)
    cell = chart.evaluate("node => node.data[0].customdata[1][1]")
    expect(chart.get_by_role("status")).to_contain_text(f"z{cell[0]} and {cell[2]}")
    expect(chart.locator(".chart-cursor")).to_be_visible()
    chart.press("Enter")
    expect(page.locator(".latent.focused")).to_have_attribute("data-latent", str(cell[0]))
    expect(page).to_have_url(re.compile("factor=1"))


def test_every_figure_is_read_and_chosen_with_the_keys(page: Page):
    open_explore(page)
    for tab, keys in (
        ("Hinton", ("Home", "ArrowDown")),
        ("KL", ("Home", "ArrowRight")),
        ("Training", ("Home", "PageDown", "ArrowDown")),
        ("Tuning", ("Home", "ArrowRight", "ArrowDown")),
    ):
        page.get_by_role("tab", name=tab, exact=True).click()
        chart = page.locator("#evidence-panel").get_by_role("application")
        chart.locator(".nsewdrag").first.wait_for()
        chart.focus()
        for key in (*keys, "Enter"):
            chart.press(key)
        expect(chart.locator(".chart-cursor")).to_be_visible()
        if latent := re.search(r"z(\d+)", chart.get_by_role("status").inner_text()):  # not Tuning
            expect(page.locator(".latent.focused")).to_have_attribute("data-latent", latent[1])
    expect(page).to_have_url(re.compile("factor="))


def test_points_of_the_map_are_seen_loaded_and_selected_with_the_keys(page: Page):
    open_explore(page, "?image=0&tab=map")
    chart = page.get_by_role("application", name="Map of the codes over two latents")
    chart.locator(".nsewdrag").first.wait_for()
    chart.focus()
    chart.press("Home")
    expect(page.locator(".hovered img.preview")).to_be_visible()
    chart.press("PageDown")
    chart.press("Enter")
    expect(page).to_have_url(re.compile(r"image=[1-9]"))
    for key in ("Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowRight"):
        chart.press(key)
    expect(page.locator(".lassoed button").first).to_be_visible()


def test_charts_that_are_replaced_are_given_back(page: Page):
    page.goto("/scores?view=correlation")
    page.locator(".chart .nsewdrag").first.wait_for()
    page.evaluate("window.first = document.querySelector('.chart')")
    page.get_by_role("button", name="Trade-off").click()
    page.get_by_role("application", name="Trade-off").locator(".nsewdrag").first.wait_for()
    assert page.evaluate("window.first._fullLayout === undefined"), "the former chart was not purged"


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
    page.get_by_role("button", name="DCI", exact=True).click()
    drawer = page.get_by_role("dialog", name="DCI · demo room")
    expect(drawer.get_by_text("Seed", exact=True)).to_be_visible()
    expect(drawer.get_by_role("region", name="DCI: importance")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_the_palette_finds_another_model(page: Page):
    open_explore(page)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name=re.compile("^Search")).fill("disc mixed")
    expect(page.get_by_role("option", name=re.compile("demo disc mixed"))).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("demo-disc-mixed"))


def test_full_screen_is_left_by_escape(page: Page):
    open_explore(page)
    page.get_by_role("button", name="Full screen: Correlation").click()
    expect(page.locator("dialog.full-screen")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("dialog.full-screen")).to_have_count(0)


def test_the_training_film_has_one_step_for_all_rows_and_the_chart(page: Page):
    open_explore(page, "?tab=training")
    film = page.get_by_role("region", name="Training film")
    expect(film.get_by_role("img", name=re.compile("^Traversal of z"))).to_have_count(3)
    film.get_by_role("slider").press("Home")
    level = "c => c.getContext('2d').getImageData(5, 5, 1, 1).data[0]"
    row = film.get_by_role("img", name="Traversal of z1 at this step of the training")
    assert row.evaluate(level) == 40
    film.get_by_role("slider").press("ArrowRight")
    assert row.evaluate(level) == 120
    expect(film.get_by_role("slider")).to_have_attribute("aria-valuetext", "step 100, 2 of 3")
    marked = "() => document.querySelector('.evidence .chart')?.layout?.shapes?.[0]?.x0"
    wait_until(page, lambda: page.evaluate(marked) == 100)
    film.get_by_role("button", name="Play the film").click()
    expect(film.get_by_text("2,000", exact=True)).to_be_visible()
    film.get_by_role("button", name=re.compile("^z2")).click()
    expect(page.locator(".latent.focused")).to_have_attribute("data-latent", "2")


def test_the_training_tab_gives_the_file_and_the_command_that_train_the_model_again(page: Page, home: Path):
    open_explore(page, "?tab=training")
    panel = page.get_by_role("region", name="Training", exact=True)
    expect(panel.get_by_text("axiscope train --config run.toml", exact=True)).to_be_visible()
    with page.expect_download() as caught:
        panel.get_by_role("link", name="run.toml").click()
    assert caught.value.suggested_filename == "run.toml"
    assert caught.value.path().read_bytes() == (home / "zoo" / "demo-room" / "run.toml").read_bytes()


def test_a_saved_figure_has_a_title_and_a_ground(page: Page):
    open_explore(page, "?tab=kl")
    page.locator(".evidence .chart .main-svg").first.wait_for()
    text = Path(save(page, re.compile("^Menu: KL"), "Save SVG").path()).read_text()
    assert "KL of each latent" in text
    assert "rgb(255, 255, 255)" in text
    page.get_by_role("tab", name="Hinton").click()
    page.locator(".evidence .chart .main-svg").first.wait_for()
    text = Path(save(page, re.compile("^Menu: Hinton"), "Save SVG").path()).read_text()
    assert re.search(r"DCI importances: D [.\d]+ · C [.\d]+ · I [.\d]+", text)


def test_a_chart_fills_the_screen_and_keeps_its_height_when_the_window_changes(page: Page):
    open_explore(page, "?tab=map")
    chart = page.locator(".evidence .chart")
    chart.locator(".main-svg").first.wait_for()

    def sizes() -> list[int]:
        return page.evaluate(
            "() => { const c = document.querySelector('.evidence .chart'), s = c.querySelector('.main-svg');"
            " return [c.clientWidth, c.clientHeight, s.clientWidth, s.clientHeight]; }"
        )

    before = sizes()
    assert before[:2] == before[2:]
    page.get_by_role("button", name="Full screen: Map").click()
    wait_until(page, lambda: sizes()[3] > 700)
    page.keyboard.press("Escape")
    wait_until(page, lambda: sizes()[3] == before[1])
    page.set_viewport_size({"width": 1300, "height": 900})
    wait_until(page, lambda: sizes()[2] < before[0])
    assert sizes()[1] == before[1]


def test_the_card_shows_limits_and_is_saved_as_markdown(page: Page):
    open_explore(page)
    page.get_by_role("button", name="Card", exact=True).click()
    card = page.get_by_role("dialog", name="Card · demo room")
    expect(card.get_by_role("heading", name="What it fails at")).to_be_visible()
    expect(card.get_by_text(re.compile("z3, z4, z5, z6, z7: dead"))).to_be_visible()
    expect(card.get_by_role("row", name=re.compile("^MIG 0.57"))).to_be_visible()
    with page.expect_download() as caught:
        card.get_by_role("button", name="Save Markdown").click()
    text = Path(caught.value.path()).read_text()
    assert text.startswith("# demo room\n")
    assert "## What it fails at" in text
