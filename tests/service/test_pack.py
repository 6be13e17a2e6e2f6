"""Packs for a model hub: read by the hub's own library and by sha256sum, imported bit for bit, refused if altered."""

import hashlib
import json
import shutil
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from huggingface_hub import ModelCard
from onnx import numpy_helper
from safetensors import safe_open
from typer.testing import CliRunner

from backend.cli import app as command
from backend.commands.hub_metadata import metadata
from backend.commands.pack_files import write_card, write_graphs, write_model, write_pack
from backend.context import open_context
from backend.models.packs import import_pack
from backend.schemas.models import ModelDetail
from backend.settings import Settings
from models_zoo.catalog import BUNDLED, read_zoo_model
from models_zoo.errors import Conflict, DamagedFile, InvalidInput, NotFound
from models_zoo.manifest import read_manifest
from tests.demo_zoo import write_entry

pytestmark = pytest.mark.slow
SECRET = "/srv/hidden-root/people"
MODEL = "demo-disc"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = tmp_path_factory.mktemp("packing") / "home"
    write_entry(made / "zoo", MODEL)
    return made


@pytest.fixture(scope="module")
def opened(home):
    context = open_context(Settings(home=home, bundled_zoo=home / "none", device="cpu"))
    context.database.migrate()
    context.registry.refresh()
    yield context
    context.close()


@pytest.fixture(scope="module")
def packed(opened, tmp_path_factory):
    out = tmp_path_factory.mktemp("packs") / "disc"
    return write_pack(opened, MODEL, out, images=3, progress=lambda _: None)


@pytest.fixture
def pack(packed, tmp_path):
    """A copy that a test may alter."""
    return shutil.copytree(packed, tmp_path / "pack")


def sum_again(pack, *lines):
    """Write SHA256SUMS anew, as somebody would who altered files on purpose."""
    names = sorted(p.relative_to(pack).as_posix() for p in pack.rglob("*") if p.is_file() and p.name != "SHA256SUMS")
    made = [f"{hashlib.sha256((pack / name).read_bytes()).hexdigest()}  {name}" for name in names]
    made.append(f"{hashlib.sha256((pack / 'axiscope/SHA256SUMS').read_bytes()).hexdigest()}  axiscope/SHA256SUMS")
    (pack / "SHA256SUMS").write_text("\n".join([*made, *lines]) + "\n")


def edit_manifest(pack, **changes):
    path = pack / "axiscope/manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    sum_again(pack)


def test_the_hub_reads_the_card_with_its_evaluation_results(packed, home):
    card = ModelCard((packed / "README.md").read_text())
    assert card.data.license == "apache-2.0"
    assert card.data.library_name == "axiscope"
    assert card.data.datasets == ["dsprites"]
    assert card.data.pipeline_tag == "image-feature-extraction"
    assert {"onnx", "safetensors", "beta-vae", "disentanglement"} <= set(card.data.tags)
    assert card.data.model_name == MODEL
    stored = json.loads((home / "zoo" / MODEL / "evaluation.json").read_text())["results"]
    expected = {each["metric"]: each for each in stored if each["score"] is not None}
    assert {each.metric_type: each.metric_value for each in card.data.eval_results} == {
        name: each["score"] for name, each in expected.items()
    }
    mig = next(each for each in card.data.eval_results if each.metric_type == "mig")
    assert (mig.dataset_type, mig.dataset_name, mig.dataset_split) == ("dsprites", "dSprites (procedural)", "all")
    assert mig.metric_args["interval"] == expected["mig"]["interval"]
    assert mig.metric_args["chance"] == 0.01
    assert card.text.lstrip().startswith("# demo disc")
    assert "## What it fails at" in card.text


def test_the_hub_names_a_licence_only_where_it_is_known(client):
    model = ModelDetail.model_validate(client.get(f"/api/v1/models/{MODEL}").json())

    def licence(text):
        found = metadata(model.model_copy(update={"licence": text, "dataset": "own"}), [], {})
        return found.get("license"), found.get("license_name"), "datasets" in found, "model-index" in found

    assert licence("CC-BY-4.0") == ("cc-by-4.0", None, False, False)
    assert licence("research only") == ("other", "research only", False, False)
    assert licence("unknown") == (None, None, False, False)


def test_every_file_is_listed_with_its_checksum(packed):
    listed = [line.split("  ")[1] for line in (packed / "SHA256SUMS").read_text().splitlines()]
    present = {p.relative_to(packed).as_posix() for p in packed.rglob("*") if p.is_file()}
    assert set(listed) == present - {"SHA256SUMS"}
    assert {"README.md", "config.json", "model.safetensors", "index.html", "axiscope/manifest.json"} <= present
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=packed, check=True, capture_output=True)


def test_the_graphs_carry_metadata_and_compute_what_they_did(packed, home):
    for name, part in (("encoder.onnx", "encoder"), ("decoder.onnx", "decoder")):
        graph = onnx.load(packed / name)
        onnx.checker.check_model(graph)
        properties = {each.key: each.value for each in graph.metadata_props}
        original = onnx.load(home / "zoo" / MODEL / name)
        assert properties["axiscope.model"] == MODEL
        assert properties["axiscope.part"] == part
        assert graph.graph == original.graph
        session = onnxruntime.InferenceSession(packed / name, providers=["CPUExecutionProvider"])
        assert session.get_modelmeta().custom_metadata_map["axiscope.licence"] == "Apache-2.0"


def test_the_weights_are_those_of_the_architecture(tmp_path):
    source = BUNDLED / "dsprites-vae"
    write_graphs(source, read_manifest(source), tmp_path)
    encoder = (16 * 1 * 32 + 32) + (16 * 32 * 32 + 32) + (16 * 32 * 64 + 64) + (16 * 64 * 64 + 64)
    encoder += (1024 * 256 + 256) + (256 * 20 + 20)
    decoder = (10 * 256 + 256) + (256 * 1024 + 1024)
    decoder += (16 * 64 * 64 + 64) + (16 * 64 * 32 + 32) + (16 * 32 * 32 + 32) + (16 * 32 * 1 + 1)
    with safe_open(tmp_path / "model.safetensors", "numpy") as stored:
        weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - it is no mapping
        assert stored.metadata()["model"] == "dsprites-vae"
    sizes = {part: sum(each.size for name, each in weights.items() if name.startswith(part)) for part in ("enc", "dec")}
    assert sizes == {"enc": encoder, "dec": decoder}
    (first, *_) = onnx.load(source / "decoder.onnx").graph.initializer
    np.testing.assert_array_equal(weights[f"decoder.{first.name}"], numpy_helper.to_array(first))


def test_config_describes_the_tensors_of_the_graphs(packed):
    document = json.loads((packed / "config.json").read_text())
    for part in ("encoder", "decoder"):
        session = onnxruntime.InferenceSession(packed / document[part]["file"], providers=["CPUExecutionProvider"])
        for ports, found in (("inputs", session.get_inputs()), ("outputs", session.get_outputs())):
            shapes = {each.name: each.shape[1:] for each in found}
            assert {name: port["shape"][1:] for name, port in document[part][ports].items()} == shapes
    assert len(document["latent_statistics"]) == document["latents"] == 6


def test_an_imported_pack_equals_the_model_bit_for_bit(packed, home, tmp_path, monkeypatch):
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path / "other"))
    made = CliRunner().invoke(command, ["import", str(packed), "--json"], catch_exceptions=False)
    assert json.loads(made.stdout)["id"] == MODEL
    source, target = home / "zoo" / MODEL, tmp_path / "other" / "zoo" / MODEL
    files = {path.name: path.read_bytes() for path in source.iterdir()}
    assert {path.name: path.read_bytes() for path in target.iterdir()} == files
    assert read_zoo_model(target).problem is None
    with pytest.raises(Conflict, match="which a model of the zoo has"):
        CliRunner().invoke(command, ["import", str(packed)], catch_exceptions=False)
    with pytest.raises(InvalidInput, match="allowed with a pack"):
        CliRunner().invoke(command, ["import", str(packed), "--name", "x"], catch_exceptions=False)
    with pytest.raises(InvalidInput, match="a folder, or all three"):
        CliRunner().invoke(command, ["import", "--name", "x"], catch_exceptions=False)


def test_an_imported_pack_may_have_another_id(packed, tmp_path):
    folder = import_pack(packed, tmp_path, model_id="mine")
    assert read_zoo_model(folder).problem is None
    assert read_manifest(folder).id == "mine"


@pytest.mark.parametrize(
    "name", ["README.md", "encoder.onnx", "index.html", "model.safetensors", "axiscope/manifest.json"]
)
def test_an_altered_file_is_refused(pack, tmp_path, name):
    content = bytearray((pack / name).read_bytes())
    content[len(content) // 2] ^= 1
    (pack / name).write_bytes(content)
    with pytest.raises(DamagedFile, match=f"{name} with SHA-256 .*: it was altered; .*; fetch the pack again"):
        import_pack(pack, tmp_path / "zoo")
    (pack / name).unlink()
    with pytest.raises(DamagedFile, match=f"without {name}; "):
        import_pack(pack, tmp_path / "zoo")
    assert not (tmp_path / "zoo").exists()


DIGEST = "0" * 64


@pytest.mark.parametrize(
    "line",
    [
        f"{DIGEST}  ../secret.txt",
        f"{DIGEST}  axiscope/../../secret.txt",
        f"{DIGEST}  /etc/hostname",
        f"{DIGEST}  axiscope//etc/hostname",
        f"{DIGEST}  axiscope/..",
        f"{DIGEST}  ..",
        f"{DIGEST}  other/file",
        f"{DIGEST}  README.md",
        f"{DIGEST} *README.md",
        "README.md",
        "",
    ],
)
def test_a_checksum_line_that_leads_elsewhere_is_refused(pack, tmp_path, line):
    (tmp_path / "secret.txt").write_text("secret")
    sum_again(pack, line)
    with pytest.raises(DamagedFile, match="allowed: a SHA-256, two spaces"):
        import_pack(pack, tmp_path / "zoo")
    assert not (tmp_path / "zoo").exists()


def test_a_pack_that_was_made_to_deceive_is_refused(pack, tmp_path):
    graph = pack / "decoder.onnx"
    original = graph.read_bytes()
    graph.write_bytes(original[:100] + bytes(8) + original[108:])
    sum_again(pack)
    with pytest.raises(DamagedFile, match=r"decoder\.onnx with another SHA-256 than the manifest lists"):
        import_pack(pack, tmp_path / "zoo")
    graph.write_bytes(original)
    edit_manifest(pack, latents=7)
    with pytest.raises(InvalidInput, match="got graphs of 6 latents"):
        import_pack(pack, tmp_path / "zoo")
    edit_manifest(pack, latents=6, id="../../outside")
    with pytest.raises(InvalidInput, match="model id"):
        import_pack(pack, tmp_path / "zoo")
    (pack / "SHA256SUMS").write_text(f"{DIGEST}  README.md\n")
    with pytest.raises(DamagedFile, match=r"SHA256SUMS without encoder\.onnx"):
        import_pack(pack, tmp_path / "zoo")
    (pack / "SHA256SUMS").unlink()
    with pytest.raises(DamagedFile, match="a folder that `axiscope pack` wrote"):
        import_pack(pack, tmp_path / "zoo")
    assert not list(tmp_path.glob("zoo/*"))


def test_a_pack_never_replaces_a_folder_and_a_failed_one_leaves_nothing(opened, packed, tmp_path):
    with pytest.raises(Conflict, match="which has files; allowed: a new folder"):
        write_pack(opened, MODEL, packed, images=3, progress=lambda _: None)
    with pytest.raises(NotFound):
        write_pack(opened, "nothing", tmp_path / "new", images=3, progress=lambda _: None)
    assert not list(tmp_path.iterdir())


def test_a_pack_holds_no_path_of_the_machine(tmp_path, monkeypatch):
    home = tmp_path / "hidden-root"
    monkeypatch.setenv("AXISCOPE_HOME", str(home))
    folder = write_entry(home / "zoo", MODEL)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["training"]["start_from"] = f"{SECRET}/runs/first"
    manifest["provenance"]["command"] = f"axiscope train --out '{SECRET}/My runs/x' --seed 3"
    path.write_text(json.dumps(manifest))
    context = open_context(Settings(home=home, bundled_zoo=home / "none", device="cpu"))
    try:
        context.database.migrate()
        context.registry.refresh()
        pack = tmp_path / "pack"
        pack.mkdir()
        write_model(folder, read_manifest(folder), pack / "axiscope")
        write_graphs(folder, read_manifest(folder), pack)
        write_card(context, MODEL, pack, 0)
    finally:
        context.close()
    files = [file for file in pack.rglob("*") if file.is_file()]
    assert len(files) > 10
    assert not [file for file in files if b"hidden-root" in file.read_bytes()]
    sum_again(pack)
    imported = import_pack(pack, tmp_path / "zoo")
    assert read_manifest(imported).training["start_from"] == "first"
