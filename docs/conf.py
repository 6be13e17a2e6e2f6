"""Settings of Sphinx, which makes the site of these pages: `scripts/build_docs.py`."""

import tomllib
from pathlib import Path

_PROJECT = tomllib.loads((Path(__file__).parent / "pyproject.toml").read_text())["project"]

project = "Axiscope"
author = "The Axiscope contributors"
project_copyright = f"{author}, Apache-2.0"
version = release = _PROJECT["version"]
extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
html_theme = "furo"
html_title = f"Axiscope {version}"
html_favicon = "axiscope.svg"
html_copy_source = False
html_show_sphinx = False
_LINKS = {"/": "Models", "/docs/api": "HTTP interface", "/glossary": "Glossary"}
html_theme_options = {"announcement": " · ".join(f'<a href="{to}">{text}</a>' for to, text in _LINKS.items())}
html_static_path: list[str] = []
# Anchors inside tables are plain HTML, which MyST does not see: tests/meta/test_site.py follows each link instead.
suppress_warnings = ["myst.header", "myst.xref_missing", "misc.highlighting_failure"]
