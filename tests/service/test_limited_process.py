"""A child process with limits: its answers, refusals and progress, and what happens at each limit."""

import threading

import pytest

from backend.limited_process import LimitedProcess, Limits
from models_zoo.errors import InvalidInput, NotFound, TooLarge, Unavailable

CHILD = """
import os, time
from backend.limited_process import serve
from models_zoo.errors import NotFound

def work(request, report):
    print("a library says something")
    what = request["what"]
    if what == "allocate":
        kept = []
        while True:
            kept.append(bytearray(16 * 1024**2))
    if what == "spin":
        while True:
            pass
    if what == "sleep":
        time.sleep(600)
    if what == "write":
        with open(request["path"], "wb") as stream:
            while True:
                stream.write(bytes(1024**2))
    if what == "die":
        os._exit(3)
    if what == "refuse":
        raise NotFound("there is nothing", field="/path", allowed=["a"])
    for done in range(3):
        report(done + 1, 3)
        time.sleep(0.25)
    return {"secrets": [name for name in os.environ if name.startswith("AXISCOPE_")], "twice": request["number"] * 2}

serve(work)
"""
LIMITS = Limits(memory_bytes=512 * 1024**2, cpu_seconds=2, wall_seconds=600, file_bytes=8 * 1024**2)
"""The limit of elapsed time is out of reach: a busy machine gives two seconds of CPU late."""


@pytest.fixture
def child(tmp_path, monkeypatch):
    (tmp_path / "limited_child.py").write_text(CHILD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return lambda limits=LIMITS: LimitedProcess("limited_child", limits, "the things")


def test_an_answer_comes_back_with_progress_and_without_the_settings_of_the_service(child, monkeypatch):
    monkeypatch.setenv("AXISCOPE_DATABASE_URL", "postgresql://somebody:secret@host/db")
    process = child()
    assert process.run({"what": "answer", "number": 21}) == {"ok": True, "secrets": [], "twice": 42}
    assert process.progress == (3, 3)


def test_a_refusal_keeps_its_class_field_and_what_is_allowed(child):
    with pytest.raises(NotFound, match="there is nothing") as raised:
        child().run({"what": "refuse"})
    assert (raised.value.field, raised.value.allowed) == ("/path", ["a"])


@pytest.mark.parametrize(
    ("what", "kind", "words"),
    [
        ("allocate", TooLarge, "the things, which need more memory; allowed: 0.5 GiB"),
        ("spin", InvalidInput, "ended by SIGKILL; allowed: 2 s of CPU"),
        ("die", InvalidInput, "ended with code 3"),
    ],
)
def test_a_child_beyond_a_limit_is_refused(child, what, kind, words):
    with pytest.raises(kind, match=words):
        child().run({"what": what})


def test_a_child_that_sleeps_is_ended_by_the_clock(child):
    with pytest.raises(InvalidInput, match="took longer; allowed: 1 s"):
        child(Limits(512 * 1024**2, 10, 1)).run({"what": "sleep"})


def test_a_child_cannot_fill_the_disk(child, tmp_path):
    with pytest.raises(InvalidInput, match="ended with code 1"):
        child().run({"what": "write", "path": str(tmp_path / "large")})
    assert (tmp_path / "large").stat().st_size <= LIMITS.file_bytes


def test_a_child_can_be_ended_from_another_thread(child):
    process = child()
    threading.Timer(0.5, process.kill).start()
    with pytest.raises(Unavailable, match="shutting down"):
        process.run({"what": "sleep"})
