"""What a process loads: --help nothing heavy, metrics no torch and no web; and JavaScript imports go down."""

import os
import re
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.meta.tree import ROOT, sources

HEAVY = ("torch", "fastapi", "onnxruntime", "sklearn", "numba", "sqlalchemy", "plotly", "numpy")
# Floors of frontend/static/js, from the top; a module imports from its own folder or from a lower floor.
FLOORS = (
    ("pages",),
    ("explore", "compare", "scores", "jobs", "gallery", "data", "studies"),
    ("ui", "figures", "inference"),
    ("math", "formats"),
    ("core",),
)


def loaded_by(code: str, *, home: Path) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after running ``code``."""
    script = f"import sys\n{code}\nprint('LOADED', *{{name.partition('.')[0] for name in sys.modules}})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AXISCOPE_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("LOADED ")[2].split())


def test_help_loads_nothing_heavy_and_takes_no_time(tmp_path: Path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    loaded = loaded_by(
        "sys.argv = ['axiscope', '--help']\n"
        "from backend.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code",
        home=tmp_path,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert not loaded & set(HEAVY)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.5


def test_the_metrics_command_loads_no_torch_and_no_web(tmp_path: Path):
    loaded = loaded_by("import training.metrics.mig, training.metrics.cbd", home=tmp_path)
    assert not loaded & {"torch", "fastapi", "sqlalchemy", "onnxruntime"}


def test_import_contracts_hold():
    """The floors and forbidden ways of pyproject.toml."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


SCRIPTS = Path("frontend/static/js")
MODULES = [path.relative_to(SCRIPTS) for path in sources(".js") if path.is_relative_to(SCRIPTS)]
IMPORT = re.compile(r"""(?:^|\n)\s*(?:import|export)\b[^;"']*?["'](\.[^"']+)["']|\bimport\(\s*["'](\.[^"']+)["']""")


def floor(module: Path) -> int:
    """Number of the floor that ``module`` stands on, from the top."""
    name = module.parts[0] if len(module.parts) > 1 else module.stem
    for number, names in enumerate(FLOORS):
        if name in names:
            return number
    pytest.fail(f"{module} stands on no floor: give {name!r} one in FLOORS")


def imports_of(module: Path) -> list[Path]:
    text = re.sub(r"/\*.*?\*/", "", (ROOT / SCRIPTS / module).read_text(), flags=re.DOTALL)
    targets = [first or second for first, second in IMPORT.findall(text)]
    absolute = [(ROOT / SCRIPTS / module.parent / target).resolve() for target in targets]
    return [path.relative_to(ROOT / SCRIPTS) for path in absolute if (ROOT / SCRIPTS) in path.parents]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_javascript_imports_go_down(module: Path):
    for target in imports_of(module):
        assert (ROOT / SCRIPTS / target).is_file(), f"{target} is not there"
        same_folder = len(module.parts) > 1 and target.parts[0] == module.parts[0]
        assert same_folder or floor(module) < floor(target), f"{module} imports {target}, which is not below it"


def test_javascript_has_no_import_cycle():
    waiting = {module: set(imports_of(module)) for module in MODULES}
    while free := {module for module, needs in waiting.items() if not needs & waiting.keys()}:
        for module in free:
            del waiting[module]
    assert not waiting, f"these import each other: {sorted(map(str, waiting))}"


# Parts of a requirement that the requirement itself promises.
COMES_WITH = {"starlette": "fastapi", "anyio": "fastapi", "pydantic_core": "pydantic", "google": "onnx"}
NAMED_OTHERWISE = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "prometheus_client": "prometheus-client",
    "yaml": "pyyaml",
}
STANDARD = set(sys.stdlib_module_names)


def test_the_product_declares_every_library_that_it_imports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [text for name, group in project["optional-dependencies"].items() if name != "test" for text in group]
    declared = {re.split(r"[\[<>=;]", text)[0].strip() for text in (*project["dependencies"], *extras)}
    own = {"axiscope", "backend", "models_zoo", "training"}
    imported: dict[str, str] = {}
    for path in sources(".py"):
        if path.parts[0] in own:
            for found in re.findall(r"^\s*(?:import|from) ([A-Za-z_]\w*)", (ROOT / path).read_text(), re.MULTILINE):
                imported.setdefault(found, str(path))
    names = {name: COMES_WITH.get(name, NAMED_OTHERWISE.get(name, name)).replace("_", "-") for name in imported}
    missing = {name: imported[name] for name, library in names.items() if library not in declared}
    assert not {name: path for name, path in missing.items() if name not in STANDARD | own}
