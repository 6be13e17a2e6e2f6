"""Commands `axiscope up` and `axiscope serve`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models_zoo.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.app import BackgroundTask
    from backend.settings import Settings

SWITCH_SECONDS = 0.001
"""Time for which a model thread may hold the interpreter while the event loop is ready; Python's default is 5 ms."""
GARBAGE_THRESHOLDS = (50_000, 20, 20)
Host = Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 by default.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 8000 by default, 0 takes a free one.")]
Home = Annotated[Path | None, typer.Option(help="Folder of database, zoo, data and cache; AXISCOPE_HOME by default.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Listen on other addresses without requiring tokens.")]


def require_token_for_public_address(settings: "Settings") -> None:
    """Check that there is a valid token if requests need one.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    from backend.db.engine import Database
    from backend.http.auth import any_valid_token

    if not settings.needs_token:
        return
    with Database(settings.database) as database:
        database.migrate()
        with database.read_session() as session:
            found = any_valid_token(session)
    if not found:
        raise InvalidInput(
            f"got the address {settings.host} and no valid token; allowed: 127.0.0.1, or any address with a token; "
            "create one with `axiscope token create --name NAME --scope train`, or use --insecure to give everyone "
            "every permission"
        )


def tune_garbage_collector() -> None:
    """Exempt the objects of the start from garbage collection, and collect less often.

    With Python's default thresholds the collections during requests of 64 clients take a third of the CPU time, and
    pause the service for a quarter of a second.
    """
    import gc

    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def run(settings: "Settings", background: "Sequence[BackgroundTask]" = ()) -> None:
    """Serve until SIGTERM or SIGINT; running requests are finished first."""
    import gc
    import os
    import socket
    import sys

    gc.disable()  # a start creates no garbage
    import uvicorn

    from backend.app import create_app
    from backend.http.connections import protocol_of
    from backend.logging_config import configure_logging

    sys.setswitchinterval(SWITCH_SECONDS)
    configure_logging(settings.log_level, json_lines=settings.json_logs)
    require_token_for_public_address(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise InvalidInput(
            f"got {settings.host}:{settings.port}, which cannot be used ({error.strerror}); allowed: a free port; "
            "choose another --port"
        ) from None
    port = listener.getsockname()[1]
    shown = f"[{settings.host}]" if family == socket.AF_INET6 else settings.host

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                tune_garbage_collector()
                sys.stdout.write(f"Axiscope is ready at http://{shown}:{port}\n")
                sys.stdout.flush()

    app = create_app(settings, background)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        http=protocol_of(settings),
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=settings.drain_seconds,
        lifespan="on",
    )
    try:
        Server(config).run(sockets=[listener])
    finally:
        if app.state.context.runner.has_stuck_thread:  # the interpreter would wait for the model, or crash in it
            sys.stdout.flush()
            os._exit(0)


def serve(host: Host = None, port: Port = None, home: Home = None, insecure: Insecure = False) -> None:
    """Serve the API and the pages without a worker; `axiscope worker` starts one elsewhere."""
    from backend.settings import read_settings

    run(read_settings(host=host, port=port, home=home, insecure=insecure or None))


def up(host: Host = None, port: Port = None, home: Home = None, insecure: Insecure = False) -> None:
    """Migrate the database, register the zoo, and serve with an embedded worker."""
    from backend.commands.worker import embedded
    from backend.settings import read_settings

    run(read_settings(host=host, port=port, home=home, insecure=insecure or None), (embedded,))
