"""Reference cases: codes and factors with the scores that independent implementations gave.

The arrays are made by their formulas; the numbers stand in `golden.json`. Where the folder of shared
cases is beside the checkout (or named by AXISCOPE_TEST_REFERENCE) its files, with all matrices, are read too.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluation.arrays import table_from_arrays
from training.evaluation.table import CodeTable

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
CASES = tuple(GOLDEN["cases"])
ROWS = 10_000


def shared_folder() -> Path | None:
    root = Path(__file__).parents[3]
    named = os.environ.get("AXISCOPE_TEST_REFERENCE")
    candidates = [Path(named)] if named else [root.parent / "shared/reference", root.parent.parent / "shared/reference"]
    return next((path / "metrics" for path in candidates if (path / "metrics" / "index.json").is_file()), None)


def formula(name: str, v: np.ndarray, sizes: list[int], noise: np.random.RandomState) -> np.ndarray:
    """Codes of the factor classes v (n, k)."""
    u = 2 * v / (np.array(sizes) - 1) - 1
    if name == "v1_dsprites_axis":
        return u
    if name == "v2_dsprites_noisy_dead":
        e = noise.standard_normal((len(v), 10))
        return np.concatenate([u + 0.1 * e[:, :5], 0.02 * e[:, 5:]], axis=1)
    if name == "v3_shapes3d_rotated":
        return u @ np.array(GOLDEN["q6"]).T
    if name == "v4_small_duplicated":
        return np.concatenate([u, u], axis=1)
    if name == "v5_norb_periodic":
        e = noise.standard_normal((len(v), 5))
        t = 2 * np.pi * v[:, 2] / 18
        return np.stack([u[:, 0], u[:, 1], np.sin(t), np.cos(t), u[:, 3]], axis=1) + 0.02 * e
    e = noise.standard_normal((len(v), 10))
    t = 2 * np.pi * v[:, 2] / 40
    nothing = np.zeros(len(v))
    columns = [
        u[:, 3] + 0.15 * u[:, 4],
        u[:, 4] - 0.15 * u[:, 3],
        u[:, 1] + 0.2 * u[:, 0],
        np.cos(t),
        np.sin(t) + 0.3 * u[:, 0],
        0.5 * u[:, 0] + 0.2 * u[:, 1],
        0.1 * u[:, 2] * u[:, 3],
        nothing,
        nothing,
        nothing,
    ]
    return np.stack(columns, axis=1) + np.array([0.1, 0.1, 0.15, 0.2, 0.2, 0.5, 0.9, 0.03, 0.01, 1.0]) * e


class Case:
    """One case: ``arrays`` as in its npz, ``golden`` numbers, and ``exact`` (all matrices) where it is shared."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.golden: dict[str, Any] = GOLDEN["cases"][name]
        sizes = self.golden["factor_sizes"]
        state = np.random.RandomState(20260)
        factors = np.stack([state.randint(size, size=ROWS) for size in sizes], axis=1).astype(np.int64)
        codes = formula(name, factors, sizes, np.random.RandomState(20261)).astype(np.float32)
        self.arrays = {"z": codes, "factors": factors, "factor_sizes": np.array(sizes)}
        self.exact: dict[str, Any] = {}
        self.expected: dict[str, Any] = {}
        folder = shared_folder()
        if folder is not None:
            with np.load(folder / f"{name}.npz") as arrays:
                self.arrays = dict(arrays)
            self.expected = json.loads((folder / f"{name}.json").read_text())
            self.exact = self.expected["deterministic_on_npz"]

    @property
    def table(self) -> CodeTable:
        return table_from_arrays(self.arrays)
