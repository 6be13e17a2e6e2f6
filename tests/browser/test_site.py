"""The copy that `axiscope site` writes works from a plain file server, below any folder."""

import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.explore_page import picture, slider, value, wait_for_change, wait_for_picture

ROOT = Path(__file__).parents[2]


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass


@pytest.fixture(scope="module")
def copy(home: Path, service: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a copy of two models, in a folder below the root of a file server."""
    folder = tmp_path_factory.mktemp("host")
    command = [sys.executable, "-c", "from backend.cli import main; main()", "site", "demo-room", "demo-disc"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AXISCOPE_HOME": str(home)}
    environment["AXISCOPE_BUNDLED_ZOO"] = str(home / "none")  # else it adds them to the models that other tests count
    out = [*command, "--out", str(folder / "models" / "here"), "--images", "20"]
    subprocess.run(out, cwd=ROOT, env=environment, check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/models/here"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_copy_decodes_without_a_service(page: Page, copy: str):
    page.goto(f"{copy}/index.html")
    page.locator("a.copied").first.click()
    page.locator("body[data-ready]").wait_for()
    wait_for_picture(page, "decoded")
    wait_for_picture(page, "input")
    expect(page.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    before = picture(page)
    slider(page, 0).press("Home")
    wait_for_change(page, before)
    page.locator(".chart .nsewdrag").first.wait_for()


def test_a_copy_carries_the_file_that_trains_the_model_again(page: Page, copy: str, home: Path):
    page.goto(f"{copy}/explore/demo-room/index.html?tab=training")
    page.locator("body[data-ready]").wait_for()
    with page.expect_download() as caught:
        page.get_by_role("link", name="run.toml").click()
    assert caught.value.path().read_bytes() == (home / "zoo" / "demo-room" / "run.toml").read_bytes()


@pytest.mark.parametrize("tab", ["pcc", "hinton", "tuning", "map", "kl", "training"])
def test_a_copy_shows_the_figures_of_the_service(page: Page, copy: str, tab: str):
    page.goto(f"{copy}/explore/demo-room/index.html?tab={tab}")
    page.locator("body[data-ready]").wait_for()
    page.locator(".evidence .chart .main-svg").first.wait_for()
    choices = page.locator(".evidence .panel select").first
    for choice in choices.locator("option").all() if choices.count() else []:
        choices.select_option(choice.get_attribute("value"))
        slider(page, 2).focus()
        page.locator(".evidence .chart .main-svg").first.wait_for()
        expect(page.locator(".evidence .empty")).to_have_count(0)


def test_a_copy_takes_other_images_and_links(page: Page, copy: str):
    page.goto(f"{copy}/explore/demo-room/index.html?tool=swap")
    page.locator("body[data-ready]").wait_for()
    wait_for_picture(page, "input")
    before = picture(page, "input")
    for _ in range(3):  # the same one of twenty may come again
        page.get_by_role("button", name="Random image").click()
        page.wait_for_timeout(400)
        if not np.array_equal(before, picture(page, "input")):
            break
    wait_for_change(page, before, "input")
    slider(page, 1).press("End")
    shown = value(page, 1)
    expect(page).to_have_url(re.compile(r"[?&]z="))  # the address follows when the slider rests
    fresh = page.context.new_page()
    fresh.goto(page.url)
    fresh.locator("body[data-ready]").wait_for()
    assert value(fresh, 1) == pytest.approx(shown, abs=1e-3)
