"""Area under the ROC curve from ranks, with the share each row has in its error."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def one_vs_rest_auc(scores: Floats, classes: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean one-vs-rest AUC and what each row contributes to it.

    Parameters
    ----------
    scores : float64 array of shape (n, c)
        Column j scores class j.
    classes : int64 array of shape (n,) in [0, c)

    Returns
    -------
    auc : float64 array of shape (c,)
        NaN for a class without or with all of the rows.
    influence : float64 array of shape (n,)
        Influence of each row on the mean over defined classes; its variance over n is that of the mean
        (DeLong et al. 1988, summed over classes).
    """
    n, c = scores.shape
    ranks = rankdata(scores, axis=0)
    member = classes[:, None] == np.arange(c)
    positives = member.sum(axis=0)
    auc = np.full(c, np.nan)
    influence = np.zeros(n)
    defined = (positives > 0) & (positives < n)
    for j in np.flatnonzero(defined):
        mine, m = member[:, j], int(positives[j])
        auc[j] = (ranks[mine, j].sum() - m * (m + 1) / 2) / (m * (n - m))
        above = (ranks[mine, j] - rankdata(scores[mine, j])) / (n - m)
        below = 1 - (ranks[~mine, j] - rankdata(scores[~mine, j])) / m
        influence[mine] += (above - auc[j]) * (n / m)
        influence[~mine] += (below - auc[j]) * (n / (n - m))
    return auc, influence / max(1, int(defined.sum()))
