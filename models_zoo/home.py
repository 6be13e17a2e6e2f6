"""Where Axiscope keeps its things on this machine: one folder, ``AXISCOPE_HOME``.

``axiscope.db`` the embedded database, ``zoo/`` own models, ``data/`` data sets, ``cache/`` what can be
made again, ``jobs/`` logs and checkpoints of queued work.
"""

import os
from pathlib import Path

CONTENTS = ("axiscope.db", "zoo", "data", "cache", "jobs")


def home() -> Path:
    """``$AXISCOPE_HOME``, or ``~/.axiscope``; not created here."""
    return Path(os.environ.get("AXISCOPE_HOME") or Path.home() / ".axiscope").expanduser().absolute()


def make_private(folder: Path) -> None:
    """Make ``folder`` where it is missing, and close it to other accounts (0700) where it is one of ours.

    A folder that existed and holds nothing of Axiscope, or is another account's or shared (sticky), stays as it is.
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
    """Folder of the user's own models."""
    return home() / "zoo"


def data_directory() -> Path:
    """Folder of data set files, one sub-folder a data set."""
    return home() / "data"


def cache_directory() -> Path:
    """Folder of derived files that may be deleted at any time."""
    return home() / "cache"
