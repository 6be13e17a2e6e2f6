"""What holds for every test: a home of its own, and no setting of the person who runs it."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

_HOME = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Point AXISCOPE_HOME to a new folder for this process, so that no test meets anyone's models or database."""
    kept = "AXISCOPE_TEST_"
    for name in [name for name in os.environ if name.startswith("AXISCOPE_") and not name.startswith(kept)]:
        del os.environ[name]
    config.stash[_HOME] = Path(tempfile.mkdtemp(prefix="axiscope-test-"))
    os.environ["AXISCOPE_HOME"] = str(config.stash[_HOME] / "home")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder again."""
    home = config.stash.get(_HOME, None)
    if home is not None:
        shutil.rmtree(home, ignore_errors=True)
