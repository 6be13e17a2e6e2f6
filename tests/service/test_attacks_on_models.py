"""Models that loop, allocate or compute without end for some latents, on a real service that serves others."""

import contextlib
import http.client
import json
import signal
import threading
import time

import pytest

from backend.models.time_limits import CLOCK_FACTOR
from tests.attack_graphs import import_attack
from tests.demo_zoo import write_entry
from tests.service.attacked_service import DECODE, running

BAD = [[60.0, 0.0, 0.0]]
GOOD = [[0.5, 0.0, 0.0]]
MiB = 1024**2
RUN_SECONDS = 0.3
GRACE_OVER = "timeout graceful shutdown exceeded"
"""What uvicorn logs when requests are given up after AXISCOPE_DRAIN_SECONDS."""
LEFT = "a run of a model cannot be ended: the process ends without it"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Home with a usable model and one of each attack."""
    home = tmp_path_factory.mktemp("attacked")
    write_entry(home / "zoo", "demo-disc")
    for name in ("looping", "hungry", "stubborn"):
        import_attack(name, home / "zoo", home / "graphs")
    return home


@pytest.fixture(scope="module")
def service(home):
    with running(home, AXISCOPE_RUN_SECONDS=str(RUN_SECONDS)) as service:
        yield service


@pytest.fixture(scope="module")
def patient(home):
    """A service that lets a model compute for ten minutes and take 3 GiB."""
    with running(home, AXISCOPE_RUN_SECONDS="600", AXISCOPE_ARENA_BYTES=str(3 * 1024**3)) as service:
        yield service


def decode(service, model, latents=GOOD, **more):
    return service.send("POST", "/decode", {"model": model, "latents": latents}, **more)


def checks(service):
    status, document, _ = service.send("GET", "/readyz")
    return status, document["checks"]["models"]


def wait_for(condition, seconds=60):
    """Return the first true value of ``condition``: a later one may differ."""
    until = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < until:
        time.sleep(0.05)
    return met


def count_running(service):
    return checks(service)[1]["detail"]


def test_an_endless_loop_ends_at_its_deadline_while_others_are_served(service):
    assert decode(service, "looping")[0] == 200
    with service.serving_others(100 * MiB):
        status, problem, headers = decode(service, "looping", BAD)
    assert (status, problem["title"]) == (503, "Something needed is missing or busy")
    assert f"{RUN_SECONDS} s of CPU time" in problem["detail"]
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Retry-After"] == "1"
    assert decode(service, "looping")[0] == 200
    assert checks(service)[0] == 200


def test_an_endless_loop_takes_the_cpu_time_of_its_deadline_and_no_more(service):
    before, began = service.cpu_seconds(), time.monotonic()
    assert decode(service, "looping", BAD)[0] == 503
    assert wait_for(lambda: count_running(service) == "0 running")
    after, elapsed = service.cpu_seconds(), time.monotonic() - began
    assert after - before < 3 * RUN_SECONDS
    # the second limit, where the machine gave less CPU time
    assert after - before >= RUN_SECONDS or elapsed >= CLOCK_FACTOR * RUN_SECONDS
    time.sleep(1)
    assert service.cpu_seconds() - after < RUN_SECONDS / 2  # nothing goes on


def test_many_endless_loops_at_once_leave_the_threads_free(service):
    answers = []
    attackers = [threading.Thread(target=lambda: answers.append(decode(service, "looping", BAD)[0])) for _ in range(8)]
    with service.serving_others(100 * MiB):
        for each in attackers:
            each.start()
        for each in attackers:
            each.join()
    assert answers == [503] * 8


@pytest.mark.parametrize("path", ["/api/v1/traverse", "/api/v1/models/looping/figures/traversal"])
def test_traversals_end_at_the_deadline_too(service, path):
    with service.serving_others(100 * MiB):
        if path.endswith("traverse"):
            status, problem, _ = service.send("POST", path, {"model": "looping", "dims": [0], "range": [0, 60]})
        else:
            status, problem, _ = service.send("GET", f"{path}?dims=0&low=0&high=60")
    assert status == 503
    assert "took longer and was ended" in problem["detail"]


def test_two_gibibytes_are_refused_and_what_was_taken_is_given_back(service):
    assert decode(service, "hungry")[0] == 200
    with service.serving_others(1100 * MiB):
        status, problem, _ = decode(service, "hungry", BAD)
    assert status == 503
    assert "more memory" in problem["detail"]
    assert "AXISCOPE_ARENA_BYTES" in problem["detail"]
    assert "onnxruntime_src" not in problem["detail"]
    assert decode(service, "hungry")[0] == 200


def test_a_run_whose_client_has_gone_is_ended(patient):
    connection = http.client.HTTPConnection(patient.host)
    body = json.dumps({"model": "looping", "latents": BAD})
    connection.request("POST", "/decode", body, {"Content-Type": "application/json"})
    assert wait_for(lambda: count_running(patient) == "1 running")  # no other request runs a model
    with patient.serving_others(100 * MiB):
        pass
    assert count_running(patient) == "1 running"
    connection.close()
    assert wait_for(lambda: count_running(patient) == "0 running")
    assert patient.send("POST", "/decode", DECODE)[0] == 200


def test_memory_below_the_bound_is_given_back_after_the_run(patient):
    assert decode(patient, "hungry")[0] == 200
    before = patient.memory()
    with patient.serving_others(2200 * MiB):
        assert decode(patient, "hungry", BAD)[0] == 200
    assert patient.memory("VmHWM") - before > 1900 * MiB
    assert wait_for(lambda: patient.memory() - before < 100 * MiB)


@pytest.mark.slow
def test_a_thread_that_cannot_be_ended_is_named_replaced_and_does_not_keep_the_process(home):
    with running(home, AXISCOPE_RUN_SECONDS="0.5", AXISCOPE_DRAIN_SECONDS="5") as service:
        assert checks(service) == (200, {"ok": True, "detail": "0 running"})
        with service.serving_others(400 * MiB):
            answers = []
            attackers = [
                threading.Thread(target=lambda: answers.append(decode(service, "stubborn", BAD)[0])) for _ in range(3)
            ]
            for each in attackers:
                each.start()
            for each in attackers:
                each.join()
            assert answers == [503] * 3
            assert wait_for(lambda: checks(service)[0] == 503)
            ok, detail = checks(service)[1].values()
            assert not ok
            assert "stubborn" in detail
            status, problem, headers = decode(service, "stubborn")
            assert (status, headers["Retry-After"]) == (503, "10")
            assert "choose another model" in problem["detail"]
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(timeout=60)
        assert service.process.returncode in (0, -signal.SIGTERM)
        assert LEFT in service.log()  # the model was not through when the process ended


@pytest.mark.parametrize("command", ["serve", "up"])
def test_sigterm_during_an_endless_run_ends_the_process_within_its_grace(home, command):
    with running(home, command, AXISCOPE_RUN_SECONDS="600", AXISCOPE_DRAIN_SECONDS="1") as service:

        def attack():
            with contextlib.suppress(http.client.HTTPException, OSError):  # the connection may end without an answer
                decode(service, "stubborn", BAD)

        attacker = threading.Thread(target=attack)
        attacker.start()
        assert wait_for(lambda: count_running(service) == "1 running")
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(timeout=60)
        assert service.process.returncode in (0, -signal.SIGTERM)
        assert GRACE_OVER in service.log()
        assert LEFT in service.log()
        attacker.join()
