"""The training distribution on the page of a data set: sliders, what training would draw, and the form of a run."""

import re

import pytest
from playwright.sync_api import Page, expect


def test_rules_are_set_by_sliders_shown_and_handed_to_the_form_of_a_run(page: Page):
    page.goto("/data/shapes3d")
    page.locator("body[data-ready]").wait_for()
    card = page.get_by_role("region", name="Training distribution")
    status = card.locator("p[role=status]")
    expect(status).to_contain_text("480,000 of 480,000 images, 0.0 % held out")
    card.get_by_role("button", name="Correlate two factors").click()
    pair = card.get_by_role("group", name="Correlation 1")
    first, second = pair.get_by_role("combobox").all()
    first.select_option("scale")
    second.select_option("orientation")
    expect(status).to_contain_text(re.compile(r"Correlation of scale and orientation:\s*0\.8"))
    sigma = pair.get_by_role("slider")
    sigma.focus()
    page.keyboard.press("End")
    expect(status).to_contain_text(re.compile(r"orientation:\s*0\.00"))
    pair.get_by_label("inverse").check()
    card.get_by_role("button", name="Hold out a combination").click()
    rule = card.get_by_role("group", name="Held-out combination 1")
    expect(status).to_contain_text("% held out")
    upper = rule.get_by_role("slider", name="scale from")
    upper.focus()
    page.keyboard.press("Home")
    expect(status).to_contain_text(re.compile(r"5\d\.\d % held out"))
    expect(page).to_have_url(re.compile("correlations=scale~-orientation:10&held_out_combinations=scale%3D0-7"))
    assert card.locator(".drawn").evaluate("async i => { await i.decode(); return i.naturalWidth }") == 8 * 64 + 7 * 2
    card.get_by_role("link", name="Train on it").click()
    expect(page.locator("#set-dataset_settings-correlations")).to_have_value("scale~-orientation:10")
    expect(page.locator("#set-dataset_settings-held_out_combinations")).to_have_value(
        re.compile("^scale=0-7&orientation=")
    )
    expect(page.locator("#choose-dataset")).to_have_value("shapes3d")


@pytest.mark.console_errors("status of 422")
def test_a_rule_that_leaves_no_image_is_refused_in_words(page: Page):
    page.goto("/data/shapes3d?held_out_combinations=shape=0-3")
    page.locator("body[data-ready]").wait_for()
    card = page.get_by_role("region", name="Training distribution")
    status = card.locator("p[role=status]")
    expect(card.get_by_role("alert")).to_contain_text("leave no image to train on")
    card.get_by_role("button", name="Remove held-out combination 1").click()
    expect(status).to_contain_text("0.0 % held out")
