"""Every plugin brings what the house asks of one: a test, a title, a source, settings that explain themselves."""

import json
import math
import re
from itertools import chain

import pytest

from tests.meta.tree import ROOT
from training.config import Config
from training.registry import ARCHITECTURES, DATASETS, KINDS, METRICS, OBJECTIVES, Registry
from training.runs.run_config import RunConfig

PLUGINS = [pytest.param(kind, name, id=f"{kind.folder}/{name}") for kind in KINDS for name in kind.names()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.folder)
def test_there_is_at_least_one_plugin_of_each_kind(kind: Registry):
    assert kind.names()


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_its_file_has_a_test_file(kind: Registry, name: str):
    expected = ROOT / "tests" / "training" / kind.folder / f"test_{kind.places()[name].module}.py"
    assert expected.is_file(), f"write {expected.relative_to(ROOT)}"


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_each_plugin_has_a_title_and_a_source(kind: Registry, name: str):
    module = kind.load(name)
    for attribute in ("TITLE", "SOURCE"):
        value = getattr(module, attribute, None)
        assert isinstance(value, str), f"{attribute} is missing"
        assert value.strip(), f"{attribute} is empty"
    assert module.__doc__


@pytest.mark.parametrize("name", DATASETS.names())
def test_a_data_set_names_its_files_and_how_to_get_them(name: str):
    module = DATASETS.load(name)
    assert isinstance(module.FILES, tuple)
    assert module.HOW.strip()


@pytest.mark.parametrize("name", METRICS.names())
def test_a_metric_describes_what_it_measures_and_what_it_misses(name: str):
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


@pytest.mark.parametrize(
    "config",
    [
        RunConfig,
        *(pytest.param(kind.load(name).Config, id=f"{kind.folder}/{name}") for kind in KINDS for name in kind.names()),
    ],
)
def test_every_setting_in_steps_declares_whether_it_scales_with_the_run(config: type[Config]):
    for field, info in config.model_fields.items():
        extra = info.json_schema_extra
        marked = "scales_with_steps" in extra
        assert marked == (extra["unit"] == "steps"), f"{field}: say scales_with_steps, or its unit"


def test_plugin_names_can_stand_in_a_url():
    assert all(name.isidentifier() and name == name.lower() for name in chain.from_iterable(k.names() for k in KINDS))


PATHS = re.compile(r"\b(path|file|folder|directory|csv|npz|h5)\b", re.IGNORECASE)


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_a_setting_that_is_a_path_has_that_format_so_that_the_service_confines_it(kind: Registry, name: str):
    for field, schema in kind.load(name).Config.model_json_schema().get("properties", {}).items():
        texts = [each for each in (schema, *schema.get("anyOf", ())) if each.get("type") == "string"]
        speaks_of_one = PATHS.search(f"{field.replace('_', ' ')} {schema['description']}") and field != "title"
        if texts and speaks_of_one and not any("enum" in each for each in texts):
            assert any(each.get("format") == "path" for each in texts), (
                f"{field}: declare it as training.config.FilePath"
            )


@pytest.mark.parametrize("kind", [OBJECTIVES, ARCHITECTURES], ids=lambda kind: kind.folder)
def test_what_a_job_may_set_besides_its_data_set_is_no_path(kind: Registry):
    """Only data sets are confined (backend/catalog/data_paths.py); settings of metrics cannot be sent over HTTP."""
    for name in kind.names():
        assert '"format": "path"' not in json.dumps(kind.load(name).Config.model_json_schema()), name
