"""Where Axiscope keeps its things on this machine: one folder, ``AXISCOPE_HOME``.

``axiscope.db`` the embedded database, ``zoo/`` own models, ``data/`` data sets, ``cache/`` what can be
made again, ``jobs/`` logs and checkpoints of queued work.
"""

import os
from pathlib import Path


def home() -> Path:
    """``$AXISCOPE_HOME``, or ``~/.axiscope``; not created here."""
    return Path(os.environ.get("AXISCOPE_HOME") or Path.home() / ".axiscope").expanduser().absolute()


def zoo_directory() -> Path:
    """Folder of the user's own models."""
    return home() / "zoo"


def data_directory() -> Path:
    """Folder of data set files, one sub-folder a data set."""
    return home() / "data"


def cache_directory() -> Path:
    """Folder of derived files that may be deleted at any time."""
    return home() / "cache"
