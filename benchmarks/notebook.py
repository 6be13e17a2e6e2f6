"""Slider to pixels in a cell of JupyterLab: `axiscope.show`, and ipywidgets with a decoder in the kernel.

Each move sets a slider and ends when the cell shows the new pixels. The kernel of the baseline decodes by ONNX Runtime
and answers with a PNG. The model is that of the benchmark `slider`.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.lab import IDLE, jupyter_lab, write_notebook
from benchmarks.scores_page import FLAGS
from benchmarks.slider import EXPLORE_MOVES, MOVES, WARM_UP, model_folder
from benchmarks.table import Row
from models_zoo.manifest import DECODER, read_manifest

TIMEOUT_MILLISECONDS = 240_000
EXECUTED = re.compile(r"\[\d+\]:")
SHOW = "import axiscope\naxiscope.show({model!r}, images=5)"
IPYWIDGETS = """
import io, ipywidgets, numpy, onnxruntime
from PIL import Image
session = onnxruntime.InferenceSession({decoder!r})
slider = ipywidgets.FloatSlider(min=-3, max=3, step=0.05, description="z")
picture = ipywidgets.Image(format="png", width=256)

def decode(change=None):
    latent = numpy.zeros((1, {latents}), numpy.float32)
    latent[0, {latent}] = slider.value
    pixels = (255 * session.run(None, {{"latent": latent}})[0][0].transpose(1, 2, 0)).round().astype(numpy.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "PNG", compress_level=1)
    picture.value = file.getvalue()

slider.observe(decode, "value")
decode()
ipywidgets.VBox([slider, picture])
"""
IPYWIDGETS_MOVES = """
async ({ first, moves }) => {
  const handle = document.querySelector('.widget-slider .noUi-handle');
  const picture = document.querySelector('img.widget-image');
  const times = [];
  for (let i = first; i < first + moves; i += 1) {
    await new Promise((next) => requestAnimationFrame(next));
    const before = picture.src;
    const start = performance.now();
    const key = i % 40 < 20 ? 'ArrowRight' : 'ArrowLeft';
    handle.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    while (picture.src === before || !picture.complete) {
      if (performance.now() - start > 20000) throw new Error('no new picture');
      await new Promise((next) => setTimeout(next, 1));
    }
    times.push(performance.now() - start);
  }
  return times;
}
"""


def run_cell(page: Page, at: int) -> None:
    """Run one cell of the notebook that is shown, to its end.

    JupyterLab asks for a kernel until the notebook has one, ignores the command until its parts are connected, and
    drops a cell that runs while the kernel connects: only the number of an execution shows that it ran.
    """
    page.locator(".jp-NotebookPanel-toolbar .jp-Toolbar-kernelName").filter(has_text="Python 3").wait_for()
    prompt = page.locator(".jp-CodeCell").nth(at).locator(".jp-InputArea-prompt")
    before = prompt.inner_text()
    for _ in range(120):
        if prompt.inner_text() in {before, "[ ]:"}:
            prompt.click()
            page.locator('.jp-NotebookPanel-toolbar [data-command="notebook:run-cell-and-select-next"]').click()
        page.wait_for_timeout(1000)
        now = prompt.inner_text()
        if now != before and EXECUTED.fullmatch(now):
            return
    raise RuntimeError(f"JupyterLab did not run cell {at}")


def run() -> list[Row]:
    """Measure the cell of Axiscope, and that of ipywidgets."""
    folder = model_folder().resolve()
    manifest = read_manifest(folder)
    latent = max(range(manifest.latents), key=lambda index: manifest.statistics[index].kl_nats)
    home = Path(tempfile.mkdtemp(prefix="axiscope-bench-"))
    shutil.copytree(folder, home / "zoo" / manifest.id)
    baseline = IPYWIDGETS.format(decoder=str(folder / DECODER), latents=manifest.latents, latent=latent)
    file = home / "lab" / "slider.ipynb"
    file.parent.mkdir()
    write_notebook(file, [SHOW.format(model=manifest.id), baseline])
    chromium = os.environ.get("AXISCOPE_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    environment = {"AXISCOPE_HOME": str(home), "AXISCOPE_BUNDLED_ZOO": str(home / "none")}
    with jupyter_lab(file, environment) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1480, "height": 960})
        page.set_default_timeout(TIMEOUT_MILLISECONDS)
        page.goto(address)
        page.locator(IDLE).wait_for()
        run_cell(page, 0)
        widget = page.locator("iframe[title='Latents and pictures of the model']")
        widget.content_frame.locator("body[data-ready]").wait_for()
        handle = widget.element_handle()
        frame = handle.content_frame() if handle else None
        if frame is None:
            raise RuntimeError("the cell has no frame")
        run_cell(page, 1)
        page.locator("img.widget-image").wait_for()
        page.wait_for_timeout(1000)
        given = {"latents": [latent]}
        frame.evaluate(EXPLORE_MOVES, {"first": 0, "moves": WARM_UP, **given})
        inside = np.array(frame.evaluate(EXPLORE_MOVES, {"first": WARM_UP, "moves": MOVES, **given}))
        page.evaluate(IPYWIDGETS_MOVES, {"first": 0, "moves": WARM_UP})
        other = np.array(page.evaluate(IPYWIDGETS_MOVES, {"first": WARM_UP, "moves": MOVES}))
        browser.close()
    shutil.rmtree(home, ignore_errors=True)
    name = "ipywidgets, same model, same run"
    medians, highs = np.median([inside, other], axis=1), np.percentile([inside, other], 95, axis=1)
    return [
        Row(f"slider to pixels in a cell ({manifest.id})", medians[0], "ms (median)", name, medians[1] / medians[0]),
        Row("slider to pixels in a cell", highs[0], "ms (p95)", name, highs[1] / highs[0], "<= 16.7"),
        Row(name, medians[1], "ms (median)"),
        Row(name, highs[1], "ms (p95)"),
    ]
