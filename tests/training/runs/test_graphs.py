"""Export of one graph: torch's table of operators is kept within an export and left as it was outside."""

import hashlib
import sys

import torch
from torch.onnx._internal.exporter._registration import ONNXRegistry

from training.runs.graphs import export_graph


def export(folder, name):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
    export_graph(module, torch.zeros(2, 3), folder / name, ["latent"], ["image"])
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_a_graph_is_the_same_with_a_kept_table_of_operators_and_without_one(tmp_path, monkeypatch):
    made = []
    make = ONNXRegistry.from_torchlib

    def count(*args, **settings):
        made.append(args)
        return make(*args, **settings)

    monkeypatch.setattr(ONNXRegistry, "from_torchlib", staticmethod(count))
    first = export(tmp_path, "first.onnx")
    assert export(tmp_path, "second.onnx") == first
    assert len(made) == 1
    assert ONNXRegistry.from_torchlib is count
    monkeypatch.setitem(sys.modules, "torch.onnx._internal.exporter._registration", None)
    assert export(tmp_path, "third.onnx") == first
    assert len(made) == 2
