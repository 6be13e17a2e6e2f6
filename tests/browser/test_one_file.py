"""The file that `axiscope site --one-file` writes opens from disk, with the network blocked."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.explore_page import picture, slider, value, wait_for_change, wait_for_picture

ROOT = Path(__file__).parents[2]
MODELS = ("demo-disc", "demo-room")


@pytest.fixture(scope="module")
def file(home: Path, service: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a file with two models."""
    out = tmp_path_factory.mktemp("file") / "models.html"
    command = [sys.executable, "-c", "from backend.cli import main; main()", "site", *MODELS]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AXISCOPE_HOME": str(home)}
    environment["AXISCOPE_BUNDLED_ZOO"] = str(home / "none")  # else it adds them to the models that other tests count
    arguments = ["--one-file", str(out), "--images", "10"]
    subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)
    return out.as_uri()


@pytest.fixture
def offline(context: BrowserContext) -> Page:
    """A page without a network."""
    context.set_offline(offline=True)
    return context.new_page()


def test_a_page_of_one_file_decodes_and_draws_figures_without_a_network(offline: Page, file: str):
    requested: list[str] = []
    offline.on("request", lambda request: requested.append(request.url.partition("?")[0]))
    offline.goto(file)
    offline.locator("a.copied").last.click()
    offline.locator("body[data-ready]").wait_for()
    wait_for_picture(offline, "decoded")
    wait_for_picture(offline, "input")
    expect(offline.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    before = picture(offline)
    track = slider(offline, 0).bounding_box()
    assert track
    offline.mouse.move(track["x"] + track["width"] / 2, track["y"] + track["height"] / 2)
    offline.mouse.down()
    offline.mouse.move(track["x"] + track["width"] / 8, track["y"] + track["height"] / 2, steps=4)
    wait_for_change(offline, before)
    offline.mouse.up()
    offline.locator(".chart .nsewdrag").first.wait_for()
    assert all(address.startswith(("file:", "blob:", "data:")) for address in requested)


def test_a_link_into_a_page_of_one_file_opens_the_same_view(offline: Page, file: str):
    offline.goto(f"{file}?tab=hinton&tool=grid#explore/demo-room/index.html")
    offline.locator("body[data-ready]").wait_for()
    offline.get_by_role("tab", name="Hinton", selected=True).wait_for()
    slider(offline, 1).press("End")
    shown = value(offline, 1)
    expect(offline).to_have_url(re.compile(r"[?&]z=.*#explore/demo-room/index.html$"))
    again = offline.context.new_page()
    again.goto(offline.url)
    again.locator("body[data-ready]").wait_for()
    assert value(again, 1) == pytest.approx(shown, abs=1e-3)


def test_a_page_of_one_file_compares_its_models(offline: Page, file: str):
    offline.goto(f"{file}#compare/index.html")
    offline.locator("body[data-ready]").wait_for()
    for box in offline.get_by_role("checkbox").all():
        box.check()
    offline.get_by_role("button", name="Compare 2 models").click()
    offline.locator(".compare-figures").wait_for()
    expect(offline.locator("body")).to_have_attribute("data-ready", "1")
    expect(offline.locator("#compare .empty")).to_have_count(0)
    offline.get_by_role("button", name="Matched").click()
    handle = offline.get_by_role("slider").first
    handle.press("End")
    expect(offline).to_have_url(re.compile(r"link=matched"))
