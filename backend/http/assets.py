"""Addresses of the page's files: pinned to their content, so that a browser keeps them, and asked for in one go.

The modules of a page import each other; a browser that follows them file by file needs a round trip for each floor.
The templates stay as they are: what a page loads is read off its script tags.
"""

import hashlib
import os
import re
import time
from functools import lru_cache
from pathlib import Path

PREFIX = "/static/"
PINNED = re.compile(r"v-[0-9a-f]{12}")
LOOK_SECONDS = 1.0
SCRIPT = re.compile(r'<script type="module"[^>]*? src="/static/([^"]+)"')
IMPORT = re.compile(r'^(?:import|export)\b(?:[^;"]*\bfrom)?\s*"(\.{1,2}/[^"]+)"', re.MULTILINE)
WORKER = re.compile(r'new URL\("(\./[^"]*worker\.js)", import\.meta\.url\)')
END = "</head>"


def _files(folder: str) -> list[str]:
    found = []
    for entry in os.scandir(folder):
        if entry.is_dir():
            found += _files(entry.path)
        else:
            stat = entry.stat()
            found.append(f"{entry.path} {stat.st_size} {stat.st_mtime_ns}")
    return found


@lru_cache(maxsize=2)
def _version(directory: Path, _moment: int) -> str:
    return "v-" + hashlib.sha256("\n".join(sorted(_files(str(directory)))).encode()).hexdigest()[:12]


def version(directory: Path) -> str:
    """First part of a pinned address: changes with any file of ``directory``, looked at once a second."""
    return _version(directory, int(time.monotonic() / LOOK_SECONDS))


@lru_cache(maxsize=256)
def _imports(path: Path, _time: int) -> tuple[Path, ...]:
    text = path.read_text()
    named = [*IMPORT.findall(text), *WORKER.findall(text)]
    return tuple(Path(os.path.normpath(path.parent / each)) for each in named)


def modules(scripts: list[Path]) -> list[Path]:
    """The scripts, their workers and all they import, nearest first; ``import()`` is for later and not followed."""
    found = dict.fromkeys(scripts)
    waiting = list(found)
    for path in waiting:
        for each in _imports(path, path.stat().st_mtime_ns) if path.is_file() else ():
            if each not in found:
                found[each] = None
                waiting.append(each)
    return list(found)


def pin(html: str, directory: Path) -> str:
    """Page with pinned addresses; its modules are asked for in its head, those of an ``async`` script before all else.

    The others come at low priority: a browser opens six connections, and what the early script asks for takes longest.
    """
    scripts = {found[1]: found[0] for found in SCRIPT.finditer(html)}
    known: set[Path] = set()
    for script, tag in scripts.items():
        wanted = [path for path in modules([directory / script]) if path not in known]
        known.update(wanted)
        early = " async " in tag
        how = 'rel="modulepreload"' if early else 'rel="modulepreload" fetchpriority="low"'
        links = "".join(f'<link {how} href="{PREFIX}{path.relative_to(directory).as_posix()}">\n  ' for path in wanted)
        html = html.replace(tag if early else END, links + (tag if early else END), 1)
    return html.replace(f'"{PREFIX}', f'"{PREFIX}{version(directory)}/')
