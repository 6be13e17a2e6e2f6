"""Claims of jobs and expansion of sweeps, on both databases."""

import threading

import pytest

from backend.db.base import Base
from backend.db.engine import Database
from backend.jobs.attempt import updates
from backend.jobs.queue import events, queries, submit, transitions
from backend.jobs.queue.dispatchers import Superseded
from backend.jobs.queue.leases import claim
from backend.jobs.records import AttemptRef, Capacity
from backend.settings import MAX_SWEEP_RUNS
from tests.jobs.rows import ONE, PLENTY, add, begin, new, take


def test_priority_comes_first_then_age(database):
    ids = add(database, [new("a"), new("b", priority=5), new("c")])
    taken = [take(database, ONE)[0].job for _ in range(3)]
    assert taken == [ids[1], ids[0], ids[2]]


def test_a_claim_respects_cpus_gpus_and_the_number_of_processes(database):
    ids = add(database, [new("big", cpus=4), new("gpu", gpus=0.5), new("small")])
    assert [ref.job for ref in take(database, Capacity(2, 0, 5))] == [ids[2]]
    assert [ref.job for ref in take(database, Capacity(2, 0.5, 5))] == [ids[1]]
    assert [ref.job for ref in take(database, Capacity(8, 0, 0))] == []
    assert [ref.job for ref in take(database, Capacity(8, 0, 1))] == [ids[0]]


def test_every_job_goes_to_exactly_one_of_many_claimers(database):
    ids = add(database, [new(str(i)) for i in range(60)])
    taken: list[AttemptRef] = []

    def work():
        while got := take(database, Capacity(3, 0, 3)):
            taken.extend(got)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ref.job for ref in taken) == ids
    assert {ref.attempt for ref in taken} == {1}


def test_an_older_epoch_claims_nothing(database):
    add(database, [new()])
    with pytest.raises(Superseded):
        claim(database, "here", 0, PLENTY, 60.0)
    assert len(take(database)) == 1


def test_a_pack_shares_one_process_and_each_job_has_its_own_outcome(database):
    ids = add(database, [new(str(i), pack=3) for i in range(5)])
    units = claim(database, "here", 1, PLENTY, 60.0)
    assert [[ref.job for ref in unit.refs] for unit in units] == [ids[:3], ids[3:]]
    first, second, third = units[0].refs
    updates.start(database, first, 60.0)
    updates.finish(database, first, "succeeded", {})
    updates.start(database, second, 60.0)
    assert transitions.requeue(database, second, "killed", "fault") == "queued"
    assert transitions.requeue(database, third, "its process ended before it began", "none") == "queued"
    assert queries.show(database, third.job)["faults"] == 0


def test_max_parallel_limits_the_processes_of_a_sweep_but_not_the_others(database):
    with database.write() as connection:
        limited = submit.insert_sweep(connection, submit.NewSweep("s", {}, total=9, max_parallel=2))
        submit.insert_jobs(connection, [new(f"s{i}", priority=9) for i in range(9)], sweep_id=limited)
    (other,) = add(database, [new("other")])
    taken = take(database)
    assert len(taken) == 3
    assert other in [ref.job for ref in taken]
    assert take(database) == []
    updates.start(database, taken[0], 60.0)
    updates.finish(database, taken[0], "succeeded", {})
    assert len(take(database)) == 1


def test_a_sweep_is_expanded_in_chunks_without_doing_a_run_twice(database):
    def runs(spec, start, stop):
        return [new(f"{spec['grid']}-{i % 7}", position=i) for i in range(start, stop)]

    with database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("s", {"grid": "g"}, total=20))
    dealt = []
    while step := submit.expand(database, runs, chunk=6):
        dealt.append(step)
    assert dealt == [6, 6, 6, 2]
    assert queries.counts_of(database, [sweep])[sweep]["train"] == {"queued": 7}


@pytest.mark.slow
def test_no_two_of_a_hundred_thousand_runs_share_a_model_or_an_evaluation():
    base = {"dataset": "dsprites", "objective": "beta_vae", "objective_settings": {}, "steps": 10}
    defaults = {"run": {}, "objective": {"beta_vae": {}}, "dataset": {"dsprites": {}}}
    axes = {"objective_settings.beta": list(range(1000)), "seed": list(range(100))}
    models, evaluations = set(), set()
    for job in submit.sweep_jobs({"base": base, "grid": axes, "defaults": defaults}, 0, MAX_SWEEP_RUNS):
        models.add(job.spec["model"])
        evaluations.add(job.dependents[0].spec_hash)
    assert (len(models), len(evaluations)) == (MAX_SWEEP_RUNS, MAX_SWEEP_RUNS)


def test_a_run_that_succeeded_before_is_reused_with_its_result(database):
    ref = begin(database, name="same")
    updates.finish(database, ref, "succeeded", {"model": "m"})
    with database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("s", {}, total=1))
    submit.expand(database, lambda *_: [new("same", dependents=(new("score", kind="evaluate"),))])
    (job,) = [job for job in queries.listing(database, sweep=sweep)[0] if job["kind"] == "train"]
    assert job["state"] == "succeeded"
    assert job["result"] == {"model": "m", "reused_from": ref.job}
    assert [cell["model"] for cell in queries.cells(database, sweep)] == ["m"]
    assert len(take(database)) == 1


def test_cancelling_a_sweep_stops_expansion_and_all_its_jobs(database):
    with database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("s", {}, total=10))
    submit.expand(database, lambda _, a, b: [new(str(i)) for i in range(a, b)], chunk=4)
    (ref,) = take(database, ONE)
    transitions.cancel_sweep(database, sweep)
    assert submit.expand(database, lambda *_: [], chunk=4) == 0
    assert queries.counts_of(database, [sweep])[sweep]["train"] == {"cancelled": 3, "leased": 1}
    assert updates.read_signal(database, ref) == "cancel"


def test_an_evaluation_that_was_cancelled_with_its_sweep_comes_back_with_its_training(database):
    with database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("s", {}, total=1))
    follow = new("evaluate", kind="evaluate")
    submit.expand(database, lambda *_: [new("train", dependents=(follow,))])
    transitions.cancel_sweep(database, sweep)
    evaluation, training = queries.listing(database, sweep=sweep)[0]
    assert (training["reason"], evaluation["reason"]) == ("cancelled", "dependency")
    transitions.retry(database, training["id"])
    assert queries.show(database, evaluation["id"])["state"] == "queued"


@pytest.mark.slow
def test_a_sweep_of_more_jobs_than_a_statement_takes_values_is_cancelled(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'axiscope.db'}")
    Base.metadata.create_all(database.engine)
    with database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("s", {}, total=33_000))
    while submit.expand(database, lambda _, a, b: [new(str(i)) for i in range(a, b)]):
        pass
    transitions.cancel_sweep(database, sweep)
    assert queries.counts(database) == {"cancelled": 33_000}
    assert [event["kind"] for event in events.events_after(database, 33_000, 0)[0]] == ["queued", "cancelled"]
    database.close()
