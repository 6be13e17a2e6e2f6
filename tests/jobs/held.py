"""Commands of the service whose trainers wait at a step until the test lets them go on.

So a kill or an outage meets a run in its middle however fast the machine is, and the run needs few steps.
`python -m tests.jobs.held COMMAND OPTIONS` is `axiscope COMMAND OPTIONS`, but for the wait, which ends for a stop, a
cancel or a lost lease as a step does.
"""

import os
import runpy
import sys
import time
from pathlib import Path

from backend.jobs.attempt.context import AttemptContext
from backend.settings import read_settings

STEP = 25
STEP_VARIABLE = "HELD_STEP"
RELEASED = "released"


def hold(released: Path, held_step: int) -> None:
    """Let every trainer of this process wait at ``held_step`` until the file ``released`` exists."""
    reach = AttemptContext.at

    def at(self: AttemptContext, step: int) -> None:
        reach(self, step)
        if step >= held_step and not released.exists():
            self.progress({"step": step})
        while step >= held_step and not released.exists() and not self.should_stop():
            self.check()
            time.sleep(0.05)

    AttemptContext.at = at


def main(program: str, *arguments: str) -> None:
    """Run a program whose child processes are these too."""
    if program == "attempt":
        from backend.commands import attempt

        hold(read_settings().home / RELEASED, int(os.environ.get(STEP_VARIABLE, STEP)))
        attempt.main(list(arguments))
        return
    from backend.jobs.dispatcher import main as dispatcher

    dispatcher.WORKER = ("-m", "tests.jobs.held", "worker")
    dispatcher.ATTEMPT = ("-m", "tests.jobs.held", "attempt")
    if program == "worker":  # without the imports of all other commands, as the service starts it
        sys.argv[1:] = arguments
        runpy.run_module("backend.commands.worker", run_name="__main__")
        return
    from backend.cli import main as cli

    sys.argv[1:] = [program, *arguments]
    cli()


if __name__ == "__main__":
    main(*sys.argv[1:])
