"""`axiscope.show` in a real JupyterLab: decoding in the cell, latents of Python, and the export to HTML."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from tests.axiscope.test_documentation import examples
from tests.browser.explore_page import picture, slider, wait_for_change, wait_for_picture, wait_until

ROOT = Path(__file__).parents[2]
CELLS = [example.replace("dsprites-vae", "demo-room") for example in examples("Notebook")]


def notebook() -> dict[str, object]:
    cells = [
        {"cell_type": "code", "id": f"c{at}", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
        for at, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def lab(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of a JupyterLab and the notebook in its folder."""
    folder = tmp_path_factory.mktemp("lab")
    file = folder / "demo.ipynb"
    file.write_text(json.dumps(notebook()))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{name}_DIR": str(folder / f".{name}") for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **own, "PYTHONPATH": str(ROOT), "AXISCOPE_HOME": str(home)}
    environment |= {"AXISCOPE_BUNDLED_ZOO": str(home / "none"), "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings")}
    options = [f"--port={port}", f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=", "--no-browser"]
    command = [sys.executable, "-m", "jupyterlab", *options, "--allow-root", "--LabApp.news_url=None"]
    with (folder / "lab.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/api", timeout=5).raise_for_status()
                    break
                except httpx.HTTPError:
                    assert process.poll() is None, (folder / "lab.log").read_text()[-2000:]
                    process_wait(process)
            yield f"http://127.0.0.1:{port}/lab/tree/demo.ipynb", file
        finally:
            process.terminate()
            process.wait(20)


def process_wait(process: subprocess.Popen[bytes]) -> None:
    """Wait half a second, unless the process ends."""
    try:
        process.wait(0.5)
    except subprocess.TimeoutExpired:
        return


def run_cell(page: Page, at: int) -> None:
    cell = page.locator(".jp-CodeCell").nth(at)
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")


def cell_frame(page: Page) -> FrameLocator:
    widget = page.locator("iframe[title='Latents and pictures of the model']")
    widget.wait_for()  # the kernel has run the cell
    frame = widget.content_frame
    frame.locator("body[data-ready]").wait_for()
    return frame


def test_a_cell_decodes_and_shares_its_latents_with_python(page: Page, lab: tuple[str, Path], complaints: list[str]):
    address, file = lab
    page.goto(address)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    run_cell(page, 0)
    frame = cell_frame(page)
    wait_for_picture(frame, "decoded")
    expect(frame.locator("#status-decoder")).to_have_attribute("data-backend", "browser")
    before = picture(frame)
    slider(frame, 0).press("Home")
    wait_for_change(frame, before)
    moved = float(slider(frame, 0).input_value())

    def is_printed() -> bool:
        run_cell(page, 1)
        page.wait_for_timeout(500)
        return page.get_by_text(re.compile(rf"^{re.escape(str(moved))}")).count() > 0

    wait_until(page, is_printed)
    run_cell(page, 2)
    wait_until(page, lambda: float(slider(frame, 0).input_value()) == 0.5)
    page.keyboard.press("Control+s")
    wait_until(page, lambda: "srcdoc" in file.read_text())
    page.goto("about:blank")
    complaints.clear()  # of JupyterLab


def test_a_notebook_that_is_exported_to_html_still_decodes(lab: tuple[str, Path], context: BrowserContext):
    _, file = lab
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(file)]
    subprocess.run(command, check=True, capture_output=True, cwd=file.parent)
    context.set_offline(offline=True)
    context.route(re.compile("^https?:"), lambda route: route.abort())
    page = context.new_page()
    page.goto(file.with_suffix(".html").as_uri())
    frame = page.locator("iframe").content_frame
    frame.locator("body[data-ready]").wait_for()
    wait_for_picture(frame, "decoded")
    before = picture(frame)
    slider(frame, 0).press("Home")
    wait_for_change(frame, before)
