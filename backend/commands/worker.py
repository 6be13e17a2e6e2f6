"""`axiscope worker`: the dispatcher, in a process of its own."""

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[Path | None, typer.Option(help="Folder of database, zoo, data and jobs; AXISCOPE_HOME by default.")]
Name = Annotated[str | None, typer.Option(help="Name of this machine in the queue; its host name by default.")]
Cpus = Annotated[float | None, typer.Option(help="Runs at a time; one for each core by default.")]
Gpus = Annotated[int | None, typer.Option(help="GPUs to use; all that are there by default.")]
Runner = Annotated[str | None, typer.Option(help="local (child processes) or ray (a cluster).")]


def worker(
    home: Home = None,
    name: Name = None,
    cpus: Cpus = None,
    gpus: Gpus = None,
    runner: Runner = None,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Take jobs from the queue and run them, until a signal comes; what runs then goes back to the queue."""
    import os

    from backend.jobs.serve import serve

    given = {
        "HOME": home and home.expanduser().absolute(),
        "WORKER_NAME": name,
        "CPU_SLOTS": cpus,
        "GPU_SLOTS": gpus,
        "RUNNER": runner,
    }
    os.environ.update({f"AXISCOPE_{key}": str(value) for key, value in given.items() if value is not None})
    raise SystemExit(serve(parent))


if __name__ == "__main__":
    typer.run(worker)
