"""Names of plugins come from file names and from the keys of VARIANTS; nothing is imported for them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models_zoo.errors import NotFound, Unavailable
from tests.meta.tree import ROOT
from training import registry
from training.registry import OBJECTIVES, Place, Registry


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of objectives of a checkout whose files a test writes."""
    monkeypatch.setattr(registry, "ROOT", tmp_path)
    (tmp_path / "objectives").mkdir()
    return tmp_path / "objectives"


def test_a_file_is_one_plugin_or_a_family_named_by_its_variants(folder: Path):
    (folder / "vae.py").write_text("TITLE = 'VAE'\n")
    (folder / "mdl_vae.py").write_text("VARIANTS = {'v1': object(), 'strong': object()}\n")
    (folder / "_draft.py").write_text("")
    (folder / "__init__.py").write_text("")
    assert OBJECTIVES.places() == {
        "mdl_vae_strong": Place("mdl_vae", "strong"),
        "mdl_vae_v1": Place("mdl_vae", "v1"),
        "vae": Place("vae"),
    }
    assert OBJECTIVES.names() == ("mdl_vae_strong", "mdl_vae_v1", "vae")


def test_a_file_that_only_mentions_variants_is_one_plugin(folder: Path):
    (folder / "vae.py").write_text("def VARIANTS():\n    NAMES = {'a': 1}\n")
    assert OBJECTIVES.names() == ("vae",)


def test_a_changed_file_is_read_again(folder: Path):
    file = folder / "dip_vae.py"
    for number, suffix in enumerate(("i", "ii")):
        file.write_text(f"VARIANTS = {{'{suffix}': 1}}\n")
        os.utime(file, (number, number))
        assert OBJECTIVES.names() == (f"dip_vae_{suffix}",)


def test_a_name_that_two_files_define_is_refused_with_both_files(folder: Path):
    (folder / "dip_vae.py").write_text("VARIANTS = {'i': 1}\n")
    (folder / "dip_vae_i.py").write_text("")
    message = r"the objective 'dip_vae_i' in objectives/dip_vae\.py and objectives/dip_vae_i\.py"
    for read in (OBJECTIVES.names, lambda: OBJECTIVES.load("dip_vae_i")):
        with pytest.raises(Unavailable, match=message):
            read()


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(
        NotFound, match=r"objective 'mdl_vae_v4'; allowed: ae, .*; did you mean 'mdl_vae_v[123]'"
    ) as caught:
        OBJECTIVES.load("mdl_vae_v4")
    assert "mdl_vae" not in caught.value.allowed


def test_a_variant_has_the_attributes_of_a_module():
    for name, title in (("mdl_vae_v2", "mdL-VAE, variant 2"), ("dip_vae_ii", "DIP-VAE-II"), ("vae", "VAE")):
        plugin = OBJECTIVES.load(name)
        assert str(plugin.TITLE) == title
        assert plugin.Objective.forward
        assert plugin.Config()


def test_names_are_listed_without_an_import():
    folders = [value.folder for value in vars(registry).values() if isinstance(value, Registry)]
    assert folders == ["objectives", "architectures", "datasets", "metrics"]
    code = (
        "import sys; from training import registry as r\n"
        "for each in (r.OBJECTIVES, r.ARCHITECTURES, r.DATASETS, r.METRICS): assert each.names()\n"
        "print([name for name in sys.modules if name.startswith(('training.', 'torch', 'numpy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "['training.registry']", done.stderr
