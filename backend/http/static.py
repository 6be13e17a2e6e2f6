"""Files of the pages: compressed once, pinned to their content by their addresses, preloaded together.

A page loads the bundles that `scripts/bundle.mjs` makes of its modules. Where there are none, or a module has changed
since, it loads the modules: a browser that follows their imports file by file needs one round trip for each level, so
the head of a page names all of them.
"""

import gzip
import hashlib
import json
import os
import re
import time
from functools import lru_cache
from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from backend.http.negotiation import IMMUTABLE, is_cached
from models_zoo.files import write_atomic

PREFIX = "/static/"
PINNED = re.compile(r"v-[0-9a-f]{12}")
POLL_SECONDS = 1.0
SCRIPT = re.compile(r'<script type="module"[^>]*? src="/static/([^"]+)"')
IMPORT = re.compile(r'(?:^|;)(?:import|export)\b(?:[^;"]*\bfrom)?\s*"(\.{1,2}/[^"]+)"', re.MULTILINE)
WORKER = re.compile(r'new URL\("(\./[^"]*worker\.js)", import\.meta\.url\)')
END = "</head>"
BUNDLES = "vendor/bundle/bundle.json"
MEDIA_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
COMPRESSED = {*MEDIA_TYPES, ".json", ".map", ".html"}
MIN_BYTES = 512
MAX_CACHED_BYTES = 4 * 1024**2


class CompressedFiles(StaticFiles):
    """Static files; text and WebAssembly are sent compressed: by Brotli where a `.br` file lies beside, else by gzip.

    `/static/VERSION/js/core/dom.js` is `/static/js/core/dom.js`; the answer is immutable while VERSION is the present
    one.

    Parameters
    ----------
    directory : Path
        Root of the files.
    cache : Path
        Folder of the files that are compressed at their first request.
    """

    def __init__(self, directory: Path, cache: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._root = directory
        self._cache = cache
        self._contents: dict[str, bytes] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file."""
        first, _, rest = path.partition(os.sep)
        pinned = PINNED.fullmatch(first) is not None
        response = await super().get_response(rest if pinned else path, scope)
        if pinned and first == version(self._root):
            response.headers["Cache-Control"] = IMMUTABLE
        return response

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer with the file, compressed where the client accepts it; small files come from memory."""
        path = Path(full_path)
        digest = hashlib.sha256(f"{path}{stat_result.st_mtime_ns}{stat_result.st_size}".encode()).hexdigest()[:32]
        request = dict(scope["headers"])
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        coding, file = "", path
        if path.suffix in COMPRESSED and stat_result.st_size >= MIN_BYTES:
            coding, file = self._compressed(path, digest, request.get(b"accept-encoding", b""))
        if coding:
            headers["Content-Encoding"] = coding
        tag = headers["ETag"] = f'"{digest}-{coding}"' if coding else f'"{digest}"'
        if is_cached(request.get(b"if-none-match", b"").decode("latin-1"), tag):
            return Response(status_code=304, headers=headers)
        media_type = MEDIA_TYPES.get(path.suffix)
        if b"range" in request or media_type is None or file.stat().st_size > MAX_CACHED_BYTES:
            return FileResponse(file, status_code, headers, media_type)
        if tag not in self._contents:
            self._contents[tag] = file.read_bytes()
        return Response(self._contents[tag], status_code, headers, media_type)

    def _compressed(self, path: Path, digest: str, accepted: bytes) -> tuple[str, Path]:
        """Return coding and file to send: "" and the file itself where the client accepts neither coding."""
        brotli = path.with_name(f"{path.name}.br")
        if b"br" in accepted and brotli.is_file():
            return "br", brotli
        if b"gzip" not in accepted:
            return "", path
        packed = self._cache / f"{digest}.gz"
        if not packed.is_file():
            write_atomic(packed, gzip.compress(path.read_bytes(), 9, mtime=0))
        return "gzip", packed


@lru_cache(maxsize=2)
def _version(directory: Path, _second: int) -> str:
    stats = [(path, path.stat()) for path in sorted(directory.rglob("*")) if path.is_file()]
    lines = [f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats]
    return "v-" + hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def version(directory: Path) -> str:
    """Return the first part of a pinned address; it changes with any file of ``directory``, read once a second."""
    return _version(directory, int(time.monotonic() / POLL_SECONDS))


@lru_cache(maxsize=256)
def _imports(path: Path, _modified: int) -> tuple[Path, ...]:
    text = path.read_text()
    return tuple(Path(os.path.normpath(path.parent / name)) for name in (*IMPORT.findall(text), *WORKER.findall(text)))


def modules(scripts: list[Path]) -> list[Path]:
    """Return the scripts, their workers and their imports, nearest first; ``import()`` is not followed."""
    found = dict.fromkeys(scripts)
    pending = list(found)
    for path in pending:
        for imported in _imports(path, path.stat().st_mtime_ns) if path.is_file() else ():
            if imported not in found:
                found[imported] = None
                pending.append(imported)
    return list(found)


@lru_cache(maxsize=2)
def _bundles(directory: Path, _version: str) -> dict[str, dict[str, list[str]]]:
    """Return `files` to load and scripts that it `includes` of each bundled script; none where a module has changed."""
    path = directory / BUNDLES
    if not path.is_file():
        return {}
    bundles = json.loads(path.read_text())
    root = directory / "js"
    digest = hashlib.sha256()
    for name in sorted(module.relative_to(root).as_posix() for module in root.rglob("*.js")):
        digest.update(f"{name}\n".encode() + (root / name).read_bytes())
    return bundles["scripts"] if digest.hexdigest() == bundles["sources"] else {}


def pin(html: str, directory: Path) -> str:
    """Pin the addresses of a page and preload its scripts, those of an ``async`` script before all others.

    The others are loaded at low priority: a browser opens six connections, and the early script loads the largest
    files.
    """
    scripts = {found[1]: found[0] for found in SCRIPT.finditer(html)}
    bundles = _bundles(directory, version(directory))
    included = {name for script in scripts if script in bundles for name in bundles[script]["includes"]}
    known: set[str] = set()
    for script, tag in scripts.items():
        if script in included:
            html = html.replace(f"{tag}></script>", "", 1)
            continue
        if script in bundles:
            files = bundles[script]["files"]
        else:
            files = [path.relative_to(directory).as_posix() for path in modules([directory / script])]
        early = " async " in tag
        attributes = 'rel="modulepreload"' if early else 'rel="modulepreload" fetchpriority="low"'
        links = "".join(f'<link {attributes} href="{PREFIX}{name}">\n  ' for name in files if name not in known)
        known.update(files)
        loaded = tag.replace(script, files[0])
        html = html.replace(tag, loaded, 1)
        before = loaded if early else END
        html = html.replace(before, links + before, 1)
    return html.replace(f'"{PREFIX}', f'"{PREFIX}{version(directory)}/')
