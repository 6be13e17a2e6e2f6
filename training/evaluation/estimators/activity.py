"""Which latents carry information on the factors, judged in a way that no rescaling changes."""

import numpy as np
from numpy.typing import NDArray

from training.evaluation.estimators.information import bin_codes, mutual_information
from training.evaluation.table import CodeTable

N_BINS = 20
PERMUTATIONS = 20
STANDARD_DEVIATIONS = 6.0
KL_NATS = 0.01
ROWS = 20_000


def informative(table: CodeTable, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Latents (d,) that know something of some factor, beyond what shuffled rows show by accident.

    A latent counts when its mutual information with a factor lies more than six standard deviations above
    that of shuffled rows, and, where posteriors are known, its KL is above 0.01 nats. Published code asks for
    a variance above a fixed threshold instead, which a change of units of the code turns into another answer.
    """
    if table.factors is None:
        return np.zeros(table.n_latents, dtype=bool)
    rows = np.arange(table.n) if table.n <= ROWS else rng.choice(table.n, ROWS, replace=False)
    binned, factors = bin_codes(table.codes[rows], N_BINS), table.factors[rows]
    real = mutual_information(binned, factors, N_BINS)
    shuffled = np.stack(
        [mutual_information(binned[rng.permutation(len(rows))], factors, N_BINS) for _ in range(PERMUTATIONS)]
    )
    threshold = shuffled.mean(axis=0) + STANDARD_DEVIATIONS * shuffled.std(axis=0, ddof=1) + 1e-9
    found = np.asarray((real > threshold).any(axis=1))
    return found if table.kl is None else found & (table.kl > KL_NATS)
