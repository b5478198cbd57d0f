"""The order of all tests."""

from pathlib import Path

import pytest

E2E = Path(__file__).parent / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Video takes its time, one test after the other: whole shows first, then its parts, then what needs no video."""
    items.sort(key=lambda item: (not item.path.is_relative_to(E2E), item.path.parent != E2E))
