"""Make the site of the documentation, frontend/docs, which the service shows at /docs.

``python scripts/build_docs.py [OUT]``; needs the extra `docs`. Pages of the root (contributing, changes) become pages
of the site. Scripts inside pages become files, because the service's security policy allows no others.
"""

import hashlib
import re
import shutil
import sys
import tempfile
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "frontend" / "docs"
ROOT_PAGES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changes.md", "README.md": "index.md"}
OUTWARDS = re.compile(rf"\]\((?:\.\./)+({'|'.join(map(re.escape, ROOT_PAGES))})(#[\w-]*)?\)")
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def stage(folder: Path) -> None:
    """Copy the pages to ``folder``, as one tree whose links stay inside it."""
    shutil.copytree(ROOT / "docs", folder, dirs_exist_ok=True)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    shutil.copyfile(ROOT / "frontend" / "static" / "img" / "axiscope.svg", folder / "axiscope.svg")
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text("utf-8").replace("](docs/", "](").replace("](LICENSE)", "](index.md)")
        (folder / ROOT_PAGES[name]).write_text(text, "utf-8")
    for page in folder.rglob("*.md"):
        up = "../" * (len(page.relative_to(folder).parts) - 1)
        text = page.read_text("utf-8")
        linked = OUTWARDS.sub(lambda found, up=up: f"]({up}{ROOT_PAGES[found[1]]}{found[2] or ''})", text)
        page.write_text(linked, "utf-8")


def outline_scripts(out: Path) -> None:
    """Replace each script inside a page by a file."""

    def replace(found: re.Match[str], up: str) -> str:
        name = f"{hashlib.sha256(found[1].encode()).hexdigest()[:12]}.js"
        (out / "_static" / name).write_text(found[1], "utf-8")
        return f'<script src="{up}_static/{name}"></script>'

    for page in out.rglob("*.html"):
        up = "../" * (len(page.relative_to(out).parts) - 1)
        text = page.read_text("utf-8")
        page.write_text(INLINE.sub(lambda found, up=up: replace(found, up), text), "utf-8")


def build(out: Path) -> None:
    """Write the site to ``out``.

    Raises
    ------
    SystemExit
        If a link leads nowhere, or a page is in no table of contents.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "source"), Path(folder, "site")
        stage(source)
        app = Sphinx(source, source, made, Path(folder, "trees"), "html", status=None, warning=sys.stderr)
        app.build()
        if app.statuscode or app._warncount:  # it has no public count
            sys.exit("the documentation has the faults that are listed above")
        shutil.rmtree(made / ".doctrees", ignore_errors=True)
        outline_scripts(made)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(made, out)
    (out / ".stamp").touch()


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
