"""The reference cases as fixtures."""

import pytest

from tests.training.metrics.cases import CASES, Case


@pytest.fixture(scope="session", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)
