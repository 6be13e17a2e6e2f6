"""The site of the documentation: every link leads somewhere, nothing is loaded from elsewhere, commands exist."""

import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
import typer

from backend.cli import app
from tests.meta.tree import ROOT, sources

BUILD = ROOT / "scripts" / "build_docs.py"
SERVED = ("/", "/docs/api", "/glossary")
"""Addresses of the service that the site links."""
FENCES = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("site") / "docs"
    done = subprocess.run([sys.executable, BUILD, out], check=False, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return out


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links, self.loaded, self.ids, self.inline = set(), set(), set(), 0

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag == "a" and "href" in found:
            self.links.add(found["href"])
        self.loaded |= {found[key] for key in ("src",) if found.get(key)}
        self.loaded |= {found["href"]} if tag == "link" and found.get("rel") == "stylesheet" else set()
        self.inline += tag == "script" and "src" not in found


def read(page: Path) -> Links:
    parser = Links()
    parser.feed(page.read_text("utf-8"))
    return parser


def test_links_lead_to_pages_and_anchors_and_nothing_is_loaded_from_elsewhere(site):
    pages = {page: read(page) for page in site.rglob("*.html")}
    assert len(pages) > 30
    broken = []
    for page, found in pages.items():
        assert not found.inline, f"{page.name}: the service's policy forbids scripts inside pages"
        assert not [address for address in found.loaded if re.match(r"(https?:)?//", address)], page.name
        for address in found.links | found.loaded:
            name, anchor = urldefrag(unquote(address))
            if re.match(r"[a-z]+:", name) or name in SERVED:
                continue
            goal = (page.parent / name.partition("?")[0]).resolve() if name else page
            anchors = pages[goal].ids | {""} if goal in pages else {anchor}
            if not goal.exists() or (anchor not in anchors and not anchor.startswith("__")):
                broken.append((page.name, address))
    assert not broken


def commands() -> dict[str, set[str]]:
    """Return the options of every command by its words."""
    found = {}

    def walk(path: str, command) -> None:
        found[path] = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for name, child in getattr(command, "commands", {}).items():
            walk(f"{path} {name}", child)

    walk("axiscope", typer.main.get_command(app))
    return found


def shown() -> list[tuple[str, str]]:
    """Return the lines of the pages that call axiscope, with their page."""
    pages = [path for path in sources(".md") if path.parts[0] == "docs" or path.name == "README.md"]
    texts = {path: FENCES.findall((ROOT / path).read_text("utf-8")) for path in pages}
    joined = [(path, block.replace("\\\n", " ")) for path, blocks in texts.items() for block in blocks]
    lines = [(str(path), line.strip()) for path, block in joined for line in block.splitlines()]
    return [(path, line) for path, line in lines if line.startswith("axiscope ")]


def test_every_command_that_the_pages_show_exists_with_its_options():
    known, wrong = commands(), []
    lines = shown()
    assert len(lines) > 30
    for path, line in lines:
        words = shlex.split(line, comments=True)
        end = max(n for n in range(1, len(words) + 1) if " ".join(words[:n]) in known)
        options = {word.partition("=")[0] for word in words[end:] if word.startswith("--")} - {"--help"}
        if missing := options - known[" ".join(words[:end])]:
            wrong.append((path, line, missing))
    assert not wrong
