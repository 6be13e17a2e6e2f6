import importlib
import pkgutil
from pathlib import Path

import pytest

import benchmarks.table
from benchmarks.__main__ import NOT_SCRIPTS, names
from benchmarks.machine import facts
from benchmarks.table import Row, markdown


def test_a_table_shows_figure_baseline_and_ratio():
    rows = [Row("plain loop", 431.2, "images/s"), Row("tuned", 544.0, "images/s", "plain loop", 1.2617, ">= 1.2")]
    assert markdown(rows).splitlines()[2:] == [
        "| plain loop | 431 images/s |  |  |  |",
        "| tuned | 544 images/s | plain loop | 1.26 x | >= 1.2 |",
    ]


def test_facts_name_processor_libraries_and_revision():
    processor, libraries, revision = facts()
    assert "cores" in processor
    assert "numpy" in libraries
    assert revision.startswith("revision ")


def test_every_script_of_the_folder_is_found():
    found = {module.name for module in pkgutil.iter_modules([str(Path(benchmarks.table.__file__).parent)])}
    assert set(names()) == found - NOT_SCRIPTS


@pytest.mark.parametrize("name", names())
def test_every_script_has_a_docstring_and_can_be_run(name: str):
    module = importlib.import_module(f"benchmarks.{name}")
    assert module.__doc__
    assert callable(module.run)
