"""`axiscope worker`: the dispatcher in a process of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from backend.context import Context

Home = Annotated[Path | None, typer.Option(help="Folder of database, zoo, data and jobs; AXISCOPE_HOME by default.")]
Name = Annotated[str | None, typer.Option(help="Name of this machine in the queue; its host name by default.")]
Cpus = Annotated[float | None, typer.Option(help="Runs at a time; one for each core by default.")]
Gpus = Annotated[int | None, typer.Option(help="GPUs to use; all of the machine by default.")]
Runner = Annotated[str | None, typer.Option(help="local (child processes) or ray (a cluster).")]


def worker(
    home: Home = None,
    name: Name = None,
    cpus: Cpus = None,
    gpus: Gpus = None,
    runner: Runner = None,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Take jobs from the queue and run them until a signal comes; running jobs then return to the queue."""
    import os

    from backend.jobs.dispatcher.main import serve, supervise
    from backend.settings import read_settings

    given = {
        "HOME": home and home.expanduser().absolute(),
        "WORKER_NAME": name,
        "CPU_SLOTS": cpus,
        "GPU_SLOTS": gpus,
        "RUNNER": runner,
    }
    os.environ.update({f"AXISCOPE_{key}": str(value) for key, value in given.items() if value is not None})
    if parent is None and read_settings().runner == "ray":
        supervise()
    else:
        raise SystemExit(serve(parent))


@asynccontextmanager
async def embedded(context: "Context") -> AsyncIterator[None]:
    """Run a dispatcher as long as the service, and add its state to readiness and figures."""
    from anyio import to_thread

    from backend.jobs.api.documents import client_counts
    from backend.jobs.api.documents import worker as describe
    from backend.jobs.dispatcher.main import Supervisor
    from backend.jobs.queue import dispatchers, queries

    supervisor = Supervisor(context.settings.environment())

    def check() -> tuple[bool, str]:
        workers = [describe(row) for row in dispatchers.list_dispatchers(context.database)]
        lost = sum(not each.answers for each in workers)
        detail = f"{len(workers)} there" + (f", {lost} of them without an answer of its cluster" if lost else "")
        return bool(workers) or supervisor.running(), detail if workers else "starting"

    def gauges() -> dict[str, float]:
        return {f"axiscope_jobs_{state}": n for state, n in client_counts(queries.counts(context.database)).items()}

    context.checks["worker"] = check
    context.telemetry.sources.append(gauges)
    supervisor.start()
    try:
        yield
    finally:
        await to_thread.run_sync(supervisor.stop)


if __name__ == "__main__":
    typer.run(worker)
