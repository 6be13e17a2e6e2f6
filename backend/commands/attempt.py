"""Process of a work unit: `python -m backend.commands.attempt UNIT job:attempt...`, started by the runner.

The commands stand above all other packages, so this one may join the queue, the trainer and the scores.
"""

import importlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from backend.catalog.data_paths import DataPaths
from backend.jobs.artifacts import MODELS, Artifacts
from backend.jobs.attempt.context import AttemptContext
from backend.jobs.attempt.execution import EndWork, JobHandler, Work, print_without_statement, run_unit
from backend.jobs.records import AttemptRef, Row
from backend.logging_config import configure_logging
from backend.settings import Settings, read_settings
from models_zoo.json_types import JsonObject

REPORT_SECONDS = 1.0


class ProgressReporter:
    """Progress of an evaluation: reported at each new phase, and once a second within one."""

    def __init__(self, context: AttemptContext) -> None:
        self._context = context
        self._count, self._phase, self._reported_at = 0, "", 0.0

    def report(self, phase: str, done: int, total: int) -> None:
        """Report progress; an evaluation can be stopped here."""
        self._context.check()
        if self._context.should_stop():
            self._context.stop()
        if phase == self._phase and time.monotonic() - self._reported_at < REPORT_SECONDS:
            return
        self._count, self._phase, self._reported_at = self._count + 1, phase, time.monotonic()
        self._context.progress({"step": self._count, "phase": phase, "done": done, "total": total})


def _install(model: str, settings: Settings, artifacts: Artifacts) -> str:
    """Copy a model of another machine into this zoo, and return its id."""
    if not artifacts.is_local and artifacts.names(MODELS, model):
        artifacts.install_model(model, settings.home / "zoo")
    return model


def _score_handlers(settings: Settings, artifacts: Artifacts) -> dict[str, JobHandler]:
    """Return the handlers of evaluations and verifications."""

    def prepare_evaluation() -> None:
        importlib.import_module("backend.scores.evaluation")

    def evaluate(row: Row, _folder: Path, context: AttemptContext) -> JsonObject:
        from backend.scores.evaluation import evaluate_model, request_of
        from training.evaluation.networks.loading import load_network

        spec = row["spec"]
        model = _install(spec["model"], settings, artifacts)
        request = request_of(spec)
        report = ProgressReporter(context).report
        results = evaluate_model(settings, model, request, report, networks=load_network)
        return {"model": model, "scores": {each["metric"]: each["score"] for each in results}}

    def prepare_verification() -> None:
        importlib.import_module("backend.scores.verification")

    def verify(row: Row, _folder: Path, context: AttemptContext) -> JsonObject:
        from backend.models import verification_reports
        from backend.scores.verification import Verifier
        from training.evaluation.networks.loading import load_network

        model = _install(row["spec"]["model"], settings, artifacts)
        with Verifier(settings, networks=load_network) as verifier:
            report = verifier.verify(model, ProgressReporter(context).report)
        result = {"model": model, "state": report.state, **report.counts.model_dump()}
        if artifacts.is_local:
            return result
        path = verification_reports.path_of(settings.home, model)
        artifacts.put(path, verification_reports.FOLDER, path.name)
        return {**result, "stored": True}

    return {
        "evaluate": JobHandler(prepare_evaluation, evaluate),
        "verify": JobHandler(prepare_verification, verify),
    }


def handlers(settings: Settings) -> dict[str, JobHandler]:
    """Return the handler of each kind of job; the heavy modules are imported when one is prepared."""
    zoo, data = settings.home / "zoo", settings.home / "data"
    artifacts = Artifacts(settings.artifacts)
    paths = DataPaths(data, settings.data_roots)

    def confined(run: JsonObject) -> JsonObject:
        """Return the settings of a run with its paths checked again, on the machine that opens them."""
        checked = paths.confine(run["dataset"], run.get("dataset_settings", {}), "/spec/dataset_settings")
        return {**run, "dataset_settings": checked}

    def store(result: JsonObject) -> JsonObject:
        """Copy the model to the artifact store, unless other machines share this folder."""
        if artifacts.is_local:
            return result
        artifacts.put_model(zoo / result["model"])
        return {**result, "stored": True}

    def prepare_training() -> None:
        from training.runs.process import configure_process

        configure_process()
        importlib.import_module("training.runs.job")

    def train(row: Row, folder: Path, context: AttemptContext) -> JsonObject:
        from training.runs import job

        if "learned_from" in row["spec"]:
            _install(row["spec"]["learned_from"]["model"], settings, artifacts)
        return store(job.train(confined(row["spec"]), folder, context, zoo, data))

    def together_pays(row: Row) -> bool:
        from training.runs.pack import stack_pays

        return stack_pays(row["spec"].get("device", "auto"))

    def train_together(works: Sequence[Work], end: EndWork) -> None:
        from training.runs import job

        jobs = [job.TrainingJob(confined(each.row["spec"]), each.folder, each.context) for each in works]

        def end_job(index: int, rest: Callable[[], JsonObject]) -> None:
            end(works[index], lambda: store(rest()))

        job.train_together(jobs, zoo, data, end_job)

    def export(row: Row, folder: Path, context: AttemptContext) -> JsonObject:
        from training.runs import job

        spec = {**row["spec"], "run": confined(row["spec"]["run"])}
        return store(job.export(spec, folder, context, zoo, data))

    return {
        "train": JobHandler(prepare_training, train, together_pays, train_together),
        "export": JobHandler(prepare_training, export),
        **_score_handlers(settings, artifacts),
    }


def main(arguments: list[str]) -> None:
    """Execute the unit of the command line."""
    refs = [AttemptRef(*map(int, text.split(":"))) for text in arguments[1:]]
    settings = read_settings()
    configure_logging(settings.log_level, json_lines=False)  # the log is shown to the person who queued the job
    try:
        run_unit(refs, handlers(settings), settings)
    except SQLAlchemyError as error:  # the last line of this log becomes the error of the attempt
        print_without_statement(error)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1:])
