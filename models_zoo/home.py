"""Folders of Axiscope on this machine, all below ``AXISCOPE_HOME``.

``axiscope.db`` is the embedded database, ``zoo/`` holds own models, ``data/`` data sets, ``cache/`` derived files,
``jobs/`` logs and checkpoints of jobs.
"""

import os
from pathlib import Path

CONTENTS = ("axiscope.db", "zoo", "data", "cache", "jobs")


def home() -> Path:
    """Return ``$AXISCOPE_HOME``, or ``~/.axiscope``, without creating it."""
    return Path(os.environ.get("AXISCOPE_HOME") or Path.home() / ".axiscope").expanduser().absolute()


def make_private(folder: Path) -> None:
    """Create ``folder`` with mode 0700, or set that mode if the folder is empty or holds files of Axiscope.

    A folder of other content, of another account, or shared (sticky) stays as it is.
    """
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
        return
    stat = folder.stat()
    shared = stat.st_uid != os.geteuid() or stat.st_mode & 0o1000
    known = not any(folder.iterdir()) or any((folder / name).exists() for name in CONTENTS)
    if stat.st_mode & 0o077 and known and not shared and folder not in {Path(folder.anchor), Path.home()}:
        folder.chmod(0o700)


def zoo_directory() -> Path:
    """Return the folder of the user's own models."""
    return home() / "zoo"


def data_directory() -> Path:
    """Return the folder of data set files, with one sub-folder for each data set."""
    return home() / "data"


def cache_directory() -> Path:
    """Return the folder of derived files, which may be deleted at any time."""
    return home() / "cache"
