"""Figures of a study of 10,800 runs over HTTP: a generated table, imported, each figure as Plotly JSON.

``python -m benchmarks.studies FILE.csv`` writes the table alone. Its scores follow known effects: of the model, of
the weight, of the data set, and the noise of a seed; they are not results of any training.
"""

import csv
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np

from benchmarks.serving import serving
from benchmarks.table import Row
from tests.demo_zoo import write_zoo
from training.studies.study import read_study

STUDY = "hartmann-constrained-vaes"
REQUESTS = 20
METRICS = ("beta_vae", "factor_vae", "mig", "dci", "sap", "modularity")
LEVEL = {"beta_vae": 0.75, "factor_vae": 0.6, "mig": 0.12, "dci": 0.25, "sap": 0.04, "modularity": 0.85}
SPREAD = {"beta_vae": 0.08, "factor_vae": 0.08, "mig": 0.05, "dci": 0.08, "sap": 0.015, "modularity": 0.05}
MODEL = {
    "beta-TCVAE": 0.9,
    "FactorVAE": 0.6,
    "beta-VAE": 0.4,
    "AnnealedVAE": -0.4,
    "DIP-VAE-I": -0.7,
    "DIP-VAE-II": -0.8,
}
WEIGHT, DATASET, SEED = 0.5, 0.5, 0.4
"""Effects in units of `SPREAD`: lowest to highest weight, first to last data set, standard deviation over seeds."""


def write_table(path: Path, seeds: int | None = None) -> None:
    """Write one row a run of the study: settings, reconstruction loss and six scores."""
    rng = np.random.default_rng(0)
    runs = read_study(STUDY, seeds).runs
    names = sorted({name for run in runs for name in run.varied if name not in {"dataset", "seed"}})
    datasets = {name: place for place, name in enumerate(dict.fromkeys(run.varied["dataset"] for run in runs))}
    ranks = {
        (group, name): {value: place for place, value in enumerate(sorted(values))}
        for (group, name), values in _weights(runs).items()
    }
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["group", "dataset", "seed", *names, "reconstruction", *METRICS])
        for run in runs:
            (name,) = run.varied.keys() - {"dataset", "seed"}
            rank = ranks[run.group, name][run.varied[name]] / 5
            place = datasets[run.varied["dataset"]] / 5
            quality = MODEL[run.group] + WEIGHT * rank + DATASET * place
            scores = [LEVEL[each] + SPREAD[each] * (quality + SEED * rng.normal()) for each in METRICS]
            reconstruction = 20 + 300 * place + 40 * rank + 5 * rng.normal()
            settings = [run.varied.get(each, "") for each in names]
            values = [f"{value:.5f}" for value in (reconstruction, *np.clip(scores, 0, 1))]
            rows.writerow([run.group, run.varied["dataset"], run.varied["seed"], *settings, *values])


def _weights(runs: object) -> dict[tuple[str, str], set[float]]:
    found: dict[tuple[str, str], set[float]] = {}
    for run in runs:  # type: ignore[attr-defined]
        for name, value in run.varied.items():
            if name not in {"dataset", "seed"}:
                found.setdefault((run.group, name), set()).add(value)
    return found


def run() -> list[Row]:
    """Import the table, and request each figure, the tables and the verdicts twenty times by one client."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_zoo(home / "zoo")
        table = home / "results.csv"
        write_table(table)
        with (
            serving(home) as service,
            httpx.Client(base_url=f"http://{service.host}:{service.port}", timeout=60) as web,
        ):
            path = f"/api/v1/studies/{STUDY}"
            content, headers = table.read_bytes(), {"Content-Type": "text/csv"}
            started = time.perf_counter()
            answer = web.post(f"{path}/imports?file=results.csv", content=content, headers=headers).raise_for_status()
            rows = [Row("import of 10,800 runs", 1000 * (time.perf_counter() - started), "ms")]
            number = answer.json()["id"]
            figures = [f"figures/{each['name']}" for each in web.get(f"{path}/figures").json()["items"]]
            for what in (*figures, "tables", "claims"):
                times = []
                for _ in range(REQUESTS):
                    started = time.perf_counter()
                    web.get(f"{path}/{what}?import={number}").raise_for_status()
                    times.append(1000 * (time.perf_counter() - started))
                value = float(np.quantile(times, 0.95))
                rows.append(Row(f"10,800 runs, {what}", value, "ms (p95)", reach="< 1000 ms"))
    return rows


if __name__ == "__main__":
    write_table(Path(sys.argv[1]))
