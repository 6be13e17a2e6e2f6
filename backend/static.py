"""The page's files, compressed once and kept, revalidated by ETag."""

import gzip
import hashlib
import os
from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from models_zoo.files import write_atomic

COMPRESSED = {".js", ".mjs", ".css", ".svg", ".json", ".wasm", ".map", ".html"}
MEDIA = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"}
LEAST_BYTES = 1024


class CompressedFiles(StaticFiles):
    """Static files; text and WebAssembly go out as gzip, made at the first request.

    Parameters
    ----------
    directory : Path
        Root of the files.
    cache : Path
        Folder that keeps the compressed ones.
    """

    def __init__(self, directory: Path, cache: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._cache = cache

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer with the file, compressed where the client takes gzip."""
        path = Path(full_path)
        mark = hashlib.sha256(f"{path}{stat_result.st_mtime_ns}{stat_result.st_size}".encode()).hexdigest()[:32]
        accepts = dict(scope["headers"]).get(b"accept-encoding", b"")
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        media = MEDIA.get(path.suffix)
        if b"gzip" in accepts and path.suffix in COMPRESSED and stat_result.st_size >= LEAST_BYTES:
            compressed = self._cache / f"{mark}.gz"
            if not compressed.is_file():
                write_atomic(compressed, gzip.compress(path.read_bytes(), 6, mtime=0))
            headers |= {"Content-Encoding": "gzip", "ETag": f'"{mark}-gz"'}
            kind = media or FileResponse(path).media_type
            response: Response = FileResponse(compressed, status_code, headers, kind, stat_result=compressed.stat())
        else:
            headers["ETag"] = f'"{mark}"'
            response = FileResponse(path, status_code, headers, media, stat_result=stat_result)
        asked = dict(scope["headers"]).get(b"if-none-match", b"").decode("latin-1")
        if headers["ETag"] in (each.strip().removeprefix("W/") for each in asked.split(",")):
            return Response(status_code=304, headers=headers)
        return response
