"""One configuration with several seeds, some of the runs at a time, each a process of one thread.

On a CPU several runs of one thread each get more out of the cores than one run of several threads.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models_zoo.errors import AxiscopeError, InvalidInput
from training.console import console
from training.runs import history
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
            f"--seeds {text!r} came; allowed are different whole numbers from 0, e.g. 0,1000,2000", field="/seeds"
        )
    return seeds


def folder_of(out: Path, seed: int) -> Path:
    """Run folder of one seed."""
    return out / f"seed-{seed}"


class Runs:
    """Processes of the runs. Each goes on by itself from its run folder; a signal here reaches all of them.

    Parameters
    ----------
    config : RunConfig
        Settings but for the seed.
    out : Path
        Receives one run folder a seed.
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
        self._asked = False
        for seed, folder in self.folders.items():
            folder.mkdir(parents=True, exist_ok=True)
            write_run(folder, config.model_copy(update={"seed": seed}))

    def stop(self, *_: int | FrameType | None) -> None:
        """Let no other run begin, and every running one write its checkpoint and end."""
        self._asked = True
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)

    def advance(self, parallel: int) -> bool:
        """Start what may start and note what has ended; False when nothing runs any more."""
        while self._waiting and len(self._running) < parallel and not self._asked:
            seed = self._waiting.pop(0)
            self._running[seed] = self._launch(seed)
        for seed, process in list(self._running.items()):
            if process.poll() is not None:
                self.codes[seed] = process.returncode
                del self._running[seed]
        return bool(self._running) or bool(self._waiting and not self._asked)

    def _launch(self, seed: int) -> subprocess.Popen[bytes]:
        folder = self.folders[seed]
        command = [sys.executable, "-m", "training", "train", "--out", str(folder), "--resume", *self._extra]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
        with (folder / LOG).open("ab") as log:
            # a session of its own, so that Ctrl+C in a terminal comes from `stop` alone
            return subprocess.Popen(  # noqa: S603
                command, stdout=log, stderr=log, env=environment, start_new_session=True
            )

    def step(self, seed: int) -> int:
        """Last logged step of a run."""
        rows = history.read(self.folders[seed])
        return int(rows[-1]["step"]) if rows else 0


def train_seeds(runs: Runs, parallel: int) -> list[dict[str, Any]]:
    """Train all runs, ``parallel`` at a time, with a progress bar each.

    Returns
    -------
    list of dict
        Per seed ``seed``, ``out``, ``step`` and ``finished``.

    Raises
    ------
    AxiscopeError
        If a run failed; it names the log. The other runs are trained to their end first.
    """
    before = {number: signal.signal(number, runs.stop) for number in (signal.SIGINT, signal.SIGTERM)}
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, expand=True) as bars:
            tasks = {seed: bars.add_task(f"seed {seed}", total=runs.steps) for seed in runs.folders}
            while runs.advance(parallel):
                for seed, task in tasks.items():
                    bars.update(task, completed=runs.step(seed))
                time.sleep(POLL_SECONDS)
            for seed, task in tasks.items():
                bars.update(task, completed=runs.step(seed))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    failed = [str(runs.folders[seed] / LOG) for seed, code in runs.codes.items() if code not in (0, 130)]
    if failed:
        raise AxiscopeError(
            f"{len(failed)} of {len(runs.folders)} runs failed; the reason stands in {', '.join(failed)}"
        )
    return [
        {"seed": seed, "out": str(folder), "step": runs.step(seed), "finished": runs.codes.get(seed) == 0}
        for seed, folder in runs.folders.items()
    ]
