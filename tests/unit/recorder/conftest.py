import pytest

from tests.unit.recorder.material import Show, show


@pytest.fixture(scope="session")
def stored() -> Show:
    """Ten seconds in segments of two."""
    return show(10)
