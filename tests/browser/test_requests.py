"""What a drag requests: nothing with the browser's decoder, one picture at a time with the server's, and no figure."""

import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.explore_page import open_explore, picture, slider, value, wait_until

#: What each kind of evidence shows once it has read all that it needs.
TABS = {
    "Correlation": ".main-svg",
    "Hinton": ".main-svg",
    "Tuning": ".main-svg",
    "Map": ".main-svg",
    "KL": ".keep .note:not(:empty)",
    "Scores": "table.scores",
    "Training": ".training-film",
}


@pytest.fixture
def sent(page: Page) -> list[str]:
    """Requests of the page, without the queue, read every few seconds, and the icon, read for each new address."""
    addresses: list[str] = []

    def on_request(request: Request) -> None:
        if not re.search(r"/api/v1/jobs\?limit=1$|/axiscope\.svg$", request.url):
            addresses.append(request.url)

    page.on("request", on_request)
    return addresses


def drag(page: Page, latent: int, shares: list[float]) -> None:
    """Press the thumb of a slider, move it to shares of its width, and release it."""
    box = slider(page, latent).bounding_box()
    assert box
    low, high = (float(slider(page, latent).get_attribute(end) or "nan") for end in ("min", "max"))
    middle = box["y"] + box["height"] / 2
    at = [box["x"] + 8 + share * (box["width"] - 16) for share in shares]
    page.mouse.move(box["x"] + 8 + (value(page, latent) - low) / (high - low) * (box["width"] - 16), middle)
    page.mouse.down()
    for x in at:
        page.mouse.move(x, middle)
    page.mouse.up()


def decode(page: Page, body: dict[str, Any]) -> np.ndarray:
    """Picture of the point of a request, from the service itself."""
    answer = page.request.post("/decode", data=body, headers={"Accept": "image/png"})
    with Image.open(io.BytesIO(answer.body())) as opened:
        return np.asarray(opened.convert("RGBA"))


def test_a_drag_requests_nothing_while_the_browser_decodes(page: Page, sent: list[str]):
    open_explore(page)
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    slider(page, 0).focus()  # tuning and map show the focused latent
    for n, (tab, content) in enumerate(TABS.items()):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.locator(f".evidence {content}").first.wait_for()
        page.wait_for_timeout(500)
        sent.clear()
        address = page.url
        drag(page, 0, [*np.linspace(0.1, 0.9, 9), 0.2 + 0.1 * n])
        wait_until(page, lambda before=address: page.url != before)  # the sliders rest
        assert not sent, tab


def test_no_figure_is_requested_twice(page: Page, sent: list[str]):
    open_explore(page)
    for n, (tab, content) in enumerate(TABS.items()):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.locator(f".evidence {content}").first.wait_for()
        for latent in (0, 1, 0):
            address = page.url
            drag(page, latent, [0.3, 0.4 + 0.05 * n + 0.01 * latent])
            wait_until(page, lambda before=address: page.url != before)
    figures = [address for address in sent if "/figures/" in address]
    assert figures
    assert sorted(figures) == sorted(set(figures))


def test_on_the_server_one_picture_is_decoded_at_a_time_and_the_last_point_is_drawn(page: Page):
    open_explore(page, "?decode=server&strips=none&image=7")
    held: list[Route] = []
    most = 0

    def hold(route: Route) -> None:
        nonlocal most
        held.append(route)
        most = max(most, len(held))

    page.route("**/decode", hold)
    for end in (0.95, 0.1, 0.6):
        drag(page, 0, [*np.linspace(0.3, 0.7, 12), end])
        wait_until(page, lambda: len(held) == 1)
        page.wait_for_timeout(200)  # the answer is late: the slider was released long ago
        asked: dict[str, Any] = {"latents": [[None]]}
        while asked["latents"][0][0] != value(page, 0):  # the newest point waits for the answer before
            wait_until(page, lambda: bool(held))
            asked = held[0].request.post_data_json
            held.pop().continue_()
        wanted = decode(page, asked)
        wait_until(page, lambda wanted=wanted: np.array_equal(picture(page), wanted))
    assert most == 1


def test_the_image_chosen_last_stays_where_the_answers_come_in_another_order(page: Page):
    open_explore(page, "?image=7")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/encode", hold)
    page.locator("body").press("i")
    wait_until(page, lambda: len(held) == 1)
    page.locator("body").press("i")
    wait_until(page, lambda: len(held) == 2)
    chosen = re.search(r"\[(\d+)\]", held[1].request.post_data or "")
    assert chosen
    held[1].continue_()
    expect(page).to_have_url(re.compile(rf"image={chosen[1]}\b"))
    held[0].continue_()
    page.wait_for_timeout(300)
    expect(page).to_have_url(re.compile(rf"image={chosen[1]}\b"))
    expect(page.get_by_role("spinbutton", name="Image number")).to_have_value(chosen[1])
