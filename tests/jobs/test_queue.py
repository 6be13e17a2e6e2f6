"""The queue in SQL: who gets a job, who may write, how it ends. On both databases."""

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from backend.jobs import control, events, queries, reaper, submit, worker_side
from backend.jobs.claim import Superseded, claim
from backend.jobs.records import Capacity, NewJob, Ref
from backend.jobs.tables import attempts, jobs
from models_zoo.errors import Conflict, NotFound

PLENTY = Capacity(cpus=100, gpus=8, units=100)
ONE = Capacity(cpus=1, gpus=0, units=1)


def new(name="run", **changes):
    job = NewJob(kind="train", name=name, spec={"steps": 10}, spec_hash=f"hash of {name}", steps=10)
    return replace(job, **changes)


def take(database, free=PLENTY, lease=60.0):
    return [ref for unit in claim(database, "here", 1, free, lease) for ref in unit.refs]


def flags(database, name, grace=10.0):
    return [flight.ref for flight in reaper.survey(database, grace).flights if getattr(flight, name)]


def begin(database, **changes):
    submit.add(database, [new(**changes)])
    (ref,) = take(database)
    assert worker_side.start(database, ref, 60.0)
    return ref


def test_priority_comes_first_then_age(database):
    ids = submit.add(database, [new("a"), new("b", priority=5), new("c")])
    taken = [take(database, ONE)[0].job for _ in range(3)]
    assert taken == [ids[1], ids[0], ids[2]]


def test_a_claim_respects_cpus_gpus_and_the_number_of_processes(database):
    ids = submit.add(database, [new("big", cpus=4), new("gpu", gpus=0.5), new("small")])
    assert [ref.job for ref in take(database, Capacity(2, 0, 5))] == [ids[2]]
    assert [ref.job for ref in take(database, Capacity(2, 0.5, 5))] == [ids[1]]
    assert [ref.job for ref in take(database, Capacity(8, 0, 0))] == []
    assert [ref.job for ref in take(database, Capacity(8, 0, 1))] == [ids[0]]


def test_every_job_goes_to_exactly_one_of_many_claimers(database):
    ids = submit.add(database, [new(str(i)) for i in range(60)])
    taken: list[Ref] = []

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
    submit.add(database, [new()])
    with pytest.raises(Superseded):
        claim(database, "here", 0, PLENTY, 60.0)
    assert len(take(database)) == 1


def test_a_stale_attempt_writes_nothing(database):
    ref = begin(database)
    assert reaper.requeue(database, ref, "lease ran out", "loss") == "queued"
    with database.write() as connection:
        connection.execute(jobs.update().values(not_before=0.0))
    (second,) = take(database)
    assert second.attempt == 2
    assert worker_side.start(database, second, 60.0)
    assert worker_side.beat(database, [ref], 60.0) == {ref: "lost"}
    assert worker_side.progress(database, ref, 60.0, 7, [{"step": 7}]) == "lost"
    assert not worker_side.commit_checkpoint(database, ref, "1-7", 7)
    assert not worker_side.finish(database, ref, "succeeded", {"model": "stale"})
    assert worker_side.start(database, ref, 60.0) is None
    assert reaper.requeue(database, ref, "again", "fault") is None
    assert worker_side.finish(database, second, "succeeded", {"model": "good"})
    job = queries.show(database, ref.job)
    assert job["result"] == {"model": "good"}
    assert job["checkpoint"] is None
    assert [e["kind"] for e in events.since(database, ref.job, 0)[0]].count("succeeded") == 1


def test_a_job_that_always_crashes_fails_after_its_attempts_and_spares_the_others(database):
    submit.add(database, [new("bad", max_attempts=3), new("good")])
    for _ in range(3):
        bad = take(database, ONE)[0]
        reaper.requeue(database, bad, "killed by signal 11", "fault")
    job = queries.show(database, bad.job)
    assert (job["state"], job["reason"]) == ("failed", "crashed")
    assert job["error"] == "killed by signal 11 (given up after 3 of 3 attempts)"
    assert [a["outcome"] for a in job["attempts"]] == ["crashed", "crashed", "failed"]
    (good,) = take(database)
    assert good.attempt == 1


def test_lost_machines_do_not_count_as_the_jobs_fault_but_back_off(database):
    ref = begin(database, max_attempts=1)
    assert reaper.requeue(database, ref, "node lost", "loss") == "queued"
    assert take(database) == []
    assert queries.show(database, ref.job)["losses"] == 1


def test_losses_are_capped(database):
    submit.add(database, [new()])
    states = []
    for _ in range(reaper.MAX_LOSSES + 1):
        with database.write() as connection:
            connection.execute(jobs.update().values(not_before=0.0))
        (ref,) = take(database)
        states.append(reaper.requeue(database, ref, "node lost", "loss"))
    assert states == ["queued"] * reaper.MAX_LOSSES + ["failed"]


def test_an_expired_lease_is_seen_and_a_beat_renews_it(database):
    submit.add(database, [new()])
    (ref,) = take(database, lease=-1.0)
    assert flags(database, "expired") == [ref]
    assert worker_side.beat(database, [ref], 60.0) == {ref: "ok"}
    assert flags(database, "expired") == []


def test_a_trainer_without_steps_is_stalled_though_it_beats(database):
    ref = begin(database, stall_seconds=0.0)
    worker_side.beat(database, [ref], 60.0)
    assert flags(database, "stalled") == [ref]


def test_cancel_ends_a_queued_job_and_asks_a_running_one(database):
    (waiting,) = submit.add(database, [new("waiting", cpus=1000)])
    assert control.cancel(database, waiting) == "cancelled"
    ref = begin(database)
    assert control.cancel(database, ref.job) == "running"
    assert control.cancel(database, ref.job) == "running"
    assert worker_side.look(database, ref) == "cancel"
    assert flags(database, "overdue", 0.0) == [ref]
    assert flags(database, "overdue", 60.0) == []
    assert worker_side.finish(database, ref, "cancelled")
    assert control.cancel(database, ref.job) == "cancelled"
    with pytest.raises(NotFound):
        control.cancel(database, 999)


def test_a_crash_after_a_cancel_is_a_cancel(database):
    ref = begin(database)
    control.cancel(database, ref.job)
    assert reaper.requeue(database, ref, "killed", "fault") == "cancelled"


def test_cancel_racing_finish_leaves_one_terminal_state(database):
    for _ in range(10):
        ref = begin(database)
        barrier = threading.Barrier(2)

        def finish(ref=ref, barrier=barrier):
            barrier.wait()
            worker_side.finish(database, ref, "succeeded", {})

        def cancel(ref=ref, barrier=barrier):
            barrier.wait()
            control.cancel(database, ref.job)
            reaper.requeue(database, ref, "killed", "none")

        threads = [threading.Thread(target=act) for act in (finish, cancel)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kinds = [event["kind"] for event in events.since(database, ref.job, 0)[0]]
        assert len([kind for kind in kinds if kind in {"succeeded", "cancelled"}]) == 1
        assert kinds[-1] == queries.show(database, ref.job)["state"]


def test_a_follower_waits_for_success(database):
    follow = new("evaluate", kind="evaluate")
    (leader,) = submit.add(database, [new("train", followers=(follow,))])
    (ref,) = take(database)
    assert ref.job == leader
    worker_side.start(database, ref, 60.0)
    worker_side.finish(database, ref, "succeeded", {"model": "m"})
    (second,) = take(database)
    assert queries.show(database, second.job)["depends_on"] == leader


def test_a_follower_of_a_failure_is_cancelled_with_the_reason_and_comes_back_with_a_retry(database):
    last = new("third", kind="evaluate")
    (leader,) = submit.add(database, [new("first", followers=(new("second", kind="export", followers=()),))])
    submit.add(database, [last], depends_on=leader + 1)
    (ref,) = take(database)
    worker_side.start(database, ref, 60.0)
    worker_side.finish(database, ref, "failed", error="the loss is not finite")
    second = queries.show(database, leader + 1)
    assert (second["state"], second["reason"]) == ("cancelled", "dependency")
    assert second["error"] == f"job {leader}, which this one waits for, failed"
    assert queries.show(database, leader + 2)["state"] == "cancelled"
    with pytest.raises(Conflict, match="retry that one"):
        control.retry(database, leader + 1)
    control.retry(database, leader)
    assert [queries.show(database, leader + i)["state"] for i in range(3)] == ["queued"] * 3
    (again,) = take(database)
    assert again == Ref(leader, 2)


def test_retry_keeps_the_checkpoint_and_refuses_what_has_not_failed(database):
    ref = begin(database)
    with pytest.raises(Conflict, match="is running"):
        control.retry(database, ref.job)
    assert worker_side.commit_checkpoint(database, ref, "1-5", 5)
    worker_side.finish(database, ref, "failed", error="disk full")
    control.retry(database, ref.job)
    (again,) = take(database)
    assert again.attempt == 2
    assert worker_side.start(database, again, 60.0)["checkpoint"] == "1-5"


def test_a_pack_shares_one_process_and_each_job_has_its_own_verdict(database):
    ids = submit.add(database, [new(str(i), pack=3) for i in range(5)])
    units = claim(database, "here", 1, PLENTY, 60.0)
    assert [[ref.job for ref in unit.refs] for unit in units] == [ids[:3], ids[3:]]
    first, second, third = units[0].refs
    worker_side.start(database, first, 60.0)
    worker_side.finish(database, first, "succeeded", {})
    worker_side.start(database, second, 60.0)
    assert reaper.requeue(database, second, "killed", "fault") == "queued"
    assert reaper.requeue(database, third, "its process ended before it began", "none") == "queued"
    assert queries.show(database, third.job)["faults"] == 0


def test_a_sweep_is_expanded_in_chunks_without_doing_a_run_twice(database):
    def runs(spec, start, stop):
        return [new(f"{spec['grid']}-{i % 7}", position=i) for i in range(start, stop)]

    with database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("s", {"grid": "g"}, total=20))
    dealt = []
    while step := submit.expand(database, runs, chunk=6):
        dealt.append(step)
    assert dealt == [6, 6, 6, 2]
    assert queries.sweep_counts(database, sweep) == {"queued": 7}


def test_a_run_that_succeeded_before_is_reused_with_its_result(database):
    ref = begin(database, name="same")
    worker_side.finish(database, ref, "succeeded", {"model": "m"})
    with database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("s", {}, total=1))
    submit.expand(database, lambda *_: [new("same", followers=(new("score", kind="evaluate"),))])
    (job,) = [job for job in queries.listing(database, sweep=sweep)[0] if job["kind"] == "train"]
    assert job["state"] == "succeeded"
    assert job["result"] == {"model": "m", "reused_from": ref.job}
    assert len(take(database)) == 1


def test_max_parallel_limits_the_processes_of_a_sweep_but_not_the_others(database):
    with database.write() as connection:
        limited = submit.insert_sweep(connection, submit.NewSweep("s", {}, total=9, max_parallel=2))
        submit.insert_jobs(connection, [new(f"s{i}", priority=9) for i in range(9)], sweep_id=limited)
    (other,) = submit.add(database, [new("other")])
    taken = take(database)
    assert len(taken) == 3
    assert other in [ref.job for ref in taken]
    assert take(database) == []
    worker_side.start(database, taken[0], 60.0)
    worker_side.finish(database, taken[0], "succeeded", {})
    assert len(take(database)) == 1


def test_cancelling_a_sweep_stops_expansion_and_all_its_jobs(database):
    with database.write() as connection:
        sweep = submit.insert_sweep(connection, submit.NewSweep("s", {}, total=10))
    submit.expand(database, lambda _, a, b: [new(str(i)) for i in range(a, b)], chunk=4)
    (ref,) = take(database, ONE)
    control.cancel_sweep(database, sweep)
    assert submit.expand(database, lambda *_: [], chunk=4) == 0
    assert queries.sweep_counts(database, sweep) == {"cancelled": 3, "leased": 1}
    assert worker_side.beat(database, [ref], 60.0) == {ref: "cancel"}


def test_events_are_numbered_without_gaps_while_many_write(database):
    ref = begin(database)

    def write(offset):
        for i in range(10):
            worker_side.progress(database, ref, 60.0, offset + i, [{"step": offset + i}])

    threads = [threading.Thread(target=write, args=(n * 100,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker_side.finish(database, ref, "succeeded", {})
    found, ended = events.since(database, ref.job, 0)
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert ended
    assert events.since(database, ref.job, 5, limit=3)[0][0]["seq"] == 6


def test_the_list_is_paged_newest_first_and_filtered(database):
    ids = submit.add(database, [new(f"run {i}") for i in range(5)])
    first, more = queries.listing(database, limit=2)
    assert [job["id"] for job in first] == ids[:2:-1]
    rest, end = queries.listing(database, limit=10, before=more)
    assert [job["id"] for job in rest] == ids[2::-1]
    assert end is None
    control.cancel(database, ids[0])
    assert [job["id"] for job in queries.listing(database, states=["cancelled"])[0]] == ids[:1]


def test_the_databases_clock_is_close_to_ours(database):
    import time

    from backend.jobs.database import NOW

    with database.read() as connection:
        assert abs(connection.execute(sa.select(NOW)).scalar() - time.time()) < 5


def test_the_attempt_keeps_a_record_of_the_process(database):
    from backend.jobs import processes

    ref = begin(database)
    me = processes.identify()
    worker_side.announce(database, [ref], "host:1", me, "cpu")
    (flight,) = reaper.survey(database, 10.0).flights
    assert flight.identity == me
    assert processes.alive(me)
    assert not processes.surely_dead(me)
    assert processes.surely_dead(replace(me, started="0"))
    with database.read() as connection:
        assert connection.execute(sa.select(attempts.c.scope)).scalar() == "here"
