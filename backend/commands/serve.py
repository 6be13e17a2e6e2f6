"""`axiscope up` and `axiscope serve`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models_zoo.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.app import Companion
    from backend.settings import Settings

SWITCH_SECONDS = 0.001
"""How long a model thread may keep the interpreter while the event loop wants it; 5 ms is Python's own."""
GARBAGE_THRESHOLDS = (50_000, 20, 20)
Host = Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 by default.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 8000 by default, 0 takes a free one.")]
Home = Annotated[Path | None, typer.Option(help="Folder of database, zoo, data and cache; AXISCOPE_HOME by default.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Listen on other addresses without asking for tokens.")]


def refuse_open_door(settings: "Settings") -> None:
    """Refuse to listen beyond this machine while nobody could be told apart.

    Raises
    ------
    InvalidInput
        If a token is asked for and none exists.
    """
    from sqlalchemy.orm import Session

    from backend.db.engine import make_engine, migrate
    from backend.http.auth import any_valid_token

    if not settings.needs_token:
        return
    engine = make_engine(settings.database)
    migrate(engine)
    with Session(engine) as session:
        found = any_valid_token(session)
    engine.dispose()
    if not found:
        raise InvalidInput(
            f"listening on {settings.host} needs a token and there is none: make one with "
            "`axiscope token create --name NAME --scope train`, or say --insecure if everyone may do everything"
        )


def settle_memory() -> None:
    """Take what the start made out of the garbage collector's sight, and let it look less often.

    With Python's own thresholds it walks through the open requests of 64 clients again and again: a third of the
    service's CPU time, and pauses of a quarter of a second.
    """
    import gc

    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def run(settings: "Settings", companions: "Sequence[Companion]" = ()) -> None:
    """Serve until a signal comes; running requests are finished first."""
    import gc
    import os
    import socket
    import sys

    gc.disable()  # nothing of a start is garbage
    import uvicorn

    from backend.app import create_app
    from backend.http.connections import protocol_of
    from backend.logging_config import configure_logging

    sys.setswitchinterval(SWITCH_SECONDS)
    configure_logging(settings.log_level, json_lines=settings.json_logs)
    refuse_open_door(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise InvalidInput(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}: choose another --port"
        ) from None
    port = listener.getsockname()[1]
    shown = f"[{settings.host}]" if family == socket.AF_INET6 else settings.host

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                settle_memory()
                sys.stdout.write(f"Axiscope is ready at http://{shown}:{port}\n")
                sys.stdout.flush()

    app = create_app(settings, companions)
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
        if (
            app.state.context.runner.has_stuck_thread
        ):  # the interpreter's own end would wait for the model, or crash in it
            sys.stdout.flush()
            os._exit(0)


def serve(host: Host = None, port: Port = None, home: Home = None, insecure: Insecure = False) -> None:
    """Serve the API and the pages without a worker; workers run elsewhere (`axiscope worker`)."""
    from backend.settings import read_settings

    run(read_settings(host=host, port=port, home=home, insecure=insecure or None))


def up(host: Host = None, port: Port = None, home: Home = None, insecure: Insecure = False) -> None:
    """Migrate the database, register the zoo, and serve with an embedded worker."""
    from backend.commands.worker import embedded
    from backend.settings import read_settings

    run(read_settings(host=host, port=port, home=home, insecure=insecure or None), (embedded,))
