"""The scores page with 12,000 models, in a real browser.

The models are synthetic: rows of the database with random scores and the manifest of a demo model, without weights.
Measured are the time to the first rows, to sorted and filtered rows, and the time between frames while the table is
scrolled by one step in each frame.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import insert

from backend.db.base import now
from backend.db.engine import Database
from backend.db.tables import MetricResult, Model, ModelLatent
from benchmarks.serving import serving
from benchmarks.table import Row
from models_zoo.json_types import JsonObject
from tests.demo_zoo import write_zoo
from training.registry import METRICS

MODELS = 12_000
SEEDS = 10
LATENTS = 10
CHUNK = 5_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SCROLL = """async () => {
  const table = document.querySelector(".table-window");
  const times = [];
  const height = table.scrollHeight - table.clientHeight;
  let last = performance.now();
  for (let frame = 0; frame < 300; frame += 1) {
    table.scrollTop = (height * frame) / 300;
    await new Promise((done) => requestAnimationFrame(done));
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return { times, rows: document.querySelectorAll(".table-window tbody tr").length };
}"""


def synthetic(
    manifest: JsonObject, numbers: range, metrics: Sequence[str]
) -> tuple[list[JsonObject], list[JsonObject]]:
    """Return rows of models ``numbers`` and of their results: objectives x settings x seeds, random scores."""
    rng = np.random.default_rng(0)
    objectives = ("vae", "beta_vae", "factor_vae", "beta_tcvae", "annealed_vae", "dip_vae")
    models, results = [], []
    for number in numbers:
        objective = objectives[number // SEEDS % len(objectives)]
        training = {**manifest["training"], "seed": number % SEEDS}
        settings = {"beta": float(number // SEEDS)}
        model_id = f"synthetic-{number:05}"
        known = {**manifest, "id": model_id, "objective_settings": settings, "training": training}
        models.append(
            {
                "id": model_id,
                "version": "0" * 12,
                "name": f"synthetic {objective} {number:05}",
                "dataset": ("dsprites", "shapes3d")[number // SEEDS % 2],
                "objective": objective,
                "architecture": "conv64",
                "latents": 10,
                "seed": number % SEEDS,
                "configuration": f"{number // SEEDS:064d}",
                "search": f"{model_id} {objective} beta={number // SEEDS}",
                "manifest": known,
                "folder": "",
                "origin": "own",
                "created_at": now(),
            }
        )
        for metric in metrics:
            score = float(rng.beta(2, 3))
            results.append(
                {
                    "model_id": model_id,
                    "model_version": "0" * 12,
                    "metric": metric,
                    "settings_hash": "synthetic",
                    "n": 10_000,
                    "score": score,
                    "low": score - 0.01,
                    "high": score + 0.01,
                }
            )
    return models, results


def synthetic_latents(numbers: range, names: Sequence[str]) -> list[JsonObject]:
    """Return rows of ten latents of each synthetic model, with random factors and correlations."""
    rng = np.random.default_rng(1)
    rows = []
    for number in numbers:
        leak, purity = np.sort(rng.random((2, LATENTS)), 0)
        states = rng.choice(["active", "active", "weak", "dead"], LATENTS)
        rows += [
            {
                "model_id": f"synthetic-{number:05}",
                "latent": d,
                "dataset": ("dsprites", "shapes3d")[number // SEEDS % 2],
                "factor": str(rng.choice(names)),
                "purity": float(purity[d]),
                "leak": float(leak[d]),
                "kl_nats": float(3 * purity[d]),
                "state": str(states[d]),
            }
            for d in range(LATENTS)
        ]
    return rows


def fill(home: Path, database: str, numbers: range = range(MODELS), metrics: Sequence[str] = METRICS.names()) -> None:
    """Write the synthetic rows of models ``numbers`` into the database of a running service."""
    manifest = json.loads((home / "zoo" / "demo-disc" / "manifest.json").read_text())
    models, results = synthetic(manifest, numbers, metrics)
    latents = synthetic_latents(numbers, manifest["factor_names"])
    with Database(database) as opened:
        for table, rows in ((Model, models), (MetricResult, results), (ModelLatent, latents)):
            for start in range(0, len(rows), CHUNK):
                with opened.write() as connection:
                    connection.execute(insert(table), rows[start : start + CHUNK])


def _until(page: Page, condition: str) -> float:
    """Return the milliseconds until the condition, evaluated in every frame, holds in the page."""
    start = time.perf_counter()
    poll = f"const poll = () => ({condition} ? done() : requestAnimationFrame(poll)); poll();"
    page.evaluate(f"() => new Promise((done) => {{ {poll} }})")
    return 1000 * (time.perf_counter() - start)


def measure(page: Page, address: str) -> list[Row]:
    """Measure first rows, sorting, scrolling and aggregation."""
    size = f"{MODELS:,} synthetic models"
    shown = 'document.querySelectorAll(".table-window tbody th a").length > 5'
    page.goto(address + "/scores")
    _until(page, shown)
    rows = []
    start = time.perf_counter()
    page.goto(address + "/scores")
    _until(page, shown)
    first = 1000 * (time.perf_counter() - start)
    rows.append(Row(f"scores page, {size}: address entered to first rows", first, "ms", reach="<= 1500"))
    mig = page.get_by_role("button", name="MIG", exact=True)
    for direction in ("descending", "ascending"):
        mig.click()
        taken = _until(
            page, f"""document.querySelector('th[aria-sort="{direction}"] button')?.innerText.startsWith('MIG')"""
        )
        rows.append(Row(f"scores page, {size}: click to rows sorted by MIG, {direction}", taken, "ms", reach="<= 500"))
    scrolled = page.evaluate(SCROLL)
    frames = np.array(scrolled["times"])
    rows.append(Row(f"scores page, {size}: frame while scrolling all of it, median", float(np.median(frames)), "ms"))
    p95 = float(np.quantile(frames, 0.95))
    rows.append(Row(f"scores page, {size}: frame while scrolling all of it", p95, "ms (p95)", reach="<= 50"))
    rows.append(Row(f"scores page, {size}: table rows in the document", scrolled["rows"], "rows", reach="<= 80"))
    page.get_by_role("checkbox", name="Fold seeds").check()
    folded = _until(page, 'document.querySelector("#scores-count").textContent.includes("configurations")')
    rows.append(Row(f"scores page, {size}: click to seeds folded", folded, "ms", reach="<= 1000"))
    return rows


def run() -> list[Row]:
    """Measure with a service and a browser of this process."""
    browser = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    if browser is None:
        sys.exit("no browser: install chromium")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_zoo(home / "zoo")
        with serving(home, command="up") as service:
            fill(home, f"sqlite:///{home / 'axiscope.db'}")
            with sync_playwright() as playwright:
                running = playwright.chromium.launch(executable_path=browser, args=FLAGS)
                page = running.new_page(viewport={"width": 1480, "height": 960})
                rows = measure(page, service.address)
                running.close()
    return rows
