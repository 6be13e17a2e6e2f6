"""A service with its dispatcher, in a process of its own, on a zoo of formulas."""

from functools import cache

import pytest

from axiscope import Client
from tests.demo_zoo import write_zoo
from tests.jobs.programs import write_images
from tests.service.attacked_service import running


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    write_zoo(home / "zoo")
    write_images(home)
    with running(home, "up") as service:
        yield service


@pytest.fixture(scope="session")
def operators_read_once():
    """Let torch's exporter read its table of operators once, not for each graph: over half of its time."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(cache(ONNXRegistry.from_torchlib)))
        yield


@pytest.fixture(scope="session")
def address(service):
    return f"http://{service.host}"


@pytest.fixture
def client(address):
    with Client(address) as client:
        yield client
