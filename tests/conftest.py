"""What holds for every test: a home of its own, and no setting of the person who runs it."""

import gc
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import hypothesis
import pytest

_HOME = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Point AXISCOPE_HOME to a new folder for this process, so that no test meets anyone's models or database.

    The workers of pytest-xdist and all processes that tests start share the machine code that numba compiles, which
    would else take each of them seconds.

    Examples of Hypothesis have no deadline: how long one takes depends on what else the machine does.
    """
    hypothesis.settings.register_profile(
        "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("untimed")
    kept = "AXISCOPE_TEST_"
    for name in [name for name in os.environ if name.startswith("AXISCOPE_") and not name.startswith(kept)]:
        del os.environ[name]
    gc.disable()  # until all tests are collected: nothing of them is garbage
    config.stash[_HOME] = Path(tempfile.mkdtemp(prefix="axiscope-test-"))
    os.environ["AXISCOPE_HOME"] = str(config.stash[_HOME] / "home")
    os.environ.setdefault("NUMBA_CACHE_DIR", str(config.stash[_HOME] / "numba"))


def pytest_collection_finish() -> None:
    """Keep the modules of all tests out of later garbage collections: a twentieth of the CPU time."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder again."""
    home = config.stash.get(_HOME, None)
    if home is not None:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def operators_read_once():
    """Let torch's exporter read its table of operators once, not for each graph: over half of its time."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(cache(ONNXRegistry.from_torchlib)))
        yield
