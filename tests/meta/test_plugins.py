"""Every plugin brings what the house asks of one: a test, a title, a source, settings that explain themselves."""

import math
from itertools import chain

import pytest

from tests.meta.tree import ROOT
from training.config import Config
from training.registry import ARCHITECTURES, DATASETS, METRICS, OBJECTIVES, Registry

KINDS = (OBJECTIVES, ARCHITECTURES, DATASETS, METRICS)
PLUGINS = [pytest.param(kind, name, id=f"{kind.folder}/{name}") for kind in KINDS for name in kind.names()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.folder)
def test_there_is_at_least_one_plugin_of_each_kind(kind: Registry):
    assert kind.names()


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_it_has_a_test_file_of_its_own(kind: Registry, name: str):
    expected = ROOT / "tests" / "training" / kind.folder / f"test_{name}.py"
    assert expected.is_file(), f"write {expected.relative_to(ROOT)}"


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_it_says_what_it_is_and_where_it_comes_from(kind: Registry, name: str):
    module = kind.load(name)
    for attribute in ("TITLE", "SOURCE"):
        value = getattr(module, attribute, None)
        assert isinstance(value, str), f"{attribute} is missing"
        assert value.strip(), f"{attribute} is empty"
    assert module.__doc__


@pytest.mark.parametrize("name", DATASETS.names())
def test_a_data_set_says_which_files_it_reads_and_how_to_get_them(name: str):
    module = DATASETS.load(name)
    assert isinstance(module.FILES, tuple)
    assert module.HOW.strip()


@pytest.mark.parametrize("name", METRICS.names())
def test_a_metric_says_what_it_measures_and_what_it_misses(name: str):
    info = METRICS.load(name).INFO
    assert all((info.title, info.family, info.definition, info.formula, info.citation, info.misses))


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_every_setting_has_a_meaning_and_a_sound_default(kind: Registry, name: str):
    config = kind.load(name).Config
    assert issubclass(config, Config)
    for field, info in config.model_fields.items():
        assert info.description, f"{field}: say what it does"
        assert len(info.description) > len(field), f"{field}: the name alone is no meaning"
    numbers = [value for value in config().model_dump().values() if isinstance(value, float)]
    assert all(math.isfinite(value) for value in numbers)


def test_plugin_names_can_stand_in_a_url():
    assert all(name.isidentifier() and name == name.lower() for name in chain.from_iterable(k.names() for k in KINDS))
