"""Runs of one configuration with several seeds, each a process of one thread, some of them at a time.

On a CPU several runs of one thread each use the cores better than one run of several threads.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models_zoo.errors import AxiscopeError, InvalidInput
from models_zoo.json_types import JsonObject
from training.console import console
from training.runs import history
from training.runs.process import stop_signals
from training.runs.run_config import RunConfig, write_run

LOG = "train.log"
POLL_SECONDS = 0.5


def parse_seeds(text: str) -> tuple[int, ...]:
    """Read ``"0,1000,2000"``.

    Raises
    ------
    InvalidInput
        If it is not a list of different whole numbers from 0.
    """
    try:
        seeds = tuple(int(part) for part in text.split(","))
    except ValueError:
        seeds = ()
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise InvalidInput(
            f"--seeds: got {text!r}; allowed: different whole numbers from 0, e.g. 0,1000,2000", field="/seeds"
        )
    return seeds


def folder_of(out: Path, seed: int) -> Path:
    """Return the run folder of one seed."""
    return out / f"seed-{seed}"


class Runs:
    """Processes of the runs, each of which resumes from its own run folder.

    Parameters
    ----------
    config : RunConfig
        Settings of all runs; the seed is replaced.
    out : Path
        Folder of the run folders.
    seeds : sequence of int
    extra : sequence of str
        More options for each `axiscope train`.
    """

    def __init__(self, config: RunConfig, out: Path, seeds: Sequence[int], extra: Sequence[str] = ()) -> None:
        self.steps = config.steps
        self.folders = {seed: folder_of(out, seed) for seed in seeds}
        self._extra = tuple(extra)
        self._waiting = list(seeds)
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self.codes: dict[int, int] = {}
        self._stop_requested = False
        for seed, folder in self.folders.items():
            folder.mkdir(parents=True, exist_ok=True)
            write_run(folder, config.model_copy(update={"seed": seed}))

    def stop(self, *_: int | FrameType | None) -> None:
        """Start no further run, and make every running one write a checkpoint and end."""
        self._stop_requested = True
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)

    def advance(self, parallel: int) -> bool:
        """Start runs up to ``parallel``, collect the exit codes of those that ended; False when no run is left."""
        while self._waiting and len(self._running) < parallel and not self._stop_requested:
            seed = self._waiting.pop(0)
            self._running[seed] = self._launch(seed)
        for seed, process in list(self._running.items()):
            if process.poll() is not None:
                self.codes[seed] = process.returncode
                del self._running[seed]
        return bool(self._running) or bool(self._waiting and not self._stop_requested)

    def _launch(self, seed: int) -> subprocess.Popen[bytes]:
        folder = self.folders[seed]
        command = [sys.executable, "-m", "training", "train", "--out", str(folder), "--resume", *self._extra]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
        with (folder / LOG).open("ab") as log:
            # in a session of its own, so that Ctrl+C in a terminal reaches it by `stop` alone
            return subprocess.Popen(  # noqa: S603
                command, stdout=log, stderr=log, env=environment, start_new_session=True
            )

    def step(self, seed: int) -> int:
        """Return the last logged step of a run."""
        rows = history.read(self.folders[seed])
        return int(rows[-1]["step"]) if rows else 0


def train_seeds(runs: Runs, parallel: int) -> list[JsonObject]:
    """Train all runs, ``parallel`` at a time, with a progress bar each.

    Returns
    -------
    list of dict
        Per seed ``seed``, ``out``, ``step`` and ``finished``.

    Raises
    ------
    AxiscopeError
        If a run failed, after the others have ended; the message names the log.
    """
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn())
    with stop_signals(runs.stop), Progress(*columns, console=console, expand=True) as bars:
        tasks = {seed: bars.add_task(f"seed {seed}", total=runs.steps) for seed in runs.folders}
        running = True
        while running:
            running = runs.advance(parallel)
            for seed, task in tasks.items():
                bars.update(task, completed=runs.step(seed))
            time.sleep(POLL_SECONDS if running else 0)
    failed = [str(runs.folders[seed] / LOG) for seed, code in runs.codes.items() if code not in (0, 130)]
    if failed:
        raise AxiscopeError(
            f"{len(failed)} of {len(runs.folders)} runs failed; see {', '.join(failed)}, then repeat the command"
        )
    return [
        {"seed": seed, "out": str(folder), "step": runs.step(seed), "finished": runs.codes.get(seed) == 0}
        for seed, folder in runs.folders.items()
    ]
