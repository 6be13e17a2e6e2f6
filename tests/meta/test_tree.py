"""Order of the tree: nothing big, nothing of others, nothing of one machine, nothing unfinished."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

from packaging.specifiers import SpecifierSet

from tests.meta.tree import ROOT, sources, texts, tracked

LARGEST_BYTES = 5_000_000
LONGEST_LINES = 300

# Written in pieces, so that this file does not find itself.
HOSTS = re.compile("py" + r"pi\.org|python" + r"hosted|registry\.npm" + r"js|deb\.deb" + "ian")
THIRD_PARTY = re.compile(r"(^|/)(node_modules|vendor)/|\.min\.(js|css|mjs)$")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def test_no_file_is_over_five_megabytes():
    big = [str(path) for path in tracked() if (ROOT / path).stat().st_size > LARGEST_BYTES]
    assert not big


def test_no_third_party_or_minified_file_is_in_the_tree():
    assert not [str(path) for path in tracked() if THIRD_PARTY.search(path.as_posix())]


def test_no_registry_host_is_named():
    assert not [str(path) for path, text in texts() if HOSTS.search(text)]


def test_no_path_of_this_machine_is_named():
    here = f"{ROOT.parent}/"
    assert not [str(path) for path, text in texts() if here in text]


def test_source_files_stay_short_enough_to_be_one_thing():
    lengths = {str(path): (ROOT / path).read_text().count("\n") for path in sources(".py", ".js", ".css", ".html")}
    assert not {path: n for path, n in lengths.items() if n > LONGEST_LINES}, "split them"


def test_init_files_but_that_of_the_public_package_are_empty_and_the_migrations_folder_has_none():
    inits = [path for path in tracked() if path.name == "__init__.py" and path != Path("axiscope/__init__.py")]
    assert not [str(path) for path in inits if (ROOT / path).stat().st_size]
    assert not [str(path) for path in inits if path.parts[0] == "alembic"], "it would shadow the library"


def test_no_module_has_an_empty_name_such_as_utils():
    assert not [str(path) for path in sources(".py", ".js") if NAMELESS & set(path.with_suffix("").parts)]


def test_nothing_is_left_unfinished():
    marks = re.compile(r"\b(TO" + "DO|FIX" + r"ME|XX" + r"X)\b")
    assert not [str(path) for path in sources(".py", ".js", ".css", ".html") if marks.search((ROOT / path).read_text())]


def test_changelog_begins_with_the_version_of_the_distribution():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == version


def test_a_handler_that_catches_everything_has_its_reason_beside_it():
    """Ruff lets one pass that raises again; any other stands at the border to foreign code and gives its reason."""
    silent = [
        f"{path}:{number}"
        for path in sources(".py")
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if "noqa: " + "BLE001" in line and "BLE001 - " not in line
    ]
    assert not silent, "add the reason after the code: ` - reason`"


def test_requirements_are_sorted_and_every_one_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    for group in (project["dependencies"], *project["optional-dependencies"].values()):
        names = [re.split(r"[\[<>=;]", text)[0].strip() for text in group]
        assert names == sorted(names)
        assert not set(names) - pinned - {"axiscope"}, "run `make pins`"


def test_what_is_pinned_runs_on_the_first_python_that_the_project_allows():
    """Debian 12 has Python 3.11.2, which some versions of a library refuse that 3.11.5 takes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=") + ".0"
    needs = {found.name: found.metadata["Requires-Python"] for found in importlib.metadata.distributions()}
    newer = {name: spec for name, spec in needs.items() if spec and not SpecifierSet(spec).contains(oldest)}
    assert not newer, "pin versions that Python " + oldest + " takes"


def test_both_flavours_of_onnx_runtime_have_one_version():
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    assert pins["onnxruntime"] == pins["onnxruntime-gpu"]


def test_the_page_draws_with_the_plotly_that_the_server_writes_for():
    """Figures are written by Python's plotly and drawn by plotly.js; plotly 7.x bundles plotly.js 4.x."""
    import json

    from plotly.offline import get_plotlyjs_version

    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]["plotly.js-cartesian-dist-min"]
    assert wanted.split(".")[0] == get_plotlyjs_version().split(".")[0]
