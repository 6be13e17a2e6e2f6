"""`axiscope.show` in a real JupyterLab: decoding in the cell, latents of Python, and the export to HTML."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, expect

from benchmarks.lab import IDLE, jupyter_lab, write_notebook
from benchmarks.notebook import run_cell
from tests.axiscope.test_documentation import examples
from tests.browser.explore_page import picture, slider, wait_for_change, wait_for_picture, wait_until

CELLS = [example.replace("dsprites-vae", "demo-room") for example in examples("Notebook")]


@pytest.fixture(scope="module")
def lab(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of a notebook in JupyterLab, and its file."""
    file = tmp_path_factory.mktemp("lab") / "demo.ipynb"
    write_notebook(file, CELLS)
    with jupyter_lab(file, {"AXISCOPE_HOME": str(home), "AXISCOPE_BUNDLED_ZOO": str(home / "none")}) as address:
        yield address, file


def open_frame(page: Page, selector: str = "iframe") -> Frame:
    """Return the page inside a frame, once it shows its model."""
    element = page.wait_for_selector(selector)
    frame = element and element.content_frame()
    assert frame
    frame.locator("body[data-ready]").wait_for()
    return frame


def test_a_cell_decodes_and_shares_its_latents_with_python(page: Page, lab: tuple[str, Path]):
    address, file = lab
    page.goto(address)
    page.locator(IDLE).wait_for()
    run_cell(page, 0)
    frame = open_frame(page, "iframe[title='Latents and pictures of the model']")  # once the kernel has run the cell
    wait_for_picture(frame, "decoded")
    expect(frame.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    before = picture(frame)
    slider(frame, 0).press("Home")
    wait_for_change(frame, before)
    moved = float(slider(frame, 0).input_value())

    def is_printed() -> bool:
        run_cell(page, 1)
        page.wait_for_timeout(500)
        return page.get_by_text(re.compile(rf"^{re.escape(str(moved)[:8])}")).count() > 0

    wait_until(page, is_printed)
    run_cell(page, 2)
    wait_until(page, lambda: float(slider(frame, 0).input_value()) == 0.5)
    page.keyboard.press("Control+s")
    wait_until(page, lambda: "srcdoc" in file.read_text())
    page.goto("about:blank")


@pytest.mark.console_errors("ERR_FAILED")  # nbconvert names scripts of other hosts, which the cell does without
def test_a_notebook_that_is_exported_to_html_still_decodes(lab: tuple[str, Path], context: BrowserContext):
    _, file = lab
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(file)]
    subprocess.run(command, check=True, capture_output=True, cwd=file.parent)
    context.set_offline(offline=True)
    context.route(re.compile("^https?:"), lambda route: route.abort())
    page = context.new_page()
    page.goto(file.with_suffix(".html").as_uri())
    frame = open_frame(page)
    wait_for_picture(frame, "decoded")
    before = picture(frame)
    slider(frame, 0).press("Home")
    wait_for_change(frame, before)
