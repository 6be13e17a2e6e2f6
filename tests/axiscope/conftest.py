"""A service with its dispatcher, in a process of its own, on a zoo of formulas."""

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
def address(service):
    return f"http://{service.host}"


@pytest.fixture
def client(address):
    with Client(address) as client:
        yield client
