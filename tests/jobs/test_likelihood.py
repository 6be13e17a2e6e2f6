"""A run that names no likelihood is queued with the one its objective was made for."""

import pytest

from backend.catalog import plugins
from backend.jobs.api import validation
from backend.jobs.queue import submit

SCHEMAS = {
    "objectives": {
        "l_vae": {"schema": {"properties": {}}, "likelihood": "mse"},
        "vae": {"schema": {"properties": {}}, "likelihood": None},
    },
    "datasets": {"dsprites": {"schema": {"properties": {}}}},
    "architectures": {"conv64": {"schema": {"properties": {}}}},
}


class AnyPath:
    def check(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("objective", "named", "expected"),
    [("l_vae", None, "mse"), ("vae", None, "bernoulli"), ("l_vae", "bernoulli", "bernoulli"), ("vae", "mse", "mse")],
)
def test_a_run_and_a_position_of_a_sweep_resolve_to_the_same_likelihood(objective, named, expected):
    spec = {"dataset": "dsprites", "objective": objective, **({"likelihood": named} if named else {})}
    resolved = validation.resolve(spec, SCHEMAS, AnyPath())
    assert resolved["likelihood"] == expected
    made = validation.sweep({"base": spec, "grid": {"seed": [0, 1]}}, None, 0, SCHEMAS, AnyPath(), 10)
    (job, _) = submit.sweep_jobs(made.spec, 0, 2)
    assert job.spec["likelihood"] == expected
    assert submit.run_digest(job.spec) == submit.run_digest(resolved)


def test_a_sweep_stored_before_objectives_named_a_likelihood_still_expands():
    stored = {
        "base": {"dataset": "dsprites", "objective": "l_vae"},
        "grid": {"seed": [3]},
        "defaults": {
            "run": {"likelihood": "bernoulli", "steps": 10},
            "objective": {"l_vae": {}},
            "dataset": {"dsprites": {}},
        },
    }
    (job,) = submit.sweep_jobs(stored, 0, 1)
    assert (job.spec["likelihood"], job.spec["seed"]) == ("bernoulli", 3)


def test_the_schemas_of_the_form_have_the_likelihood_of_each_objective():
    objectives = plugins.schemas()["objectives"]
    assert objectives["l_vae"]["likelihood"] == "mse"
    assert objectives["beta_vae"]["likelihood"] is None
