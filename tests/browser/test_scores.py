"""The score table as a person uses it: sort, filter, open a number, choose columns, save, see pictures."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.explore_page import wait_until


def open_scores(page: Page, query: str = "") -> None:
    page.goto("/scores" + query)
    page.locator("body[data-ready]").wait_for()


def names(page: Page) -> list[str]:
    return page.locator(".table-window tbody th a").all_inner_texts()


def test_a_click_on_a_metric_sorts_best_first_and_again_turns_it_round(page: Page):
    open_scores(page)

    def demos() -> list[str]:
        """Without models that other tests of this worker have trained."""
        return [name for name in names(page) if name.startswith("demo ")]

    page.get_by_role("button", name="MIG", exact=True).click()
    page.locator('th[aria-sort="descending"]').wait_for()
    wait_until(page, lambda: demos()[-1] == "demo disc mixed")
    assert set(demos()[:2]) == {"demo disc", "demo room"}
    page.get_by_role("button", name="MIG", exact=True).click()
    page.locator('th[aria-sort="ascending"]').wait_for()
    wait_until(page, lambda: demos()[0] == "demo disc mixed")
    assert "sort=mig" in page.url


def test_no_cell_is_empty_and_bold_stands_only_where_intervals_do_not_overlap(page: Page):
    open_scores(page, "?dataset=dsprites")
    cells = page.locator(".table-window tbody td[data-column]")
    texts = cells.all_inner_texts()
    assert texts
    assert all(text.strip() for text in texts)
    expect(page.locator(".table-window tbody b").first).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="demo disc mixed").locator("b")).to_have_count(0)


def test_models_of_different_data_sets_do_not_compete_for_bold(page: Page):
    open_scores(page)
    for winner in ("demo disc", "demo room"):
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=winner, exact=True))
        expect(row.locator("td[data-column] b").first).to_be_visible()


def test_a_number_opens_its_definition_settings_and_parts(page: Page):
    open_scores(page)
    page.get_by_role("row").filter(has_text="demo disc mixed").locator("td", has_text=".390").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name="MIG · demo disc mixed")).to_be_visible()
    expect(drawer).to_contain_text("95 % interval")
    expect(drawer).to_contain_text("What it misses")
    expect(drawer).to_contain_text("Seed")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_the_table_is_walked_with_the_keyboard(page: Page):
    open_scores(page)
    page.locator(".table-window tbody [tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(f"· {names(page)[1]}")


def test_sorting_keeps_the_column_in_sight(page: Page):
    page.set_viewport_size({"width": 1000, "height": 800})
    open_scores(page)
    table = page.get_by_role("region", name="Score table, scrolls")
    table.evaluate("node => node.scrollLeft = 900")
    head = page.get_by_role("columnheader", name="CbD", exact=True)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    page.wait_for_timeout(500)
    assert table.evaluate("node => node.scrollLeft") > 500
    expect(head).to_be_in_viewport()


def test_columns_can_be_hidden_and_the_address_keeps_it(page: Page):
    open_scores(page)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("dialog", name="Columns").get_by_label("MIG", exact=True).uncheck()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="MIG", exact=True)).to_have_count(0)
    assert "hide=mig" in page.url


def test_the_csv_holds_every_model_and_metric(page: Page):
    open_scores(page)
    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(caught.value.path()).read_text())))
    assert {row["model"] for row in rows} >= {"demo-disc", "demo-disc-mixed", "demo-room", "demo-room-mixed"}
    assert float(next(row for row in rows if row["model"] == "demo-disc")["mig"]) == 0.57


def test_filters_and_folding_are_answered_by_the_server(page: Page):
    open_scores(page)
    page.get_by_label("Objective").select_option("vae")
    expect(page.locator("#scores-count")).to_contain_text("2 models")
    page.get_by_role("checkbox", name="Average over seeds").check()
    expect(page.locator("#scores-count")).to_contain_text("2 configurations")
    expect(page.get_by_text("the mean over the seeds of a configuration")).to_be_visible()
    expect(page.get_by_text("half its 95 %")).to_be_hidden()
    expect(page.locator("#scores-body .value b")).to_have_count(0)


def test_the_pictures_of_the_table_are_drawn(page: Page):
    open_scores(page)
    for view, title in (
        ("Correlation", "Metrics against each other"),
        ("Trade-off", "against"),
        ("Parallel", "better end on top"),
        ("Distribution", "by objective"),
    ):
        page.get_by_role("button", name=view, exact=True).click()
        expect(page.locator(".chart .gtitle")).to_contain_text(title)


def test_a_figure_over_several_data_sets_has_a_note_that_they_do_not_compare(page: Page):
    open_scores(page, "?view=correlation")
    expect(page.get_by_text("whose scores do not compare")).to_be_visible()
    open_scores(page, "?view=correlation&dataset=dsprites")
    page.locator(".chart .main-svg").first.wait_for()
    expect(page.get_by_text("whose scores do not compare")).to_have_count(0)


def test_a_figure_wider_than_its_panel_scrolls_there_at_320_pixels(page: Page):
    page.set_viewport_size({"width": 320, "height": 800})
    open_scores(page, "?view=correlation")
    page.locator(".chart .main-svg").first.wait_for()
    needed, there = page.locator(".panel-body").evaluate("body => [body.scrollWidth, body.clientWidth]")
    assert needed > there
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
