"""Slider to pixels in a real browser: decoding in the browser, over the server, and a Gradio app of the same model.

Each move sets a slider, sends its `input` event and ends when the canvas has the new pixels (with Gradio, when the
picture element has loaded its new source). In the rows "three latents in turn" each frame moves another of three
sliders: focus, input and change, while the film strips of all live latents start from the current point, so that each
move invalidates all strips. The model is `dsprites-annealed` or the folder AXISCOPE_BENCH_MODEL. Gradio is measured
when AXISCOPE_BENCH_GRADIO names a Python with gradio, onnxruntime and pillow.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.scores_page import FLAGS
from benchmarks.serving import serving
from benchmarks.table import Row
from models_zoo.manifest import DECODER, Manifest, read_manifest

ROOT = Path(__file__).parents[1]
MODEL = "dsprites-annealed"
MOVES = 200
WARM_UP = 20
IN_TURN = 3

EXPLORE_MOVES = """
async ({ first, moves, latents }) => {
  const sliders = latents.map((latent) => document.querySelector(`input[type=range][data-latent="${latent}"]`));
  const canvas = document.querySelector('canvas[data-picture="decoded"]');
  let drawn = null;
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    put.apply(this, given);
    if (this.canvas === canvas && drawn) drawn(performance.now());
  };
  const times = [];
  for (let i = first; i < first + moves; i += 1) {
    await new Promise((next) => requestAnimationFrame(next));
    const slider = sliders[i % sliders.length];
    const low = Number(slider.min), span = Number(slider.max) - low;
    const value = low + span * (0.5 + 0.49 * Math.sin(0.7 * i + 0.5 + i * i * 0.0001));
    const done = new Promise((resolve) => (drawn = resolve));
    const start = performance.now();
    if (sliders.length > 1) slider.focus({ preventScroll: true });
    slider.value = String(value);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    times.push((await done) - start);
    drawn = null;
    if (sliders.length > 1) slider.dispatchEvent(new Event('change', { bubbles: true }));
  }
  CanvasRenderingContext2D.prototype.putImageData = put;
  return times;
}
"""

TRANSFERRED = """() => performance.getEntriesByType("resource").reduce((sum, entry) => sum + entry.transferSize, 0)"""

GRADIO_MOVES = """
async ({ first, moves, latents: [latent] }) => {
  const slider = document.querySelectorAll('input[type=range]')[latent];
  const picture = () => document.querySelector('.image-frame img');
  const low = Number(slider.min), span = Number(slider.max) - low;
  const times = [];
  for (let i = first; i < first + moves; i += 1) {
    await new Promise((next) => requestAnimationFrame(next));
    const before = picture()?.src;
    const start = performance.now();
    slider.value = String(low + span * (0.5 + 0.49 * Math.sin(0.7 * i + 0.5)));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    while (picture()?.src === before || !picture()?.complete) {
      if (performance.now() - start > 5000) throw new Error('no new picture');
      await new Promise((next) => setTimeout(next, 1));
    }
    times.push(performance.now() - start);
  }
  return times;
}
"""

GRADIO_APP = """
import sys
import gradio, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
latents = int(sys.argv[2])

def decode(*z):
    image = session.run(None, {"latent": numpy.array([z], numpy.float32)})[0][0].transpose(1, 2, 0)
    pixels = (255 * image).round().astype(numpy.uint8)
    return pixels.squeeze() if pixels.shape[-1] == 1 else pixels

with gradio.Blocks() as app:
    sliders = [gradio.Slider(-3, 3, 0, step=0.001, label=f"z{i}") for i in range(latents)]
    picture = gradio.Image(decode(*[0.0] * latents))
    for slider in sliders:
        slider.input(decode, sliders, picture, show_progress="hidden", trigger_mode="always_last")
app.launch(server_port=int(sys.argv[3]), quiet=True)
"""


def model_folder() -> Path:
    """Return the folder of the model to decode."""
    named = os.environ.get("AXISCOPE_BENCH_MODEL")
    if named:
        return Path(named)
    return ROOT / "models_zoo" / "bundled" / MODEL


def moves(page: Page, script: str, manifest: Manifest, in_turn: int = 1) -> np.ndarray:
    """Return the milliseconds of each move of the ``in_turn`` latents of largest KL, after a warm-up."""
    order = sorted(range(manifest.latents), key=lambda index: -manifest.statistics[index].kl_nats)
    page.evaluate(script, {"first": 0, "moves": WARM_UP, "latents": order[:in_turn]})
    return np.array(page.evaluate(script, {"first": WARM_UP, "moves": MOVES, "latents": order[:in_turn]}))


def explore(
    browser: Browser, address: str, manifest: Manifest, where: str, in_turn: int = 1
) -> tuple[np.ndarray, float]:
    """Return the moves, and the seconds from navigation to a ready decoder, with a cold cache."""
    context = browser.new_context(viewport={"width": 1480, "height": 960})
    page = context.new_page()
    live = [str(index) for index, latent in enumerate(manifest.statistics) if latent.state != "dead"]
    strips = "strips=none" if in_turn == 1 else f"strips={','.join(live)}&base=current"
    start = time.perf_counter()
    page.goto(f"{address}/explore/{manifest.id}?decode={where}&{strips}", wait_until="commit")
    page.locator(f'#status-decoder[data-backend="{where}"]').wait_for()
    ready = time.perf_counter() - start
    page.locator("body[data-ready]").wait_for()
    page.wait_for_timeout(500)
    times = moves(page, EXPLORE_MOVES, manifest, in_turn)
    context.close()
    return times, ready


def first_view(browser: Browser, address: str, manifest: Manifest) -> tuple[float, float]:
    """Return the kilobytes of the Explore page with a cold cache: those of the page, and those of its decoder."""
    context = browser.new_context(viewport={"width": 1480, "height": 960})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{address}/explore/{manifest.id}?decode=browser")
    page.locator('#status-decoder[data-backend="browser"]').wait_for()
    page.locator("body[data-ready]").wait_for()
    page.wait_for_timeout(4000)
    decoder = page.workers[0].evaluate(TRANSFERRED)
    context.close()
    return sum(sizes) / 1000, decoder / 1000


def gradio(browser: Browser, python: str, folder: Path, home: Path) -> np.ndarray:
    """Return the milliseconds of each move in a Gradio app of the same decoder."""
    manifest = read_manifest(folder)
    app = home / "gradio_app.py"
    app.write_text(GRADIO_APP)
    command = [python, "-u", str(app), str(folder / DECODER), str(manifest.latents), "7961"]
    process = subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        context = browser.new_context(viewport={"width": 1480, "height": 960})
        page = context.new_page()
        for _ in range(120):
            try:
                page.goto("http://127.0.0.1:7961")
                break
            except Exception:  # noqa: BLE001 - the app is still starting; browsers raise different errors
                time.sleep(0.5)
        page.locator("input[type=range]").first.wait_for()
        page.wait_for_timeout(1500)
        times = moves(page, GRADIO_MOVES, manifest)
        context.close()
    finally:
        process.terminate()
        process.wait(20)
    return times


def run() -> list[Row]:
    """Measure Axiscope in the browser and over the server, and Gradio."""
    folder = model_folder().resolve()
    manifest = read_manifest(folder)
    home = Path(tempfile.mkdtemp(prefix="axiscope-bench-"))
    (home / "zoo").mkdir()
    shutil.copytree(folder, home / "zoo" / manifest.id)
    chromium = os.environ.get("AXISCOPE_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    python = os.environ.get("AXISCOPE_BENCH_GRADIO")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        with serving(home, command="up") as service:
            address = service.address
            explore(browser, address, manifest, "browser")  # opens the data set and the codec on the server
            page_kilobytes, decoder_kilobytes = first_view(browser, address, manifest)
            inside, ready = explore(browser, address, manifest, "browser")
            over, _ = explore(browser, address, manifest, "server")
            inside_turns, _ = explore(browser, address, manifest, "browser", IN_TURN)
            over_turns, _ = explore(browser, address, manifest, "server", IN_TURN)
        other = gradio(browser, python, folder, home) if python else None
        browser.close()
    shutil.rmtree(home, ignore_errors=True)

    median, high = (lambda times: float(np.median(times))), (lambda times: float(np.percentile(times, 95)))
    rows = [
        Row(f"slider to pixels, decoded in the browser ({manifest.id})", median(inside), "ms (median)"),
        Row("slider to pixels, decoded in the browser", high(inside), "ms (p95)", reach="<= 16.7"),
        Row("slider to pixels, decoded on the server", median(over), "ms (median)"),
        Row("slider to pixels, decoded on the server", high(over), "ms (p95)", reach="<= 25"),
        Row("three latents in turn, decoded in the browser", median(inside_turns), "ms (median)"),
        Row("three latents in turn, decoded in the browser", high(inside_turns), "ms (p95)", reach="<= 16.7"),
        Row("three latents in turn, decoded on the server", median(over_turns), "ms (median)"),
        Row("three latents in turn, decoded on the server", high(over_turns), "ms (p95)", reach="<= 25"),
        Row("browser decoder ready after navigation, cold cache", ready, "s", reach="< 0.5"),
        Row("first view of Explore with Plotly, cold cache", page_kilobytes, "kB", reach="<= 700"),
        Row("its decoder: runtime (WebAssembly) and decoder.onnx", decoder_kilobytes, "kB"),
    ]
    if other is not None:
        name = "Gradio, same model, same run"
        rows += [
            Row(name, median(other), "ms (median)"),
            Row(name, high(other), "ms (p95)"),
            Row("decoded in the browser, median", median(inside), "ms", name, median(other) / median(inside), ">= 25"),
            Row("decoded on the server, median", median(over), "ms", name, median(other) / median(over), ">= 4"),
        ]
    return rows
