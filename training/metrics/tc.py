"""Total correlation of the latents from their posteriors: no labels needed, no Gaussian assumed."""

import numpy as np

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.resampling import NORMAL_95
from training.evaluation.estimators.total_correlation import dependence
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "Total correlation"
SOURCE = "Watanabe 1960; Chen et al. 2018, eq. 2; bounds: Poole et al. 2019, section 2.5"
INFO = MetricInfo(
    title=TITLE,
    family="unsupervised",
    definition="Total correlation of the aggregate posterior q(z): how far it is from the product of its own latents. "
    "Read after training from a mixture of many posteriors, since the batch estimates in an objective's log are not "
    "readable as absolute values.",
    formula="KL(q(z) || prod_d q(z_d)), q(z) = mean_x q(z|x)",
    citation=SOURCE,
    chance="0 nats: independent latents.",
    misses="Independent latents need not be factors. Once I(x; z) exceeds the log of the number of codes, the two "
    "bounds drift apart (`details.bounds`): the interval holds both, and the score halfway between is then a guess.",
    parity="Both modes are the definition; no published code is followed.",
    best=0.0,
    worst=None,
    higher_is_better=False,
    unit="nats",
)
MAX_LOGVAR = 100.0


class Config(BaseConfig):
    """Settings of the total correlation."""

    codes: int = setting(10_000, "posteriors that make up the mixture q(z)", unit="images", ge=3, le=100_000)
    points: int = setting(2_000, "points at which the densities are compared", unit="points", ge=2, le=100_000)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:  # noqa: ARG001
    """Return nats.

    Details: ``bounds``, ``standard_error``, ``gaussian``, ``index_code``, ``per_latent``, ``log_codes``.
    """
    if table.logvar is None:
        return not_applicable("needs log-variances of the posteriors beside the codes: `logvar` (n, latents)")
    if table.n_latents < 2:
        return not_applicable("dependence is between latents and there is one")
    if table.n < 3:
        return not_applicable(f"got {table.n} rows; a mixture without its own row needs at least 3")
    if np.abs(table.logvar).max() > MAX_LOGVAR:
        return not_applicable(f"a log-variance is beyond {MAX_LOGVAR:g} in size: no density can be computed from it")
    found = dependence(table.codes, table.logvar, config.codes, config.points, rng)
    half = NORMAL_95 * found.standard_error
    low, high = found.bounds
    details = {**vars(found), "codes": min(config.codes, table.n), "log_codes": np.log(min(config.codes, table.n))}
    return Score(
        max(0.0, found.total_correlation),
        interval=(max(0.0, low - half), max(0.0, high + half)),
        chance=0.0,
        details=details,
    )
