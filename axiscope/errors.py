"""Errors of the client, in addition to those of `models_zoo.errors`."""

from backend.schemas.jobs import Job
from models_zoo.errors import AxiscopeError
from models_zoo.json_types import JsonObject


class ServiceError(AxiscopeError):
    """Raised when the service refuses a request: its problem document (RFC 9457).

    Attributes
    ----------
    status : int
        HTTP status.
    message : str
        What was got, what is allowed, what to do.
    field : str or None
        JSON pointer of the first value at fault.
    problem : dict
        The whole document.
    """

    def __init__(self, status: int, problem: JsonObject) -> None:
        first = (problem.get("errors") or [{}])[0]
        super().__init__(
            str(problem.get("detail") or f"the service answered {status}"),
            field=first.get("pointer"),
            allowed=first.get("allowed", problem.get("allowed")),
        )
        self.status = status
        self.problem = problem


class JobFailed(AxiscopeError):
    """Raised when a job that is waited for ends without success.

    Attributes
    ----------
    job : Job
    """

    def __init__(self, job: Job) -> None:
        super().__init__(f"job {job.id} ({job.name}) {job.state}: {job.error or job.reason or 'no reason is stored'}")
        self.job = job
