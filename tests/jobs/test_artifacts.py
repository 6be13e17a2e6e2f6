"""Checkpoints, logs and models in a local folder and in a real S3 server (moto's, over HTTP)."""

from types import SimpleNamespace

import pytest
import s3fs

from backend.commands.attempt import handlers
from backend.jobs.artifacts import Artifacts, StoreUnavailable
from backend.jobs.attempt.context import AttemptContext
from backend.jobs.records import AttemptRef
from backend.settings import Settings
from models_zoo.errors import Unavailable


@pytest.fixture(params=["folder", "s3"])
def artifacts(request, tmp_path):
    url = str(tmp_path / "store") if request.param == "folder" else request.getfixturevalue("s3") + tmp_path.name
    return Artifacts(url)


def test_checkpoints_come_back_as_they_were_stored_and_old_ones_go(artifacts, tmp_path):
    source = tmp_path / "weights"
    for step in (10, 20):
        source.write_bytes(b"w" * step)
        artifacts.put_checkpoint(7, f"1-{step}", {"step.safetensors": source, "history.jsonl": source})
        source.unlink()
    assert artifacts.names(7, "checkpoints") == ["1-10", "1-20"]
    artifacts.drop_checkpoints(7, ["1-10", "0-5"])
    assert artifacts.names(7, "checkpoints") == ["1-20"]
    assert sorted(artifacts.get_checkpoint(7, "1-20", tmp_path / "back")) == ["history.jsonl", "step.safetensors"]
    assert (tmp_path / "back" / "step.safetensors").read_bytes() == b"w" * 20
    assert artifacts.names(8, "checkpoints") == []


def test_halves_of_checkpoints_go_with_the_next_one_but_for_the_one_being_written(tmp_path):
    artifacts = Artifacts(str(tmp_path / "store"))
    source = tmp_path / "weights"
    source.write_bytes(b"w")
    for name in ("1-10", ".1-20.x.tmp", ".2-30.y.tmp"):
        artifacts.put_checkpoint(7, name, {"step.safetensors": source})
    link = SimpleNamespace(signal="ok", point=lambda *_: None)
    watch = AttemptContext(link, artifacts, AttemptRef(7, 2), lambda: False, lambda: None)
    watch.checkpoint(20, {"step.safetensors": source})
    watch.drop_older("2-20")
    assert artifacts.names(7, "checkpoints") == [".2-30.y.tmp", "2-20"]


def test_a_checkpoint_stored_while_older_ones_are_dropped_stays(tmp_path):
    artifacts = Artifacts(str(tmp_path / "store"))
    source = tmp_path / "weights"
    source.write_bytes(b"w")
    files = {"step.safetensors": source}
    for name in ("1-40", "2-10"):
        artifacts.put_checkpoint(7, name, files)
    watch = AttemptContext(
        SimpleNamespace(signal="ok", point=lambda *_: None), artifacts, AttemptRef(7, 2), lambda: False, lambda: None
    )
    watch.checkpoint(20, files)
    listed = artifacts.names

    def listed_late(*parts):
        """Store a newer checkpoint before the list is made."""
        watch.checkpoint(30, files)
        return listed(*parts)

    artifacts.names = listed_late
    watch.drop_older("2-20")
    assert listed(7, "checkpoints") == ["2-20", "2-30"]


def test_files_are_read_by_offset_and_absent_ones_are_empty(artifacts, tmp_path):
    source = tmp_path / "log"
    source.write_bytes(b"0123456789")
    artifacts.put(source, 7, "1.log")
    assert artifacts.read(7, "1.log", offset=3, limit=4) == b"3456"
    assert artifacts.read(7, "1.log", offset=10) == b""
    assert artifacts.size(7, "1.log") == 10
    assert (artifacts.read(7, "2.log"), artifacts.size(7, "2.log"), artifacts.names(7, "film")) == (b"", 0, [])
    source.write_bytes(b"longer than before")
    artifacts.put(source, 7, "1.log")
    assert artifacts.size(7, "1.log") == 18


def test_models_travel_whole(artifacts, tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    artifacts.put_model(folder)
    artifacts.install_model("m", tmp_path / "zoo")
    assert (tmp_path / "zoo" / "m" / "manifest.json").read_text() == "{}"


def test_a_store_that_does_not_answer_has_one_name(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    away = Artifacts("s3://nowhere/jobs")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(StoreUnavailable, match="got no answer of the artifact store"):
        away.names(7, "checkpoints")
    watch = AttemptContext(SimpleNamespace(), away, AttemptRef(7, 2), lambda: False, lambda: None)
    watch.drop_older("2-20")
    watch.picture(3, tmp_path)


def test_a_store_whose_package_is_missing_is_named():
    with pytest.raises(Unavailable, match="adl://"):
        Artifacts("adl://account/folder")


def test_a_run_that_takes_a_learned_weight_gets_the_model_of_another_machine(s3, tmp_path, monkeypatch):
    there = Artifacts(s3 + tmp_path.name)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "manifest.json").write_text("{}")
    there.put_model(tmp_path / "source")
    (tmp_path / "taker").mkdir()

    def train(spec, _folder, _context, zoo, _data):
        assert (zoo / spec["learned_from"]["model"] / "manifest.json").is_file()
        (tmp_path / "taker").rename(zoo / "taker")
        return {"model": "taker"}

    monkeypatch.setattr("training.runs.job.train", train)
    settings = Settings(home=tmp_path / "home", artifacts_url=s3 + tmp_path.name)
    row = {"spec": {"dataset": "dsprites", "learned_from": {"model": "source", "settings": {"beta": "beta_hat"}}}}
    result = handlers(settings)["train"].work(row, tmp_path, None)
    assert result == {"model": "taker", "stored": True}
