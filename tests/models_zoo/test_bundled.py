"""What every bundled model has in common."""

import re

import onnx
import pytest

from models_zoo.catalog import BUNDLED
from models_zoo.graph_notes import NOTES
from models_zoo.manifest import DECODER, ENCODER, SAMPLE, START

FOLDERS = sorted(BUNDLED.iterdir())
FOLDER_OF_A_MACHINE = re.compile(rb"[\"' (]/(home|root|tmp|work|usr|opt|mnt|Users)/")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_file_names_a_folder_of_the_machine_that_wrote_it(folder):
    for path in folder.iterdir():
        if path.name not in {SAMPLE, START}:  # compressed, or numbers alone
            assert not FOLDER_OF_A_MACHINE.findall(path.read_bytes()), path.name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_graphs_have_no_notes_of_the_exporter(folder):
    for name in (ENCODER, DECODER):
        graph = onnx.load_model(folder / name).graph
        assert not [node.name for node in graph.node if any(getattr(node, field) for field in NOTES)]
