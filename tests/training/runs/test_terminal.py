import importlib

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from models_zoo.errors import Unavailable
from training.runs.terminal import EventFile

ROW = {
    "step": 10,
    "parts": {"total": 5.0, "kl": 1.5},
    "kl": [0.5, 1.0],
    "learned": {"sr": 0.25, "sd": [1.0, 2.0]},
    "gradients": {},
}


def test_every_number_of_a_row_is_a_scalar(tmp_path):
    events = EventFile(tmp_path, 0)
    events.on_row(ROW)
    events.on_row({**ROW, "step": 20, "kl": [0.25, 1.0]})
    read = EventAccumulator(str(tmp_path / "events"))
    read.Reload()
    assert sorted(read.Tags()["scalars"]) == [
        *("kl/z0", "kl/z1", "learned/sd/z0", "learned/sd/z1", "learned/sr", "loss/kl", "loss/total")
    ]
    assert [(event.step, event.value) for event in read.Scalars("kl/z0")] == [(10, 0.5), (20, 0.25)]


def test_a_missing_library_is_named_with_what_to_install(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(Unavailable, match=r"pip install 'axiscope\[tensorboard\]'"):
        EventFile(tmp_path, 0)
