"""The process of a unit: `python -m backend.commands.attempt UNIT job:attempt...`, started by the runner.

This is the top floor, so it may bring together what the queue, the trainer and the service's results know.
"""

import importlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from backend.catalog.data_paths import DataPaths
from backend.jobs.artifacts import Artifacts
from backend.jobs.attempt.context import Watch
from backend.jobs.attempt.execution import Trade, print_without_statement, run_unit
from backend.jobs.dispatcher.model_sync import MODELS, install
from backend.jobs.records import Ref
from backend.logging_config import configure_logging
from backend.settings import Settings, read_settings

TELL_SECONDS = 1.0


class _Teller:
    """Passes the progress of an evaluation on: each new thing it does, and once a second how far it is."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._count, self._what, self._told = 0, "", 0.0

    def tell(self, what: str, done: int, total: int) -> None:
        """Hear of progress; the moment at which an evaluation may be stopped."""
        self._watch.check()
        if self._watch.wants_stop():
            self._watch.stop()
        if what == self._what and time.monotonic() - self._told < TELL_SECONDS:
            return
        self._count, self._what, self._told = self._count + 1, what, time.monotonic()
        self._watch.progress({"step": self._count, "phase": what, "done": done, "total": total})


def trades(settings: Settings) -> dict[str, Trade]:
    """How each kind of job is done; the heavy modules are imported when one is prepared."""
    zoo, data = settings.home / "zoo", settings.home / "data"

    artifacts = Artifacts(settings.artifacts)
    paths = DataPaths(data, settings.data_roots)

    def confined(run: Mapping[str, Any]) -> dict[str, Any]:
        """Settings of a run whose paths were checked again, on the machine that opens them."""
        checked = paths.confine(run["dataset"], run.get("dataset_settings", {}), "/spec/dataset_settings")
        return {**run, "dataset_settings": checked}

    def store(result: dict[str, Any]) -> dict[str, Any]:
        """Put the model where other machines find it, if they do not share this folder."""
        if artifacts.is_local:
            return result
        artifacts.put_folder(zoo / result["model"], MODELS, result["model"])
        return {**result, "stored": True}

    def prepare_training() -> None:
        from training.runs.process import configure_process

        configure_process()
        importlib.import_module("training.runs.job")

    def train(row: Mapping[str, Any], folder: Path, watch: Watch) -> dict[str, Any]:
        from training.runs import job

        return store(job.train(confined(row["spec"]), folder, watch, zoo, data))

    def export(row: Mapping[str, Any], folder: Path, watch: Watch) -> dict[str, Any]:
        from training.runs import job

        spec = {**row["spec"], "run": confined(row["spec"]["run"])}
        return store(job.export(spec, folder, watch, zoo, data))

    def prepare_evaluation() -> None:
        importlib.import_module("backend.scores.evaluation")

    def evaluate(row: Mapping[str, Any], _folder: Path, watch: Watch) -> dict[str, Any]:
        from backend.scores.evaluation import Wanted, evaluate_model
        from training.evaluation.networks.loading import load_network

        model = row["spec"]["model"]
        if not artifacts.is_local and artifacts.names(MODELS, model):
            install(artifacts, model, zoo)
        teller = _Teller(watch)
        spec = row["spec"]
        wanted = Wanted(metrics=spec["metrics"], seed=spec["seed"])
        results = evaluate_model(settings, spec["model"], wanted, teller.tell, networks=load_network)
        return {"model": spec["model"], "scores": {each["metric"]: each["score"] for each in results}}

    return {
        "train": Trade(prepare_training, train),
        "export": Trade(prepare_training, export),
        "evaluate": Trade(prepare_evaluation, evaluate),
    }


def main(arguments: list[str]) -> None:
    """Execute the unit named on the command line."""
    refs = [Ref(*map(int, text.split(":"))) for text in arguments[1:]]
    settings = read_settings()
    configure_logging(settings.log_level, json_lines=False)  # the log is shown to the person who queued the job
    try:
        run_unit(refs, trades(settings), settings)
    except SQLAlchemyError as error:  # the last line of this log becomes the error of the attempt
        print_without_statement(error)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1:])
