"""A JupyterLab with one notebook, for the benchmark and the test of `axiscope.show`."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
TRIES = 600
WAIT_SECONDS = 0.5
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
"""Shown once the kernel answers."""


def write_notebook(file: Path, sources: Sequence[str]) -> None:
    """Write a notebook with a cell of code for each source."""
    empty = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**empty, "id": f"c{at}", "source": source} for at, source in enumerate(sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    file.write_text(json.dumps(document))


@contextmanager
def jupyter_lab(file: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Run a JupyterLab in the folder of a notebook; yield the address of the notebook in it."""
    folder = file.parent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    own = {f"JUPYTER_{name}_DIR": str(folder / f".{name}") for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"), "PYTHONPATH": str(ROOT)}
    options = [f"--port={address.rpartition(':')[2]}", f"--ServerApp.root_dir={folder}", "--IdentityProvider.token="]
    command = [sys.executable, "-m", "jupyterlab", *options, "--no-browser", "--allow-root", "--LabApp.news_url=None"]
    with (folder / "lab.log").open("w") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **own, **environment}, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, address)
            yield f"{address}/lab/tree/{file.name}"
        finally:
            process.terminate()
            process.wait(20)


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(TRIES):
        try:
            httpx.get(f"{address}/api", timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            try:
                code = process.wait(WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"JupyterLab ended with code {code}: see lab.log") from None
    raise RuntimeError("JupyterLab did not answer: see lab.log")
