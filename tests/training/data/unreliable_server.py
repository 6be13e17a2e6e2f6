"""A real HTTP server on 127.0.0.1 that breaks off, corrupts, forgets ranges or is out of order, as its paths say."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Log:
    """What was asked for and how many bytes of bodies went out."""

    requests: list[tuple[str, str | None]] = field(default_factory=list)
    sent: int = 0


@contextmanager
def serving(content: bytes, *, break_after: int = 10_000) -> Iterator[tuple[str, Log]]:
    """Yield the server's address and its log.

    `/sound/` answers well, `/breaks/` closes the connection after ``break_after`` bytes of every answer,
    `/corrupt/` alters one byte, `/short/` sends less and says so, `/no-ranges/` always sends everything,
    `/breaks-no-ranges/` breaks only its first answer and then sends everything, `/gone/` is 404, `/ill/` 503,
    `/moved/` redirects to `/sound/`.
    """
    log = Log()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind = self.path.split("/")[1]
            asked = self.headers.get("Range")
            log.requests.append((kind, asked))
            if kind in {"gone", "ill"}:
                self.send_error(404 if kind == "gone" else 503)
                return
            if kind == "moved":
                self.send_response(302)
                self.send_header("Location", self.path.replace("/moved/", "/sound/"))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.answer(kind, 0 if "no-ranges" in kind or not asked else int(asked[6:-1]))

        def answer(self, kind: str, start: int) -> None:
            body = content[: len(content) // 2] if kind == "short" else content
            if kind == "corrupt":
                body = body[:5_000] + bytes([body[5_000] ^ 1]) + body[5_001:]
            if start and start >= len(body):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            rest = body[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            breaks = kind == "breaks" or (kind == "breaks-no-ranges" and len(log.requests) == 1)
            piece = rest[:break_after] if breaks else rest
            log.sent += len(piece)  # before the write: a client that has read them may look at once
            self.wfile.write(piece)
            if len(piece) < len(rest):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", log
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
