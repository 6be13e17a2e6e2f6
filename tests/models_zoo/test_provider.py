"""Sessions of ONNX Runtime run where they were asked to, or say that they do not."""

import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import onnxruntime
import pytest

import models_zoo
from models_zoo import codec
from models_zoo.codec import CUDA, Codec, check_provider, cuda_problem, providers
from models_zoo.errors import Unavailable

CPU = "CPUExecutionProvider"
BUNDLED = Path(models_zoo.__file__).parent / "bundled"


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


@pytest.fixture
def unusable_gpu(monkeypatch):
    """Make sessions on CUDA fail, as those of the GPU build do where no driver answers; return what was asked for."""
    make, asked = onnxruntime.InferenceSession, []

    def session(graph, *arguments, providers, enable_fallback=1):
        asked.append(providers)
        if len(providers) > 1:
            assert enable_fallback == 0
            raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL : CUDA failure 100: no CUDA-capable device is detected")
        return make(graph, *arguments, providers=providers)

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: sys.stdout.write("Failed to load libcublas.so.13"))
    codec._load_cuda_libraries.cache_clear()
    yield asked
    codec._load_cuda_libraries.cache_clear()


def test_a_model_runs_on_the_cpu_where_cuda_fails_and_nothing_is_printed(unusable_gpu, capsys):
    assert Codec(BUNDLED / "dsprites-vae").provider == CPU
    assert [len(chosen) for chosen in unusable_gpu] == [2, 1, 2, 1]
    assert capsys.readouterr().out == ""
    assert cuda_problem() == "CUDA failure 100: no CUDA-capable device is detected"
    with pytest.raises(Unavailable, match="got cuda"):
        Codec(BUNDLED / "dsprites-vae", device="cuda")


def test_hidden_gpus_are_not_asked_for(unusable_gpu, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert providers("auto") == [CPU]
    assert len(providers("cuda")) == 2
    assert Codec(BUNDLED / "dsprites-vae").provider == CPU
    assert unusable_gpu == [[CPU], [CPU]]


def test_products_on_the_gpu_are_computed_as_on_the_cpu(unusable_gpu):
    (name, options), _ = providers("cuda")
    assert (name, options["use_tf32"]) == (CUDA, "0")
