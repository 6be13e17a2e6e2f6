"""The widget of a model: its page, its latents, and a model given as two graphs and images."""

import re
from pathlib import Path

import numpy as np
import pytest
import traitlets

from axiscope.notebook import Explorer, show
from models_zoo.errors import InvalidInput
from tests.demo_zoo import write_entry


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Explorer:
    """A widget of an encoder, a decoder and images, which are those of a demo model."""
    zoo = tmp_path_factory.mktemp("own") / "zoo"
    write_entry(zoo, "disc")
    images = np.random.default_rng(0).random((12, 64, 64))
    return show((zoo / "disc" / "encoder.onnx", zoo / "disc" / "decoder.onnx", images), images=3, name="Mine")


def test_two_graphs_and_images_become_a_page(explorer: Explorer):
    assert explorer.name == "Mine"
    assert re.search(
        r'<script type="text/plain" id="archive" data-page="cell/index.html">[A-Za-z0-9+/=]+</script>', explorer.page
    )


def test_the_output_holds_the_widget_and_the_page_for_readers_without_widgets(explorer: Explorer):
    bundle = explorer._repr_mimebundle_()
    assert bundle is not None
    data, _ = bundle
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.model_id
    assert data["text/html"].startswith('<iframe title="Mine"')


@pytest.mark.parametrize("latents", [[0.0], [float("nan")] * 6])
def test_latents_that_do_not_fit_are_refused(explorer: Explorer, latents: list[float]):
    with pytest.raises(traitlets.TraitError, match="allowed: 6 finite numbers"):
        explorer.latents = latents


@pytest.mark.parametrize(
    "images", [np.zeros((2, 8)), np.zeros((2, 8, 8, 2)), np.full((2, 8, 8), 2.0), np.full((2, 8, 8), np.nan)]
)
def test_images_of_another_form_are_refused(images: np.ndarray):
    with pytest.raises(InvalidInput, match="allowed"):
        show((Path("encoder.onnx"), Path("decoder.onnx"), images))


def test_a_model_of_another_kind_is_refused():
    with pytest.raises(InvalidInput, match="got list; allowed: the id of a model"):
        show(["encoder.onnx", "decoder.onnx"])  # type: ignore[arg-type]
