"""Feature networks of the metrics that compare images; PyTorch is imported when the first one is loaded."""

from pathlib import Path
from typing import Any

from training.data.dataset import Dataset
from training.evaluation.table import Network, NetworkKind


def load_network(kind: NetworkKind, dataset: Dataset, *, cache: Path | None = None, **settings: Any) -> Network:
    """Load the feature network of a metric.

    Parameters
    ----------
    kind : {"factor", "inception"}
        Network trained on the data set's labels, or Inception with weights from a file.
    dataset : Dataset
    cache : Path, optional
        Folder of networks that were trained before, that of the home by default.
    **settings
        As `training.evaluation.networks.factor.load` and `training.evaluation.networks.inception.load` take them.

    Raises
    ------
    NotFound, DamagedFile
        If the weights are missing or unreadable.
    """
    if kind == "factor":
        from training.evaluation.networks import factor  # noqa: PLC0415 - loads PyTorch

        return factor.load(dataset, cache=cache, **settings)
    from training.evaluation.networks import inception  # noqa: PLC0415 - loads PyTorch

    return inception.load(dataset, **settings)
