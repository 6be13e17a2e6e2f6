"""What the tests of Explore share: opening it, its sliders, the pixels of its pictures, its menus."""

import re
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Download, Frame, Locator, Page

ROOM = "/explore/demo-room"


def open_explore(page: Page, query: str = "", model: str = ROOM) -> None:
    page.goto(model + query)
    page.locator("body[data-ready]").wait_for()
    wait_for_picture(page, "decoded")


def picture(page: Page | Frame, name: str = "decoded") -> np.ndarray:
    """Pixels (height, width, 4) of one of the four pictures."""
    return pixels(page.locator(f'canvas[data-picture="{name}"]'))


def pixels(canvas: Locator) -> np.ndarray:
    """Pixels (height, width, 4), as a PNG on their way: ten thousands of numbers take a page far longer."""
    data = canvas.evaluate("canvas => canvas.toDataURL('image/png')").partition(",")[2]
    return np.array(Image.open(BytesIO(b64decode(data))).convert("RGBA"))


def wait_for_picture(page: Page | Frame, name: str) -> None:
    page.wait_for_timeout(50)
    for _ in range(600):
        if picture(page, name)[..., 3].any():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"the {name} picture stayed empty")


def wait_for_change(page: Page | Frame, before: np.ndarray, name: str = "decoded") -> np.ndarray:
    for _ in range(600):
        after = picture(page, name)
        if not np.array_equal(before, after):
            return after
        page.wait_for_timeout(50)
    pytest.fail(f"the {name} picture did not change")


def wait_until(page: Page | Frame, condition: Callable[[], bool]) -> None:
    """Ask again and again; `wait_for_function` would evaluate a string in the page, which its policy forbids."""
    for _ in range(600):
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail("the condition was not reached in 30 s")


def slider(page: Page | Frame, latent: int) -> Locator:
    return page.get_by_role("slider", name=re.compile(rf"^z{latent}\b"))


def value(page: Page, latent: int) -> float:
    return float(slider(page, latent).input_value())


def save(page: Page, menu: str | re.Pattern[str], item: str | re.Pattern[str]) -> Download:
    page.get_by_role("button", name=menu, exact=isinstance(menu, str)).click()
    with page.expect_download() as caught:
        page.get_by_role("menuitem", name=item).first.click()
    return caught.value
