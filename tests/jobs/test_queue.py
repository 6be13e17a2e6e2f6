"""Transitions of jobs in SQL: fences, outcomes, dependents. On both databases."""

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from backend.db.base import NOW, now
from backend.jobs.attempt import updates
from backend.jobs.queue import events, leases, queries, transitions
from backend.jobs.records import AttemptRef
from backend.jobs.tables import attempts, jobs
from models_zoo.errors import Conflict, NotFound
from tests.jobs.rows import ONE, add, begin, flags, new, take


def test_a_stale_attempt_writes_nothing(database):
    ref = begin(database)
    assert transitions.requeue(database, ref, "lease ran out", "loss") == "queued"
    with database.write() as connection:
        connection.execute(jobs.update().values(not_before=NOW))
    (second,) = take(database)
    assert second.attempt == 2
    assert updates.start(database, second, 60.0)
    assert updates.read_signal(database, ref) == "lost"
    updates.renew_leases(database, [ref], 60.0)
    assert updates.progress(database, ref, 60.0, 7, [{"step": 7}]) == "lost"
    assert not updates.commit_checkpoint(database, ref, "1-7", 7)
    assert not updates.finish(database, ref, "succeeded", {"model": "stale"})
    assert updates.start(database, ref, 60.0) is None
    assert transitions.requeue(database, ref, "again", "fault") is None
    assert updates.finish(database, second, "succeeded", {"model": "good"})
    job = queries.show(database, ref.job)
    assert job["result"] == {"model": "good"}
    assert job["checkpoint"] is None
    assert [e["kind"] for e in events.events_after(database, ref.job, 0)[0]].count("succeeded") == 1


def test_a_job_that_always_crashes_fails_after_its_attempts_and_spares_the_others(database):
    add(database, [new("bad", max_attempts=3), new("good")])
    for _ in range(3):
        bad = take(database, ONE)[0]
        transitions.requeue(database, bad, "killed by signal 11", "fault")
    job = queries.show(database, bad.job)
    assert (job["state"], job["reason"]) == ("failed", "crashed")
    assert job["error"] == "killed by signal 11 (given up after 3 of 3 attempts)"
    assert [a["outcome"] for a in job["attempts"]] == ["crashed", "crashed", "failed"]
    (good,) = take(database)
    assert good.attempt == 1


def test_lost_machines_do_not_count_as_the_jobs_fault_but_back_off(database):
    ref = begin(database, max_attempts=1)
    assert transitions.requeue(database, ref, "node lost", "loss") == "queued"
    assert take(database) == []
    assert queries.show(database, ref.job)["losses"] == 1


def test_losses_are_capped(database):
    add(database, [new()])
    states = []
    for _ in range(transitions.MAX_LOSSES + 1):
        with database.write() as connection:
            connection.execute(jobs.update().values(not_before=NOW))
        (ref,) = take(database)
        states.append(transitions.requeue(database, ref, "node lost", "loss"))
    assert states == ["queued"] * transitions.MAX_LOSSES + ["failed"]


def test_an_expired_lease_is_seen_and_can_be_renewed(database):
    add(database, [new()])
    (ref,) = take(database, lease=-1.0)
    assert flags(database, "expired") == [ref]
    updates.renew_leases(database, [ref], 60.0)
    assert updates.read_signal(database, ref) == "ok"
    assert flags(database, "expired") == []


def test_a_trainer_without_steps_is_stalled_though_it_renews_its_lease(database):
    ref = begin(database, stall_seconds=0.0)
    updates.renew_leases(database, [ref], 60.0)
    assert flags(database, "stalled") == [ref]


def test_cancel_ends_a_queued_job_and_requests_a_running_one_to_stop(database):
    (waiting,) = add(database, [new("waiting", cpus=1000)])
    assert transitions.cancel(database, waiting) == "cancelled"
    ref = begin(database)
    assert transitions.cancel(database, ref.job) == "running"
    assert transitions.cancel(database, ref.job) == "running"
    assert updates.read_signal(database, ref) == "cancel"
    assert flags(database, "overdue", 0.0) == [ref]
    assert flags(database, "overdue", 60.0) == []
    assert updates.finish(database, ref, "cancelled")
    assert transitions.cancel(database, ref.job) == "cancelled"
    with pytest.raises(NotFound):
        transitions.cancel(database, 999)


def test_a_crash_after_a_cancel_is_a_cancel(database):
    ref = begin(database)
    transitions.cancel(database, ref.job)
    assert transitions.requeue(database, ref, "killed", "fault") == "cancelled"


def test_cancel_racing_finish_leaves_one_terminal_state(database):
    for _ in range(10):
        ref = begin(database)
        barrier = threading.Barrier(2)

        def finish(ref=ref, barrier=barrier):
            barrier.wait()
            updates.finish(database, ref, "succeeded", {})

        def cancel(ref=ref, barrier=barrier):
            barrier.wait()
            transitions.cancel(database, ref.job)
            transitions.requeue(database, ref, "killed", "none")

        threads = [threading.Thread(target=act) for act in (finish, cancel)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kinds = [event["kind"] for event in events.events_after(database, ref.job, 0)[0]]
        assert len([kind for kind in kinds if kind in {"succeeded", "cancelled"}]) == 1
        assert kinds[-1] == queries.show(database, ref.job)["state"]


def test_a_dependent_job_waits_for_success(database):
    dependent = new("evaluate", kind="evaluate")
    (dependency,) = add(database, [new("train", dependents=(dependent,))])
    (ref,) = take(database)
    assert ref.job == dependency
    updates.start(database, ref, 60.0)
    updates.finish(database, ref, "succeeded", {"model": "m"})
    (second,) = take(database)
    assert queries.show(database, second.job)["depends_on"] == dependency


def test_a_dependent_of_a_failure_is_cancelled_with_the_reason_and_comes_back_with_a_retry(database):
    last = new("third", kind="evaluate")
    (dependency,) = add(database, [new("first", dependents=(new("second", kind="export", dependents=()),))])
    (third,) = add(database, [last])
    with database.write() as connection:
        connection.execute(jobs.update().where(jobs.c.id == third).values(depends_on=dependency + 1, blocked=True))
    (ref,) = take(database)
    updates.start(database, ref, 60.0)
    updates.finish(database, ref, "failed", error="the loss is not finite")
    second = queries.show(database, dependency + 1)
    assert (second["state"], second["reason"]) == ("cancelled", "dependency")
    assert second["error"] == f"job {dependency}, which this one waits for, failed"
    assert queries.show(database, dependency + 2)["state"] == "cancelled"
    with pytest.raises(Conflict, match="retry that one"):
        transitions.retry(database, dependency + 1)
    transitions.retry(database, dependency)
    assert [queries.show(database, dependency + i)["state"] for i in range(3)] == ["queued"] * 3
    (again,) = take(database)
    assert again == AttemptRef(dependency, 2)


def test_retry_keeps_the_checkpoint_and_refuses_what_has_not_failed(database):
    ref = begin(database)
    with pytest.raises(Conflict, match="is running"):
        transitions.retry(database, ref.job)
    assert updates.commit_checkpoint(database, ref, "1-5", 5)
    updates.finish(database, ref, "failed", error="disk full")
    transitions.retry(database, ref.job)
    (again,) = take(database)
    assert again.attempt == 2
    assert updates.start(database, again, 60.0)["checkpoint"] == "1-5"


def test_events_are_numbered_without_gaps_while_many_write(database):
    ref = begin(database)

    def write(offset):
        for i in range(10):
            updates.progress(database, ref, 60.0, offset + i, [{"step": offset + i}])

    threads = [threading.Thread(target=write, args=(n * 100,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    updates.finish(database, ref, "succeeded", {})
    found, ended = events.events_after(database, ref.job, 0)
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert ended
    assert events.events_after(database, ref.job, 5, limit=3)[0][0]["seq"] == 6


def test_the_list_is_paged_newest_first_and_filtered(database):
    ids = add(database, [new(f"run {i}") for i in range(5)])
    first, more = queries.listing(database, limit=2)
    assert [job["id"] for job in first] == ids[:2:-1]
    rest, end = queries.listing(database, limit=10, before=more)
    assert [job["id"] for job in rest] == ids[2::-1]
    assert end is None
    transitions.cancel(database, ids[0])
    assert [job["id"] for job in queries.listing(database, states=["cancelled"])[0]] == ids[:1]


def test_the_clock_of_the_database_is_close_to_that_of_the_process(database):
    with database.read() as connection:
        assert abs((connection.execute(sa.select(NOW)).scalar() - now()).total_seconds()) < 5


def test_the_attempt_keeps_a_record_of_the_process(database):
    from backend.jobs import processes

    ref = begin(database)
    me = processes.identify()
    updates.record_process(database, [ref], "host:1", me, "cpu")
    (attempt,) = leases.snapshot(database, 10.0).active
    assert attempt.identity == me
    assert processes.is_running(me)
    assert not processes.has_exited(me)
    assert processes.has_exited(replace(me, started="0"))
    with database.read() as connection:
        assert connection.execute(sa.select(attempts.c.scope)).scalar() == "here"
