"""The gallery as a person uses it: look, search, filter, choose, compare."""

import re

from playwright.sync_api import Page, expect


def open_gallery(page: Page, query: str = "") -> None:
    page.goto("/" + query)
    page.locator("body[data-ready]").wait_for()


def card(page: Page, name: str):
    return page.get_by_role("article", name=name, exact=True)


def demos(page: Page):
    """Cards without the models that other tests of this worker have trained."""
    return page.get_by_role("article", name=re.compile("^demo "))


def test_each_card_shows_what_its_strongest_latents_do(page: Page):
    open_gallery(page)
    disc = card(page, "demo disc")
    expect(disc.get_by_role("img", name=re.compile("Traversal of z0, pos"))).to_be_visible()
    canvas = disc.locator("canvas[data-painted]").first
    canvas.wait_for()
    frames = canvas.evaluate(
        "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " const mass = Array.from({ length: 9 }, () => 0), at = Array.from({ length: 9 }, () => 0);"
        " for (let y = 0; y < c.height; y++) for (let x = 0; x < c.width; x++) {"
        "   const v = d[4 * (y * c.width + x)], f = Math.min(8, Math.floor(9 * x / c.width));"
        "   mass[f] += v; at[f] += v * (x - f * c.width / 9); }"
        " return at.map((sum, f) => sum / mass[f]); }"
    )
    assert frames[-1] - frames[0] > 10, "the disc moves across the traversal of its position"
    expect(disc).to_contain_text("3 active of 6")
    expect(disc).to_contain_text("3 dead")


def test_a_broken_entry_is_listed_with_its_reason(page: Page):
    open_gallery(page)
    broken = page.get_by_role("listitem").filter(has_text="demo-truncated")
    expect(broken).to_contain_text("the manifest lists")
    expect(demos(page)).to_have_count(4)


def test_search_and_filters_narrow_the_cards_and_stand_in_the_address(page: Page):
    open_gallery(page)
    page.get_by_role("searchbox").fill("mixed")
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_label("Data set").select_option("shapes3d")
    expect(page.get_by_role("article")).to_have_count(1)
    assert "q=mixed" in page.url
    assert "dataset=shapes3d" in page.url
    fresh = page.context.new_page()
    fresh.goto(page.url)
    expect(fresh.get_by_role("article")).to_have_count(1)
    fresh.get_by_role("searchbox").fill("nobody has this name")
    expect(fresh.get_by_text("No model fits these filters")).to_be_visible()
    fresh.get_by_role("button", name="Show all models").click()
    expect(demos(fresh)).to_have_count(4)


def test_sorting_by_a_metric_puts_the_best_first(page: Page):
    open_gallery(page)
    page.get_by_label("Order").select_option(label="MED")
    expect(page).to_have_url(re.compile("sort=-med"))
    page.get_by_label("Order").select_option(label="best MIG first")
    expect(page.get_by_role("article").first).to_contain_text(".57")


def test_two_chosen_models_lead_to_the_comparison(page: Page):
    open_gallery(page)
    page.get_by_role("checkbox", name="Compare demo disc", exact=True).check()
    tray = page.get_by_role("region", name="Models chosen to compare")
    expect(tray).to_contain_text("Choose one more")
    page.get_by_role("checkbox", name="Compare demo disc mixed").check()
    tray.get_by_role("link", name="Compare 2 models").click()
    expect(page).to_have_url(re.compile(r"/compare\?m=demo-disc,demo-disc-mixed"))


def test_a_card_opens_its_model(page: Page):
    open_gallery(page)
    page.get_by_role("link", name="demo room", exact=True).click()
    expect(page).to_have_url(re.compile(r"/explore/demo-room$"))
