"""Examples of docs/share.md in Python, and the commands of packs, executed; those of one section share their state."""

import re

import numpy as np
import pytest
from typer.testing import CliRunner

from backend.cli import app
from models_zoo.catalog import BUNDLED
from models_zoo.manifest import read_manifest
from tests.meta.tree import ROOT

SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OF_A_LIBRARY = re.compile(r"^~~~python\n(.*?)^~~~$", re.MULTILINE | re.DOTALL)


def section(heading: str) -> str:
    """Text of one section of the page."""
    parts = SECTION.split((ROOT / "docs/share.md").read_text())
    return parts[parts.index(heading) + 1]


def examples(heading: str) -> list[str]:
    """Python examples of one section of the page."""
    return EXAMPLE.findall(section(heading))


@pytest.fixture(scope="module")
def after_client_examples(address):
    variables = {"__name__": "example"}
    for example in examples("Client"):
        exec(example.replace("http://127.0.0.1:8000", address), variables)
    return variables


@pytest.mark.slow
def test_the_examples_of_the_client_give_what_they_say(after_client_examples):
    got = after_client_examples
    assert got["posterior"].mean.shape == (2, 6)
    assert got["images"].shape == (2, 64, 64, 1)
    assert got["frames"].shape == (2, 7, 64, 64, 1)
    assert got["scores"]["mig"] == pytest.approx(0.57)
    first, second = got["both"]
    np.testing.assert_array_equal(first.mean, second.mean)


@pytest.mark.slow
def test_a_training_job_is_followed_to_its_end(after_client_examples, client):
    job = after_client_examples["job"]
    events = list(client.events(job))
    assert [event.seq for event in events] == list(range(events[0].seq, events[-1].seq + 1))
    assert events[-1].kind == "succeeded"
    assert max(event.step or 0 for event in events) == 20
    assert [event.seq for event in client.events(job, after=events[-2].seq)] == [events[-1].seq]
    seen = []
    assert client.wait(job, on_progress=lambda now: seen.append((now.state, now.step))).result["model"] == "my-first"
    assert seen == [("succeeded", 20)]
    assert client.models(q="my-first")[0].id == "my-first"
    assert job.id in {each.id for each in client.jobs(state=["succeeded"], kind=["train"])}


def test_the_same_key_queues_one_job(client):
    spec = {"dataset": "dsprites", "objective": "vae", "steps": 5, "evaluate": False}
    first, second = (client.submit("train", spec, key="once") for _ in range(2))
    assert first.id == second.id
    client.cancel(first)


@pytest.mark.slow
@pytest.mark.usefixtures("operators_read_once")
def test_the_example_of_the_export_makes_a_model():
    variables = {}
    for example in examples("From PyTorch"):
        exec(example, variables)
    manifest = read_manifest(variables["folder"])
    assert (manifest.id, manifest.latents, manifest.image_shape) == ("my-digits", 4, (28, 28, 1))


@pytest.mark.parametrize("library", ["pythae", "disent", "lightning"])
def test_the_example_of_a_library_makes_a_model_where_it_is_installed(library):
    uses = re.compile(rf"^(from|import) {library}\b", re.MULTILINE)
    (example,) = filter(uses.search, OF_A_LIBRARY.findall(section("From PyTorch")))
    pytest.importorskip(library)
    variables = {"__name__": "example"}
    exec(example, variables)
    manifest = read_manifest(variables["folder"])
    assert manifest.id == f"{library}-vae"
    assert max(manifest.parity.mean, manifest.parity.logvar, manifest.parity.image) < 1e-4


@pytest.mark.slow
def test_the_example_of_another_client_decodes(address):
    variables = {}
    for example in examples("Other inference servers and clients"):
        exec(example.replace("127.0.0.1:8000", address.removeprefix("http://")), variables)
    assert variables["images"].shape == (2, 1, 64, 64)
    variables["client"].close()


@pytest.mark.slow
def test_the_commands_of_packs_bring_a_model_to_another_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (commands,) = COMMANDS.findall(section("Packs for a model hub"))
    for line in commands.splitlines():
        monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path / line.split()[1]))  # a home for each, as on two machines
        CliRunner().invoke(app, line.partition("#")[0].split()[1:], catch_exceptions=False)
    target, source = tmp_path / "import/zoo/dsprites-vae", BUNDLED / "dsprites-vae"
    assert {path.name: path.read_bytes() for path in target.iterdir()} == {
        path.name: path.read_bytes() for path in source.iterdir()
    }
