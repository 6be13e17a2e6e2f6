"""What pyproject.toml cannot say of the distribution: its database migrations go into the package `backend.db`."""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

LIBRARY = Path("frontend/static/vendor/plotly.min.js")


class BuildWithMigrations(build_py):
    """Copy the folder alembic, whose name is that of the library, to backend/db/migrations."""

    def run(self) -> None:
        """Build the package, then add the migrations; an editable installation uses the checkout's."""
        if not self.editable_mode and not LIBRARY.is_file():
            sys.exit(f"{LIBRARY} is missing: the libraries of the page belong into the wheel; run `make vendor` first")
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "backend", "db", "migrations")
            shutil.copytree("alembic", target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": BuildWithMigrations})
