"""The page's files, compressed once and kept: pinned ones for ever, others revalidated by ETag."""

import gzip
import hashlib
import os
from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from backend.http.assets import PINNED, version
from models_zoo.files import write_atomic

COMPRESSED = {".js", ".mjs", ".css", ".svg", ".json", ".wasm", ".map", ".html"}
MEDIA = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
LEAST_BYTES = 512
KEPT_BYTES = 4 * 1024**2
FOR_EVER = "public, max-age=31536000, immutable"


class CompressedFiles(StaticFiles):
    """Static files; text and WebAssembly go out compressed: by brotli where a `.br` file lies beside, else by gzip.

    `/static/VERSION/js/core/dom.js` is `/static/js/core/dom.js`, kept for ever while the version is theirs.

    Parameters
    ----------
    directory : Path
        Root of the files.
    cache : Path
        Folder that keeps what is compressed at the first request.
    """

    def __init__(self, directory: Path, cache: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._root = directory
        self._cache = cache
        self._kept: dict[str, bytes] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file."""
        first, _, rest = path.partition(os.sep)
        pinned = PINNED.fullmatch(first) is not None
        response = await super().get_response(rest if pinned else path, scope)
        if pinned and first == version(self._root):
            response.headers["Cache-Control"] = FOR_EVER
        return response

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer with the file, compressed where the client takes it; small ones from memory."""
        path = Path(full_path)
        mark = hashlib.sha256(f"{path}{stat_result.st_mtime_ns}{stat_result.st_size}".encode()).hexdigest()[:32]
        asked = dict(scope["headers"])
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        coding, file = "", path
        if path.suffix in COMPRESSED and stat_result.st_size >= LEAST_BYTES:
            coding, file = self._compressed(path, mark, asked.get(b"accept-encoding", b""))
        if coding:
            headers["Content-Encoding"] = coding
        headers["ETag"] = f'"{mark}-{coding}"' if coding else f'"{mark}"'
        known = asked.get(b"if-none-match", b"").decode("latin-1").split(",")
        if headers["ETag"] in (each.strip().removeprefix("W/") for each in known):
            return Response(status_code=304, headers=headers)
        media = MEDIA.get(path.suffix)
        key = headers["ETag"]
        if key not in self._kept and media and b"range" not in asked and file.stat().st_size <= KEPT_BYTES:
            self._kept[key] = file.read_bytes()
        if key in self._kept and b"range" not in asked:
            return Response(self._kept[key], status_code, headers, media)
        return FileResponse(file, status_code, headers, media)

    def _compressed(self, path: Path, mark: str, accepted: bytes) -> tuple[str, Path]:
        """Coding and file to send: "" and the file itself where the client takes neither."""
        ready = path.with_name(f"{path.name}.br")
        if b"br" in accepted and ready.is_file():
            return "br", ready
        if b"gzip" not in accepted:
            return "", path
        packed = self._cache / f"{mark}.gz"
        if not packed.is_file():
            write_atomic(packed, gzip.compress(path.read_bytes(), 9, mtime=0))
        return "gzip", packed
