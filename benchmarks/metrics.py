"""Metrics: CPU seconds against plain loops of the definitions, and against scikit-learn's boosting for DCI.

Published default sizes on dSprites' factors, 10 latents, one thread. The loops request codes batch by batch, as
published code does; a formula gives the codes, so that only the metric is timed. DCI is compared at 10 of its 100
stages, each of the same cost; AXISCOPE_BENCH_FULL=1 compares all 100, which takes ten minutes.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score

from benchmarks.table import Row
from training.evaluation.estimators.boosted_trees import boost
from training.evaluation.estimators.importance import completeness, disentanglement
from training.evaluation.estimators.information import bin_codes, factor_entropies, mutual_information
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate
from training.evaluation.table import CodeTable
from training.metrics.irs import average, robustness
from training.metrics.mig import gaps

SIZES = np.array([3, 6, 40, 32, 32])
TRAIN, TEST, BATCH = 10_000, 5_000, 64
FULL = os.environ.get("AXISCOPE_BENCH_FULL") == "1"
STAGES = 100 if FULL else 10
PUBLISHED_CODES = 1_920_000 + 970_000
"""Codes that the metrics of BetaVAE and FactorVAE need at their published sizes."""
RNG = np.random.default_rng(0)
NOISE = np.array([0.1, 0.1, 0.15, 0.2, 0.2, 0.5, 0.9, 0.03, 0.01, 1.0])
ADDED = ("infomec", "med", "mcc", "omes", "snc", "dci_es", "downstream", "hsic", "tc", "unsupervised")
NO_INTERVAL = {name: {"resamples": 0} for name in ("mig", "mig_sup", "modularity", "sap", "irs", "cbd", "unsupervised")}


def factors_of(n: int) -> np.ndarray:
    return RNG.integers(0, SIZES, size=(n, 5))


def codes_of(factors: np.ndarray) -> np.ndarray:
    """Return codes (n, 10) of leaky, periodic, noisy and dead latents."""
    u = 2 * factors / (SIZES - 1) - 1
    t = 2 * np.pi * factors[:, 2] / 40
    nothing = np.zeros(len(factors))
    columns = [u[:, 3] + 0.15 * u[:, 4], u[:, 4] - 0.15 * u[:, 3], u[:, 1] + 0.2 * u[:, 0], np.cos(t)]
    columns += [np.sin(t) + 0.3 * u[:, 0], 0.5 * u[:, 0] + 0.2 * u[:, 1], 0.1 * u[:, 2] * u[:, 3]]
    return np.stack([*columns, nothing, nothing, nothing], axis=1) + NOISE * RNG.standard_normal((len(factors), 10))


def cpu(function: Callable[[], object], repeats: int = 1) -> float:
    """Return the least CPU seconds of ``repeats`` calls."""
    taken = []
    for _ in range(repeats):
        begun = time.process_time()
        function()
        taken.append(time.process_time() - begun)
    return min(taken)


def loop_beta_vae() -> float:
    def points(n: int) -> tuple[np.ndarray, np.ndarray]:
        differences, shared = [], []
        for _ in range(n):
            k = RNG.integers(5)
            left, right = factors_of(BATCH), factors_of(BATCH)
            right[:, k] = left[:, k]
            differences.append(np.abs(codes_of(left) - codes_of(right)).mean(axis=0))
            shared.append(k)
        return np.array(differences), np.array(shared)

    model = LogisticRegression().fit(*points(TRAIN))
    return model.score(*points(TEST))


def loop_factor_vae() -> float:
    variance = codes_of(factors_of(TRAIN)).var(axis=0, ddof=1)
    alive = np.flatnonzero(np.sqrt(variance) >= 0.05)

    def votes(n: int) -> np.ndarray:
        counts = np.zeros((len(alive), 5), dtype=int)
        for _ in range(n):
            k = RNG.integers(5)
            factors = factors_of(BATCH)
            factors[:, k] = factors[0, k]
            local = codes_of(factors).var(axis=0, ddof=1)
            counts[np.argmin(local[alive] / variance[alive]), k] += 1
        return counts

    train, test = votes(TRAIN), votes(TEST)
    return test[np.arange(len(alive)), train.argmax(axis=1)].sum() / test.sum()


def loop_mig(codes: np.ndarray, factors: np.ndarray) -> float:
    binned = [np.digitize(z, np.histogram(z, 20)[1][:-1]) for z in codes.T]
    gaps = []
    for v in factors.T:
        information = sorted(mutual_info_score(v, z) for z in binned)
        gaps.append((information[-1] - information[-2]) / mutual_info_score(v, v))
    return float(np.mean(gaps))


def loop_irs(codes: np.ndarray, factors: np.ndarray) -> float:
    largest = np.abs(codes - codes.mean(axis=0)).max(axis=0)
    relative = np.zeros((10, 5))
    for k, v in enumerate(factors.T):
        binned = np.digitize(v, np.histogram(v, 20)[1][:-1])
        values = np.unique(binned)
        for value in values:
            group = codes[binned == value]
            relative[:, k] += np.percentile(np.abs(group - group.mean(axis=0)), 99, axis=0) / len(values)
    return float(np.average((1 - relative / largest[:, None]).max(axis=1), weights=largest))


def axiscope(table: CodeTable, *names: str, mode: str = "parity", bare: bool = True) -> list:
    settings = {name: NO_INTERVAL[name] for name in names if name in NO_INTERVAL} if bare else {}
    return list(evaluate(table, names, options=EvaluationOptions(mode), settings=settings))


def axiscope_mig(codes: np.ndarray, factors: np.ndarray) -> float:
    return float(gaps(mutual_information(bin_codes(codes, 20), factors, 20), factor_entropies(factors)).mean())


def scikit_learn_dci(train: tuple, test: tuple) -> tuple[float, float, float]:
    importance, right = [], []
    for k in range(5):
        model = GradientBoostingClassifier(n_estimators=STAGES).fit(train[0], train[1][:, k])
        importance.append(model.feature_importances_)
        right.append(model.score(test[0], test[1][:, k]))
    matrix = np.array(importance).T
    return disentanglement(matrix), completeness(matrix), float(np.mean(right))


def dci_rows(train: tuple, test: tuple) -> tuple[list[Row], float, float]:
    boost((train[0][:100], train[1][:100]), (test[0][:10], test[1][:10]), n_estimators=1)
    found, expected = {}, {}
    kernel = cpu(lambda: found.update(b=boost(train, test, n_estimators=STAGES)), repeats=2)
    baseline = cpu(lambda: expected.update(e=scikit_learn_dci(train, test)))
    b = found["b"]
    got = (disentanglement(b.importance), completeness(b.importance), float(b.test_accuracy.mean()))
    apart = max(abs(x - y) for x, y in zip(got, expected["e"], strict=True))
    size = f"DCI, {STAGES} stages, {TRAIN:,} / {TEST:,} rows"
    rows = [
        Row(f"{size}: scikit-learn's GradientBoostingClassifier", baseline, "CPU s"),
        Row(f"{size}: exact-split kernel", kernel, "CPU s", "scikit-learn", baseline / kernel, ">= 12"),
        Row("D, C, I: largest difference from scikit-learn", apart, "", reach="<= .005"),
    ]
    return rows, kernel * 100 / STAGES, baseline * 100 / STAGES


def encoding() -> tuple[float, float] | None:
    """Return CPU seconds per image of a bundled model in batches of 64 and of 256, data set included."""
    from models_zoo.catalog import BUNDLED, list_zoo_models
    from models_zoo.codec import Codec
    from models_zoo.home import data_directory
    from training.config import build
    from training.registry import DATASETS

    models = [each for each in list_zoo_models(BUNDLED) if each.manifest and each.manifest.dataset == "dsprites"]
    if not models:
        return None
    module = DATASETS.load("dsprites")
    dataset = module.load(build(module.Config, {}), data_directory())
    codec = Codec(models[0].folder, device="cpu")
    dataset.images(np.arange(64))

    def rate(batch: int, n: int = 4096) -> float:
        indices = RNG.integers(0, len(dataset), size=n)
        codec.encode(dataset.images(indices[:batch]))
        batches = [indices[i : i + batch] for i in range(0, n, batch)]
        return cpu(lambda: [codec.encode(dataset.images(some)) for some in batches], repeats=2) / n

    return rate(64), rate(256)


START = """
import sys
import time
from pathlib import Path
from training.commands import metrics
from training.evaluation import suite

def load(name):
    print(time.process_time())
    raise SystemExit

suite.metric = load
metrics.metrics(Path(sys.argv[1]))
"""


def start_row() -> Row:
    """Return the CPU seconds of `axiscope metrics` until the first metric is loaded, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arrays.npz"
        np.savez(path, z=RNG.standard_normal((100, 3)), factors=RNG.integers(0, 3, (100, 2)))
        found = [subprocess.check_output([sys.executable, "-c", START, str(path)], text=True) for _ in range(3)]
    return Row(
        "axiscope metrics: start until the first metric is loaded", min(map(float, found)), "CPU s", reach="<= 1"
    )


def run() -> list[Row]:
    warnings.simplefilter("ignore")
    factors = factors_of(TRAIN + TEST)
    codes = codes_of(factors)
    table = CodeTable(codes, factors, ("shape", "scale", "orientation", "posX", "posY"), tuple(int(s) for s in SIZES))
    table = replace(table, train=np.arange(TRAIN), test=np.arange(TRAIN, TRAIN + TEST))
    published = replace(table, codes=codes[:TRAIN], factors=factors[:TRAIN], train=None, test=None)
    axiscope(published, "beta_vae", "mig", "irs")
    some = codes[:TRAIN], factors[:TRAIN]
    pairs = {
        "BetaVAE": (lambda: axiscope(table, "beta_vae"), loop_beta_vae, ">= 4"),
        "FactorVAE": (lambda: axiscope(table, "factor_vae"), loop_factor_vae, ">= 4"),
        "MIG": (lambda: axiscope_mig(*some), lambda: loop_mig(*some), ">= 15"),
        "IRS": (lambda: average(*robustness(codes[:TRAIN], some[1], 0.99)), lambda: loop_irs(*some), ""),
    }
    rows, loops = [], 0.0
    for name, (metric, loop, reach) in pairs.items():
        baseline, taken = cpu(loop), cpu(metric, repeats=3)
        loops += baseline
        rows.append(Row(f"{name}: plain loop", baseline, "CPU s"))
        rows.append(Row(f"{name}: here", taken, "CPU s", "plain loop", baseline / taken, reach))
    more, _, sklearn_dci = dci_rows((codes[:TRAIN], factors[:TRAIN]), (codes[TRAIN:], factors[TRAIN:]))
    rows += more
    labelled = ("beta_vae", "factor_vae", "mig", "mig_sup", "modularity", "sap", "explicitness", "irs", "cbd", "dci")
    suite = cpu(lambda: axiscope(table, *labelled, bare=False))
    rows.append(Row("ten metrics with intervals and chance levels, on a table", suite, "CPU s"))
    posteriors = replace(table, logvar=np.tile(2 * np.log(NOISE), (len(codes), 1)))
    seconds = {name: cpu(lambda name=name: axiscope(posteriors, name, bare=False)) for name in ADDED}
    rows += [
        Row(f"{name}, with interval and chance level, on a table", taken, "CPU s") for name, taken in seconds.items()
    ]
    rows.append(start_row())
    found = encoding()
    if found:
        small, large = found
        published_seconds = sklearn_dci + loops + PUBLISHED_CODES * small
        encoded = 30_000 * large
        what = "all metrics of codes of a model, 30,000 images encoded once"
        rows.append(Row(what, suite + sum(seconds.values()) + encoded, "CPU s", reach="<= 60"))
        what = "published way: loops, scikit-learn's DCI, 2.89 million codes (from the rates above)"
        rows.append(Row(what, published_seconds, "CPU s"))
        what = "ten metrics of a model, 30,000 images encoded once"
        ten = suite + encoded
        rows.append(Row(what, ten, "CPU s", "published way", published_seconds / ten, ">= 20"))
    return rows
