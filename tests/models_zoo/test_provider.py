"""Sessions of ONNX Runtime run where they were asked to, or say that they do not."""

import logging
from types import SimpleNamespace

import onnxruntime
import pytest

from models_zoo.codec import CUDA, check_provider
from models_zoo.errors import Unavailable

CPU = "CPUExecutionProvider"


def session(*providers):
    return SimpleNamespace(get_providers=lambda: list(providers))


def test_a_session_on_the_gpu_is_accepted():
    check_provider(session(CUDA, CPU), "cuda")
    check_provider(session(CUDA, CPU), "auto")


def test_a_model_that_was_to_run_on_the_gpu_and_does_not_is_an_error():
    with pytest.raises(Unavailable, match="got cuda, but ONNX Runtime runs the model by CPUExecutionProvider"):
        check_provider(session(CPU), "cuda")


@pytest.mark.parametrize(("installed", "warnings"), [([CUDA, CPU], 1), ([CPU], 0)])
def test_a_fallback_to_the_cpu_is_logged_where_the_gpu_build_is_installed(monkeypatch, caplog, installed, warnings):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: installed)
    with caplog.at_level(logging.WARNING, "axiscope.models"):
        check_provider(session(CPU), "auto")
    assert len(caplog.records) == warnings
