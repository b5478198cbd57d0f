"""The package as the sandbox deploys it, made once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.package import Package, package


@pytest.fixture(scope="session")
def made() -> Package:
    return package("host")


@pytest.fixture(scope="session")
def template(made: Package) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(made.template.read_text())
    return loaded


@pytest.fixture(scope="session")
def unzipped(made: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import zipfile

    directory = tmp_path_factory.mktemp("zip")
    with zipfile.ZipFile(made.zip) as archive:
        archive.extractall(directory)
    return directory
