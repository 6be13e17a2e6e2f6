"""docker-compose.yml and Dockerfile: what they name exists, and the same topology works from the same variables."""

import json
import os
import re
import shutil
import signal
import subprocess
import urllib.request

import pytest
import yaml

from backend.jobs.artifacts import Artifacts
from backend.jobs.dispatcher.ray_runner import check_cluster
from backend.settings import Settings, read_settings
from tests.jobs.programs import PATIENCE, ROOT, Bench, Program, environment, weights_in

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def known_variables():
    return {f"AXISCOPE_{name.upper()}" for name in Settings.model_fields}


def test_every_part_of_the_topology_is_there():
    assert {"web", "dispatcher", "postgres", "store", "ray-head", "ray-worker"} <= set(SERVICES)
    gpu = SERVICES["ray-worker-gpu"]
    assert gpu["profiles"] == ["gpu"]
    assert gpu["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_names_only_what_exists(name):
    service = SERVICES[name]
    for dependency, how in service.get("depends_on", {}).items():
        assert dependency in SERVICES
        ends = how["condition"] == "service_completed_successfully"
        assert ends or "healthcheck" in SERVICES[dependency] or "build" in SERVICES[dependency]
    for volume in service.get("volumes", []):
        assert volume.split(":")[0] in COMPOSE["volumes"]
    own = {key for key in service.get("environment", {}) if key.startswith("AXISCOPE_")}
    assert own <= known_variables()


def test_every_image_of_others_is_named_by_an_exact_version():
    """A tag that moves, as `latest` or `17`, would run other code tomorrow than today."""
    exact = re.compile(r"[\w./-]+:(\d+\.\d+[\w.-]*|RELEASE\.[\w-]+)(@sha256:[0-9a-f]{64})?")
    named = [service["image"] for service in SERVICES.values() if "build" not in service]
    assert len(named) >= 2
    assert [name for name in named if not exact.fullmatch(name)] == []
    bases = re.findall(r"^FROM ([^\s$]+)(?= |$)|^ARG PYTHON=(\S+)", DOCKERFILE, re.MULTILINE)
    versions = [image or f"python:{python}" for image, python in bases]
    assert len(versions) == 2
    assert [name for name in versions if not re.fullmatch(r"\w+:\d+\.\d+\.\d+-[\w-]+", name)] == []


def test_no_secret_stands_in_the_file():
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("POSTGRES_PASSWORD", "S3_SECRET_KEY", "RAY_TOKEN"):
        assert f"${{{name}:?" in text
    assert SERVICES["web"]["environment"]["AXISCOPE_REQUIRE_TOKEN"] == "true"


def test_the_dispatcher_accepts_the_cluster_that_the_file_describes(monkeypatch):
    given = SERVICES["dispatcher"]["environment"]
    monkeypatch.setenv("RAY_AUTH_MODE", given["RAY_AUTH_MODE"])
    for key in ("DATABASE_URL", "ARTIFACTS_URL", "RAY_ADDRESS", "RUNNER"):
        monkeypatch.setenv(f"AXISCOPE_{key}", given[f"AXISCOPE_{key}"])
    check_cluster(read_settings())


def test_the_image_copies_what_exists_runs_without_root_and_is_watched():
    ignored = (ROOT / ".dockerignore").read_text().split()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in line.split():
            assert (ROOT / source).exists(), source
            assert source not in ignored
    last = DOCKERFILE.rsplit("FROM ", 1)[1]
    assert "USER axiscope" in last
    assert "HEALTHCHECK" in last
    assert "scripts/build_docs.py" in DOCKERFILE  # without it /docs shows the HTTP interface alone
    for script in re.findall(r"scripts/\w+(?![\w.])", DOCKERFILE):
        assert os.access(ROOT / script, os.X_OK)


def filled(text):
    """The file as Compose reads it: variables replaced by their defaults, those without one by a word."""
    found = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return yaml.safe_load(re.sub(r"\$\{\w+:\?[^}]*\}", "given", found))


def test_the_file_is_what_the_compose_specification_allows():
    compose = pytest.importorskip("compose_spec").PyCompose
    document = filled((ROOT / "docker-compose.yml").read_text())
    parsed = compose.from_json(json.dumps(document))
    parsed.validate()
    assert parsed.service_names() == list(SERVICES)
    for name, wrong in (("restart", "never"), ("enviroment", {}), ("depends_on", {"web": {"condition": "up"}})):
        damaged = {**document, "services": {"web": {**document["services"]["web"], name: wrong}}}
        with pytest.raises(ValueError, match=r"unknown variant|extension key"):
            compose.from_json(json.dumps(damaged))


def test_every_variable_has_a_default_or_is_named_in_the_head_of_the_file():
    text = (ROOT / "docker-compose.yml").read_text()
    head = text[: text.index("x-axiscope")]
    asked = re.findall(r"\$\{(\w+)(:[-?])?", text)
    assert {name for name, how in asked if how != ":-"} == set(re.findall(r"[A-Z0-9_]+_(?:PASSWORD|KEY|TOKEN)", head))


def test_the_client_of_docker_accepts_the_file():
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False, capture_output=True).returncode:
        pytest.skip("there is no docker compose here; the other tests read the file")
    secrets = {"POSTGRES_PASSWORD": "a", "S3_SECRET_KEY": "b" * 8, "RAY_TOKEN": "c"}
    subprocess.run([docker, "compose", "config", "-q"], cwd=ROOT, check=True, env={**os.environ, **secrets})


@pytest.mark.slow
def test_the_same_topology_by_hand_trains_and_shows_a_model(postgres_url, s3, tmp_path, uninterrupted):
    """Web and dispatcher apart, PostgreSQL and S3 between them, a trainer that is killed on the way."""
    bench = Bench(tmp_path / "home", postgres_url)
    bench.database.migrate()
    given = {"artifacts_url": s3, "port": 0}
    start = ("-c", "from backend.cli import main; main()", "serve")
    web = Program(*start, env=environment(bench.home, postgres_url, **given), log=bench.home / "web.log")
    bench.programs.append(web)
    try:
        bench.dispatcher("dispatcher", held=True, artifacts_url=s3)
        found = bench.wait(lambda: re.search(r"http://\S+", web.log.read_text()), what="the service")
        job_id = bench.add()
        bench.wait_step(job_id, 20)
        bench.signal_trainer(job_id, signal.SIGKILL)
        bench.release()
        job = bench.wait_state(job_id, "succeeded", "failed")
        assert (job["state"], job["attempt"]) == ("succeeded", 2), bench.report()
        Artifacts(s3).get_checkpoint(job_id, job["checkpoint"], tmp_path / "back")
        assert weights_in(tmp_path / "back") == uninterrupted
        model = job["result"]["model"]
        bench.wait((bench.home / "zoo" / model / "manifest.json").exists, PATIENCE, "the model in the zoo")

        def logged():
            with urllib.request.urlopen(f"{found[0]}/api/v1/jobs/{job_id}/log?attempt=2") as answer:
                return b"job resumed" in answer.read()

        bench.wait(logged, what="the log of the second attempt")

        def shown():
            with urllib.request.urlopen(f"{found[0]}/api/v1/models") as answer:
                return model.encode() in answer.read()

        bench.wait(shown, what="the model in the gallery")
    finally:
        bench.close()
