"""Growth: time against runs in a stack, queued jobs, models in the zoo, and rows and latents of a metric's table.

All times are CPU times, which the load of other processes changes least. Of each curve: the slope in logarithms
(1 is proportional, 0 constant) and where it bends. `python -m benchmarks.scaling docs/images/scaling.svg` measures and
draws it.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.db.engine import Database
from backend.jobs import processes
from backend.jobs.queue import dispatchers, submit
from backend.jobs.queue.leases import claim
from backend.jobs.records import Capacity
from backend.settings import Settings
from benchmarks.jobs import BASE, p95
from benchmarks.scores_page import fill
from benchmarks.table import Row
from tests.demo_zoo import write_zoo
from training.evaluation.suite import evaluate
from training.evaluation.table import CodeTable

RUNS = (1, 2, 4, 8)
COUNTS = (100, 1_000, 10_000, 100_000)
ROWS, LATENTS = (1_000, 3_000, 10_000, 30_000), (5, 10, 20, 40)
METRICS = ("mig", "sap", "factor_vae", "hsic")
MODEL_METRICS = ("mig", "sap")
CALLS = 40
BEND = 0.3
"""Change of the slope from which a curve counts as bent."""


@dataclass(frozen=True)
class Curve:
    """Measured times of one quantity at growing sizes."""

    panel: str
    name: str
    sizes: Sequence[int]
    milliseconds: Sequence[float]

    @property
    def slope(self) -> float:
        """Slope of the straight line through the logarithms, by least squares."""
        return float(np.polyfit(np.log(self.sizes), np.log(self.milliseconds), 1)[0])

    @property
    def bend(self) -> int | None:
        """Size at which the slope changes most; None where it changes by less than `BEND`."""
        slopes = np.diff(np.log(self.milliseconds)) / np.diff(np.log(self.sizes))
        changes = np.abs(np.diff(slopes))
        return None if changes.max() < BEND else int(self.sizes[int(changes.argmax()) + 1])


def p95_of(call: Callable[[], object]) -> float:
    """Return the 95th percentile of the milliseconds of a call, CPU time of the process."""
    taken = []
    for _ in range(CALLS):
        begun = time.process_time()
        call()
        taken.append((time.process_time() - begun) * 1000)
    return p95(taken)


def stack_curve(folder: Path) -> Curve:
    """Measure the CPU time of one step of one run in a stack of K, conv64, batches of 16."""
    from training.data.local import open_dataset
    from training.runs.run_config import resolve
    from training.runs.stack import StackedNetworks
    from training.runs.step import train_step, update
    from training.runs.trainer import Trainer

    dataset, times = open_dataset("dsprites", {}, folder), []
    for count in RUNS:
        settings = {"dataset": "dsprites", "objective": "beta_vae", "batch_size": 16}
        runs = [Trainer(resolve({**settings, "seed": seed}), folder, dataset) for seed in range(count)]
        networks = StackedNetworks(runs) if count > 1 else runs[0].networks
        taken = []
        for _ in range(4):
            begun = time.process_time()
            train_step(runs, runs[0].images, partial(update, networks))
            taken.append((time.process_time() - begun) * 1000 / count)
        times.append(min(taken[1:]))
    return Curve("Runs in a stack", "step of a run", RUNS, times)


def claim_curve(folder: Path) -> Curve:
    """Measure claims of one job while so many are queued, SQLite."""
    database = Database(f"sqlite:///{folder / 'queue.db'}")
    database.migrate()
    defaults = {"run": {}, "objective": {"beta_vae": {}}, "dataset": {"dsprites": {}}}
    epoch = dispatchers.acquire(database, "b", "b", processes.identify(), has_exited=lambda _: True, seconds=3600)
    one, times, queued = Capacity(1, 0, 1), [], 0
    for count in COUNTS:
        spec = {"base": BASE, "grid": {"seed": list(range(queued, count))}, "defaults": defaults}
        with database.write() as connection:
            submit.insert_sweep(connection, submit.NewSweep("growth", spec, count - queued))
        while submit.expand(database):
            pass
        queued = count
        times.append(p95_of(lambda: claim(database, "b", epoch or 0, one, 3600.0)))
    database.close()
    return Curve("Queued jobs", "claim of one, p95", COUNTS, times)


def list_curve(folder: Path) -> Curve:
    """Measure the list of models, sorted by a metric, with so many synthetic models of two scores, SQLite."""
    write_zoo(folder / "zoo")
    url, times, known = f"sqlite:///{folder / 'zoo.db'}", [], 0
    settings = Settings(home=folder, database_url=url, bundled_zoo=folder / "none", device="cpu")
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        for count in COUNTS:
            fill(folder, url, range(known, count), MODEL_METRICS)
            known = count
            path = "/api/v1/models?limit=50&sort=-mig"
            times.append(p95_of(lambda: client.get(path).raise_for_status()))  # noqa: B023
    return Curve("Models in the zoo", "list of 50 by MIG, p95", COUNTS, times)


def metric_curves() -> list[Curve]:
    """Measure the CPU time of metrics, intervals included, against rows (10 latents) and latents (3,000 rows)."""
    rng = np.random.default_rng(0)

    def milliseconds(name: str, rows: int, latents: int) -> float:
        factors = rng.integers(0, (3, 6, 10), (rows, 3))
        codes = factors @ rng.standard_normal((3, latents)) + rng.standard_normal((rows, latents))
        table = CodeTable(codes, factors, ("a", "b", "c"), (3, 6, 10))
        begun = time.process_time()
        list(evaluate(table, [name]))
        return (time.process_time() - begun) * 1000

    for name in METRICS:
        milliseconds(name, ROWS[0], LATENTS[0])
    of_rows = [Curve("Rows of a table", name, ROWS, [milliseconds(name, n, 10) for n in ROWS]) for name in METRICS]
    of_latents = [Curve("Latents", name, LATENTS, [milliseconds(name, 3_000, d) for d in LATENTS]) for name in METRICS]
    return of_rows + of_latents


def measure() -> list[Curve]:
    """Measure all curves."""
    curves: list[Curve] = []
    steps: tuple[Callable[[Path], Curve], ...] = (stack_curve, claim_curve, list_curve)
    with tempfile.TemporaryDirectory() as folder:
        for step in steps:
            begun = time.monotonic()
            curves.append(step(Path(folder)))
            sys.stderr.write(f"{curves[-1]} in {time.monotonic() - begun:.0f} s\n")
    return curves + metric_curves()


def rows_of(curves: Sequence[Curve]) -> list[Row]:
    """Return the first and last time of each curve, its slope and where it bends."""
    rows = []
    for curve in curves:
        what = f"{curve.panel}, {curve.name}"
        for at in (0, -1):
            rows.append(Row(f"{what}: {curve.sizes[at]:,}", curve.milliseconds[at], "ms"))  # noqa: PERF401
        bend = f"bends at {curve.bend:,}" if curve.bend else "no bend"
        rows.append(Row(f"{what}: slope, {bend}", curve.slope, ""))
    return rows


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Draw the curves, a panel for each quantity that grows."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import LogLocator

    mpl.rcParams.update({"svg.hashsalt": "axiscope", "svg.fonttype": "none", "font.size": 8})
    panels = list(dict.fromkeys(curve.panel for curve in curves))
    figure, axes = plt.subplots(1, len(panels), figsize=(3.1 * len(panels), 3.1), constrained_layout=True)
    for ax, panel in zip(axes, panels, strict=True):
        shown = [each for each in curves if each.panel == panel]
        for curve in shown:
            label = f"{curve.name}, slope {curve.slope:.2f}"
            (line,) = ax.loglog(curve.sizes, curve.milliseconds, "o-", markersize=3, label=label)
            if curve.bend:
                ax.axvline(curve.bend, color=line.get_color(), linestyle=":", linewidth=0.8)
        largest = max(max(curve.milliseconds) for curve in shown)
        least = min(min(curve.milliseconds) for curve in shown)
        ax.set(xlabel=panel, ylim=(least / 2, largest * 6))
        ax.set_xticks(shown[0].sizes, [f"{size:,}" for size in shown[0].sizes])
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:,.0f}")
        ax.minorticks_off()
        ax.legend(fontsize=6.5, loc="upper left", frameon=False)
    axes[0].set_ylabel("CPU ms")
    figure.savefig(path, metadata={"Date": None})


def run() -> list[Row]:
    """Measure all curves and return their ends, slopes and bends."""
    return rows_of(measure())


if __name__ == "__main__":
    from benchmarks.machine import facts
    from benchmarks.table import markdown

    measured = measure()
    draw(measured, Path(sys.argv[1]))
    print("\n".join(facts()))
    print(markdown(rows_of(measured)))
    print("\n".join(f"{each.panel}, {each.name}: {[round(ms, 2) for ms in each.milliseconds]}" for each in measured))
