"""`import axiscope`: the public names, and nothing loaded before one is used."""

import subprocess
import sys

import pytest

import axiscope
from tests.meta.tree import ROOT


def test_the_import_loads_no_other_library_and_no_module_of_its_own():
    program = "import sys; before = set(sys.modules); import axiscope; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    assert loaded == {"axiscope"}


def test_each_public_name_is_that_of_its_module():
    for name in dir(axiscope):
        assert getattr(axiscope, name).__name__ == name
        assert getattr(axiscope, name).__doc__


def test_another_name_is_refused_with_the_public_ones():
    with pytest.raises(AttributeError, match=r"got axiscope\.nothing; allowed: "):
        axiscope.nothing  # noqa: B018 - the access is what is tested
