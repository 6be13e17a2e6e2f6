"""The tools of Explore: interpolation, swap, pad, factor directions."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.explore_page import open_explore, picture, value, wait_for_change, wait_until


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


@pytest.mark.parametrize("tool", ["swap", "interpolate"])
def test_a_number_typed_while_the_panel_is_built_is_taken(page: Page, tool: str):
    open_explore(page, "?image=0")
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/api/v1/datasets/*/images?*", hold_first)  # the first image B is on its way
    page.locator(f'[data-tool="{tool}"]').click()
    number = page.get_by_role("spinbutton", name="Number of image B")
    wait_until(page, lambda: bool(held))
    number.press_sequentially("479999")
    held[0].continue_()
    expect(page.get_by_text(re.compile(r"^#[\d,]+$")).last).to_be_visible()
    number.press("Enter")
    expect(page.get_by_text("#479,999")).to_be_visible()


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
