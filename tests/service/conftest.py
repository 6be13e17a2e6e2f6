"""A service on a zoo of formulas, shared by the tests of the HTTP interface."""

import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.settings import Settings
from tests.demo_zoo import write_zoo


@pytest.fixture(scope="session")
def demo_zoo(tmp_path_factory):
    return write_zoo(tmp_path_factory.mktemp("home") / "zoo")


@pytest.fixture(scope="session")
def settings(demo_zoo):
    return Settings(home=demo_zoo.parent, bundled_zoo=demo_zoo.parent / "none", device="cpu")


@pytest.fixture(scope="session")
def client(settings):
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client
