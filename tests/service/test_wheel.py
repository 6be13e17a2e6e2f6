"""The wheel, installed in an empty folder, serves pages and zoo without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.service.attacked_service import running

ROOT = Path(__file__).parents[2]
SOURCES = (
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
    "alembic",
    "axiscope",
    "backend",
    "frontend",
    "models_zoo",
    "training",
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from links to the sources so that the checkout keeps no build folder, without compression."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        (source / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "dist"]
    command += ["--config-settings=--build-option=--compression=stored", "."]
    subprocess.run(command, cwd=source, check=True, timeout=300)
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*command, "--target", str(target), str(wheel)], check=True, timeout=300)
    return target


def test_every_file_that_a_package_needs_is_in_the_wheel(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", "axiscope", "backend", "frontend/static", "frontend/templates", "models_zoo", "training"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert [name for name in listed if name not in names] == []
    assert {"frontend/static/vendor/plotly.min.js", "backend/db/migrations/env.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "alembic/", "benchmarks/"))]


def test_the_installed_wheel_serves_pages_zoo_and_decoded_images(installed, tmp_path):
    settings = {"PYTHONPATH": str(installed), "AXISCOPE_BUNDLED_ZOO": str(installed / "models_zoo" / "bundled")}
    program = "import axiscope, backend.cli, backend.db.engine as engine; print(axiscope.__file__, engine.MIGRATIONS)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, **settings},
        check=False,
        capture_output=True,
        text=True,
    )
    expected = [installed / "axiscope" / "__init__.py", installed / "backend" / "db" / "migrations"]
    assert done.stdout.split() == [str(path) for path in expected], done.stderr
    with running(tmp_path, "up", **settings) as service:
        models = service.send("GET", "/api/v1/models")[1]["items"]
        assert {model["id"] for model in models} >= {"dsprites-vae", "shapes3d-vae"}
        assert [model["id"] for model in models if model["problem"]] == []
        for path in ("/", "/explore/dsprites-vae", "/compare", "/scores", "/jobs", "/studies", "/data"):
            status, page, _ = service.send("GET", path)
            assert (status, b"<!doctype html>" in page.lower()) == (200, True), path
            assert b"/vendor/bundle/" in page, path
        for path in ("/static/vendor/plotly.min.js", "/static/js/pages/explore.js", "/static/css/base.css"):
            assert service.send("GET", path)[0] == 200, path
        decode = {"model": "dsprites-vae", "latents": [[0.0] * 10]}
        status, image, _ = service.send("POST", "/decode", decode, {"Accept": "image/png"})
        assert (status, image[:4]) == (200, b"\x89PNG")
        assert service.send("GET", "/api/v1/studies")[1]["items"]
