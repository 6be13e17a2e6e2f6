"""Path settings of data sets over HTTP: nothing outside the allowed folders is opened, no content is told."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.catalog.data_paths import DataPaths
from models_zoo.errors import InvalidInput, NotFound
from tests.demo_zoo import write_zoo
from tests.service.attacked_service import running

MEBIBYTE = 1024**2
GROWTH = 64 * MEBIBYTE
RUN = {"dataset": "own", "objective": "vae", "steps": 1}
SECRET = "correct-horse-battery"


def pictures(folder: Path, n: int = 4) -> Path:
    folder.mkdir(parents=True)
    for number in range(n):
        Image.fromarray(np.full((16, 16), 40 * number, np.uint8)).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    write_zoo(home / "zoo")
    data = home / "data"
    outside = tmp_path_factory.mktemp("outside")
    secret = outside / "secret.csv"
    secret.write_text(f"colour\n{SECRET}\nb\nc\nd\n")
    pictures(outside / "private")
    pictures(data / "faces")
    os.mkfifo(data / "faces" / "pipe")
    os.mkfifo(data / "pipe.npz")
    (data / "escape").symlink_to(outside / "private")
    (data / "secret.csv").symlink_to(secret)
    (pictures(data / "linked") / "labels.csv").symlink_to(secret)
    (data / "letters.csv").write_text(f"colour\n{SECRET}\n1\n2,3\n4\n")
    (data / "huge.csv").write_text("a\n" + "1\n" * 1000)
    with (data / "huge.csv").open("r+b") as stream:
        stream.truncate(400 * MEBIBYTE)
    with running(home, AXISCOPE_DATA_ROOTS="[]") as started:
        yield started


def outside_of(service) -> Path:
    return (service.home / "data" / "escape").resolve().parent


ATTACKS = {
    "passwd as labels": {"path": "faces", "labels": "/etc/passwd"},
    "a folder of root": {"path": "/root"},
    "the root": {"path": "/"},
    "dots": {"path": "faces/../../../../../../etc"},
    "a home": {"path": "~root"},
    "zeros as labels": {"path": "faces", "labels": "/dev/zero"},
    "zeros": {"path": "/dev/zero"},
    "memory of a process": {"path": "/proc/self/environ"},
    "a link to a folder outside": {"path": "escape"},
    "a link to a file outside": {"path": "faces", "labels": "secret.csv"},
    "a folder with a link to the outside": {"path": "linked"},
    "a pipe as labels": {"path": "faces", "labels": "faces/pipe"},
    "a pipe": {"path": "pipe.npz"},
    "a folder as labels": {"path": "faces", "labels": "faces"},
    "labels of 400 MiB": {"path": "faces", "labels": "huge.csv"},
    "labels of another form": {"path": "faces", "labels": "letters.csv"},
    "a zero byte": {"path": "faces\0/etc/passwd"},
    "nothing there": {"path": "nothing"},
    "a very long name": {"path": "a" * 100_000},
}


@pytest.mark.parametrize("settings", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("call", ["/api/v1/jobs/estimate", "/api/v1/jobs"])
def test_a_path_outside_the_allowed_folders_is_refused_while_others_are_served(service, call, settings):
    request = {"kind": "train", "spec": {**RUN, "dataset_settings": settings}}
    deadline = time.monotonic() + 120
    with service.serving_others(GROWTH):
        status = 503
        while status == 503 and time.monotonic() < deadline:  # the child process that reads is still at work
            status, answer, headers = service.send("POST", call, request)
    assert status == 422, answer
    assert headers["content-type"] == "application/problem+json"
    assert answer["errors"][0]["pointer"].startswith("/spec/dataset")
    told = str(answer)
    for content in (SECRET, "root:x", "nologin", str(service.home), str(outside_of(service))):
        assert content not in told
    assert not list((service.home / "data").glob("own/converted/*private*"))
    assert service.send("GET", "/api/v1/jobs")[1]["counts"]["queued"] == 0


@pytest.mark.parametrize("where", ["grid", "base", "whole"])
def test_a_sweep_may_not_name_a_path_outside_either(service, where):
    spec = {"base": RUN, "grid": {"seed": [0, 1]}}
    if where == "base":
        spec["base"] = {**RUN, "dataset_settings": {"path": "faces", "labels": "/etc/passwd"}}
    elif where == "grid":
        spec["base"] = {**RUN, "dataset_settings": {"path": "faces"}}
        spec["grid"] = {"dataset_settings.labels": ["", "/etc/passwd"]}
    else:
        spec["grid"] = {"dataset_settings": [{"path": "faces"}, {"path": "/root"}]}
    for call in ("/api/v1/jobs/estimate", "/api/v1/jobs"):
        status, answer, _ = service.send("POST", call, {"kind": "sweep", "spec": spec})
        assert status == 422, answer
        assert "allowed: names of uploaded pictures, and paths below AXISCOPE_HOME/data" in answer["detail"]


def test_a_painting_is_a_path_like_any_other(service):
    spec = {"dataset": "scream_dsprites", "objective": "vae", "steps": 1}
    for path in ("/etc/passwd", "/dev/zero", "secret.csv"):
        request = {"kind": "train", "spec": {**spec, "dataset_settings": {"painting": path}}}
        status, answer, _ = service.send("POST", "/api/v1/jobs", request)
        assert status == 422, answer
        assert answer["errors"][0]["pointer"] == "/spec/dataset_settings/painting"


def test_weights_of_a_folder_of_the_server_cannot_be_named(service):
    request = {"kind": "train", "spec": {"dataset": "dsprites", "objective": "vae", "start_from": "/root"}}
    status, answer, _ = service.send("POST", "/api/v1/jobs", request)
    assert (status, answer["errors"][0]["pointer"]) == (422, "/spec/start_from")


def test_settings_of_metrics_cannot_be_sent(service):
    spec = {"model": "demo-disc", "metrics": ["fid"], "settings": {"fid": {"weights": "/etc/passwd"}}}
    status, answer, _ = service.send("POST", "/api/v1/jobs", {"kind": "evaluate", "spec": spec})
    assert (status, answer["errors"][0]["pointer"]) == (422, "/spec/settings")


def test_an_allowed_folder_is_opened_by_a_path_below_the_data_folder(service):
    request = {"kind": "train", "spec": {**RUN, "dataset_settings": {"path": "faces"}}}
    deadline = time.monotonic() + 120
    with service.serving_others(GROWTH):
        status = 503
        while status == 503 and time.monotonic() < deadline:  # the child process that reads is still at work
            status, answer, _ = service.send("POST", "/api/v1/jobs/estimate", request)
    assert status == 200, answer
    assert answer["runs"] == 1


def test_a_root_of_the_settings_is_allowed_and_its_neighbour_is_not(tmp_path):
    for name in ("shared", "shared-not"):
        pictures(tmp_path / name)
    paths = DataPaths(tmp_path / "home" / "data", [tmp_path / "shared"])
    settings = {"path": str(tmp_path / "shared"), "side": 16}
    assert paths.confine("own", settings, "/s") == settings
    for path in (tmp_path / "shared-not", tmp_path, tmp_path / "shared" / ".." / "shared-not"):
        with pytest.raises(InvalidInput, match="AXISCOPE_DATA_ROOTS"):
            paths.confine("own", {"path": str(path)}, "/s")
    with pytest.raises(NotFound):
        paths.confine("own", {"path": str(tmp_path / "shared" / "nothing")}, "/s")


def test_an_attempt_checks_the_paths_again_on_the_machine_that_opens_them(tmp_path, monkeypatch):
    """A row that was queued before a link was put into the data folder, or by another program."""
    from backend.commands.attempt import handlers
    from backend.settings import Settings

    home = tmp_path / "home"
    pictures(tmp_path / "private")
    pictures(home / "data" / "faces")
    (home / "data" / "later").symlink_to(tmp_path / "private")
    works = handlers(Settings(home=home, artifacts_url=str(home / "jobs")))
    for settings in (
        {"path": str(tmp_path / "private")},
        {"path": "later"},
        {"path": "faces", "labels": "/etc/passwd"},
    ):
        run = {**RUN, "dataset_settings": settings}
        for kind, spec in (("train", run), ("export", {"job": 1, "run": run})):
            with pytest.raises(InvalidInput, match="allowed: names of uploaded pictures"):
                works[kind].work({"spec": spec, "id": 1}, tmp_path, None)
